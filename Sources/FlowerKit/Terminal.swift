import Glibc

/// What standard output can show.
struct Terminal: Sendable {
    /// Columns of the terminal; `nil` where the output is a file or pipe, which has no width.
    let columns: Int?
    let usesColour: Bool

    /// Neither width nor colour: a file, a pipe.
    static let none = Terminal(columns: nil, usesColour: false)

    /// - Parameters:
    ///   - isTerminal: whether `descriptor` is one, isatty(3).
    ///   - columns: as the kernel knows them; `$COLUMNS` wins.
    init(environment: [String: String], isTerminal: Bool, columns: Int?) {
        guard isTerminal else {
            self = .none
            return
        }
        let told = environment["COLUMNS"].flatMap { Int($0) }
        self.columns = max(Self.leastColumns, told ?? columns ?? 80)
        // no-color.org: set and not empty. A terminal without a type is taken for a dumb one.
        let hasColour = !["dumb", ""].contains(environment["TERM"] ?? "")
        usesColour = hasColour && (environment["NO_COLOR"] ?? "").isEmpty
    }

    private init(columns: Int?, usesColour: Bool) {
        self.columns = columns
        self.usesColour = usesColour
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

    /// Narrower ones are treated as if they had so many.
    private static let leastColumns = 20
}
