/// The names of signal(7), as every machine that Swift runs on numbers them under Linux.
package enum SignalNames {
    /// `KILL` for 9; `nil` for a number without a name.
    package static func name(of number: Int) -> String? {
        numbers.first { $0.number == number }?.name
    }

    /// Of `KILL`, `SIGKILL` or `9`; `nil` for what is no signal.
    package static func number(of text: String) -> Int? {
        if let number = Int(text) { return (1...64).contains(number) ? number : nil }
        let name = text.uppercased()
        let bare = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
        return numbers.first { $0.name == bare }?.number
    }

    package static var names: [String] { numbers.map(\.name) }

    private static let numbers: [(name: String, number: Int)] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7),
        ("FPE", 8), ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13),
        ("ALRM", 14), ("TERM", 15), ("STKFLT", 16), ("CHLD", 17), ("CONT", 18), ("STOP", 19),
        ("TSTP", 20), ("TTIN", 21), ("TTOU", 22), ("URG", 23), ("XCPU", 24), ("XFSZ", 25),
        ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29), ("PWR", 30), ("SYS", 31),
    ]
}
