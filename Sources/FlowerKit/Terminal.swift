import Glibc

/// What standard output can show.
struct Terminal: Sendable {
    /// Columns of the terminal; `nil` where the output is a file or pipe, which has no width.
    let columns: Int?
    let usesColour: Bool
    /// The locale's characters are not UTF-8: nothing of ours but ASCII is to be printed. Of a file or pipe too.
    let isASCII: Bool

    /// Neither width nor colour: a file, a pipe.
    static let none = Terminal(columns: nil, usesColour: false)

    /// - Parameters:
    ///   - isTerminal: whether `descriptor` is one, isatty(3).
    ///   - columns: as the kernel knows them; `$COLUMNS` wins.
    init(environment: [String: String], isTerminal: Bool, columns: Int?) {
        isASCII = Self.isASCII(environment)
        guard isTerminal else {
            // A file has no width, whatever COLUMNS says: shells export that for the terminal's sake.
            (self.columns, usesColour) = (nil, false)
            return
        }
        let told = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        self.columns = max(Self.leastColumns, told ?? columns ?? 80)
        // no-color.org: set and not empty. A terminal without a type is taken for a dumb one.
        let hasColour = !["dumb", ""].contains(environment["TERM"] ?? "")
        usesColour = hasColour && (environment["NO_COLOR"] ?? "").isEmpty
    }

    init(columns: Int?, usesColour: Bool, isASCII: Bool = false) {
        self.columns = columns
        self.usesColour = usesColour
        self.isASCII = isASCII
    }

    /// Whether the locale was set to one whose characters are not UTF-8: locale(7), the first of these that is
    /// set and not empty. Where nobody set one everything can do UTF-8 nowadays, as systemd has it.
    private static func isASCII(_ environment: [String: String]) -> Bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        guard let locale = names.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty })
        else { return false }
        let codeset = locale.lowercased()
        return !codeset.contains("utf-8") && !codeset.contains("utf8")
    }

    init(of descriptor: Int32, environment: [String: String]) {
        let isTerminal = isatty(descriptor) == 1
        var size = winsize()
        let isKnown = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        self.init(
            environment: environment,
            isTerminal: isTerminal,
            columns: isKnown && size.ws_col > 0 ? Int(size.ws_col) : nil
        )
    }

    /// What a task wrote, as the terminal can show it.
    func printable(_ bytes: some Collection<UInt8>) -> String {
        let text = Printable.text(bytes)
        return isASCII ? ASCIIText.of(text, .page, isTerminal: true) : text
    }

    /// Narrower ones are treated as if they had so many.
    private static let leastColumns = 20
}
