/// Why a text is no schedule: what is wrong, where, and what to write instead.
///
/// ```
/// error: hour: 24 is out of range 0-23 (column 3)
///     0 24 * * *
///       ^~
///     hint: midnight is hour 0
/// ```
package struct CronError: Error, Sendable, Hashable {
    /// The field's name (`day-of-month`), or `schedule`, `alias`, `zone`, `duration`.
    package let field: String
    /// What is wrong, lower case, without a full stop.
    package let problem: String
    /// From 1, in characters of `text`; one past its end where something is missing.
    package let column: Int
    /// How many characters are at fault, at least 1.
    package let length: Int
    package let hint: String?
    /// The expression as it was given.
    package let text: String

    package init(
        field: String,
        problem: String,
        column: Int,
        length: Int,
        hint: String?,
        text: String
    ) {
        self.field = field
        self.problem = problem
        self.column = column
        self.length = max(1, length)
        self.hint = hint
        self.text = text
    }

    /// The first line without `error: `, as a batch prints it.
    package var message: String {
        "\(field): \(problem) (column \(column))"
    }

    /// All lines, without a newline at the end.
    package var rendering: String { rendering(under: "error: \(message)") }

    /// The same with another first line.
    func rendering(under head: String) -> String {
        var marks = ""
        for scalar in text.unicodeScalars.prefix(column - 1) {
            marks.append(scalar == "\t" ? "\t" : " ")
        }
        marks += "^" + String(repeating: "~", count: length - 1)
        var lines = [head, "    \(printableText)", "    \(marks)"]
        if let hint { lines.append("    hint: \(hint)") }
        return lines.joined(separator: "\n")
    }

    /// Control characters could rewrite a terminal, so each is shown as one replacement character.
    private var printableText: String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            shown.append(isControl && scalar != "\t" ? "\u{FFFD}" : scalar)
        }
        return String(shown)
    }
}
