/// What is to be said of an input file, kept with its place so that all of it is shown at once.
///
/// ```
/// schedules/sales.yaml:12:5: a task has no key 'need'
///     need: [extract]
///     ^~~~
///     hint: did you mean 'needs'?
/// ```
package struct Diagnostic: Sendable, Hashable {
    /// As the person named it; a file found in a named folder has the folder before it.
    package var path: String
    /// From 1; 0 where the fault is the whole file's.
    package var line: Int
    /// From 1, in Unicode scalars; 0 where the fault is the whole file's.
    package var column: Int
    /// What is wrong, lower case, without a full stop.
    package var message: String
    /// What to write instead.
    package var hint: String?
    /// The source line with a line of carets under the fault.
    package var excerpt: String?
    package var severity: Severity

    package enum Severity: String, Sendable, Hashable {
        /// Keeps the file from being applied.
        case fault
        /// Probably not what was meant; `--strict` counts it, and nothing else does.
        case warning
        /// Worth knowing; nothing counts it.
        case note
    }

    package init(
        path: String,
        line: Int = 0,
        column: Int = 0,
        message: String,
        hint: String? = nil,
        excerpt: String? = nil,
        severity: Severity = .fault
    ) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
        self.excerpt = excerpt
        self.severity = severity
    }

    package var isFault: Bool { severity == .fault }

    /// `file:line:column: message`, excerpt and hint below it, without a newline at the end.
    ///
    /// Control characters are shown as `\u{FFFD}`: a file's text must not steer a terminal.
    package var rendered: String {
        let place = line > 0 ? "\(path):\(line):\(column)" : path
        var lines = ["\(place): \(isFault ? "" : "\(severity): ")\(message)"]
        for line in excerpt?.split(separator: "\n", omittingEmptySubsequences: false) ?? [] {
            lines.append("    \(line)")
        }
        if let hint { lines.append("    hint: \(hint)") }
        return lines.map { Text.printable($0) }.joined(separator: "\n")
    }
}

extension Diagnostic: Comparable {
    /// By file and place, then by message so that the order never depends on chance.
    package static func < (a: Diagnostic, b: Diagnostic) -> Bool {
        (a.path, a.line, a.column, a.message) < (b.path, b.line, b.column, b.message)
    }
}
