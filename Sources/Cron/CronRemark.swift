/// What is to be said of an expression that is read well: probably not meant, or worth knowing.
package struct CronRemark: Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable {
        /// Probably not what was meant.
        case warning
        /// Worth knowing.
        case note
    }

    package let severity: Severity
    /// The field's name before it, lower case, without a full stop.
    package let message: String
    /// What to write.
    package let hint: String?
    /// From 1, in characters of the text.
    package let column: Int
    /// How many characters it is about, at least 1.
    package let length: Int

    package init(
        _ severity: Severity,
        _ message: String,
        hint: String?,
        column: Int = 1,
        length: Int = 1
    ) {
        self.severity = severity
        self.message = message
        self.hint = hint
        self.column = column
        self.length = max(1, length)
    }

    /// As ``CronError/rendering``, with the severity in the place of `error`.
    package func rendering(of text: String) -> String {
        let error = CronError(
            field: "",
            problem: "",
            column: column,
            length: length,
            hint: hint,
            text: text
        )
        return error.rendering(under: "\(severity): \(message) (column \(column))")
    }
}

extension CronExpression {
    /// What a person should hear of `text`, an expression without a fault, in the order of its fields.
    ///
    /// Clock changes are told by ``clockRemark(in:after:)``, which takes a zone.
    package static func remarks(on text: String) -> [CronRemark] {
        CronLint(text)?.remarks ?? []
    }
}
