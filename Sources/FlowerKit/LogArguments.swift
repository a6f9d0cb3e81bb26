import ArgumentParser

/// `-p`, as journalctl(1) takes it: `err` and all that is more urgent, or `warning..err`.
struct PriorityArgument: ExpressibleByArgument, Equatable {
    /// syslog(3)'s, the most urgent first.
    static let names = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]

    let range: ClosedRange<Int>

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
        switch parts.count {
        case 1:
            guard let limit = Self.number(argument) else { return nil }
            range = 0...limit
        case 3 where parts[1].isEmpty:
            guard let first = Self.number(String(parts[0])),
                let last = Self.number(String(parts[2]))
            else { return nil }
            range = min(first, last)...max(first, last)
        default: return nil
        }
    }

    private static func number(_ text: String) -> Int? {
        if let place = names.firstIndex(of: text) { return place }
        return Int(text).flatMap { names.indices.contains($0) ? $0 : nil }
    }
}
