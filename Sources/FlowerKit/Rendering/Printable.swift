/// Text made safe to show: names, outputs and files must not steer a terminal or break a table.
enum Printable {
    /// Stands for each character that is not shown.
    static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// One line: every control character, line ends included, is replaced.
    static func line(_ text: String) -> String { replaced(text) { isControl($0) } }

    /// Several lines: line feeds and tabs stay.
    static func text(_ text: String) -> String {
        replaced(text) { isControl($0) && $0 != "\n" && $0 != "\t" }
    }

    /// Output of a task, shown line by line: bytes that are not UTF-8 are replaced too.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        text(String(decoding: bytes, as: UTF8.self))
    }

    /// A JSON text with what a terminal would obey written as `\uXXXX`, which means the same: JSON itself asks
    /// for that below U+0020 alone (RFC 8259, section 7).
    static func json(_ text: String) -> String {
        func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
            scalar.value >= 0x7F && isControl(scalar)
        }
        guard text.unicodeScalars.contains(where: mustBeEscaped) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard mustBeEscaped(scalar) else {
                shown.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            shown += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
        }
        return String(shown)
    }

    /// The lines of a text, empty ones too, a carriage return at their ends taken off.
    ///
    /// By scalars: to `Character` a `\r\n` is one and no line feed, so that such lines would stay together.
    static func lines(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.last == "\r" ? line.dropLast() : line)
        }
    }

    private static func replaced(_ text: String, _ isBad: (Unicode.Scalar) -> Bool) -> String {
        // Nearly every text, and tables have a hundred thousand rows.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        guard text.unicodeScalars.contains(where: isBad) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { shown.append(isBad(scalar) ? replacement : scalar) }
        return String(shown)
    }

    /// C0, DEL, C1, and what reorders text on a line (Unicode Bidirectional Algorithm, UAX #9:
    /// explicit embeddings, overrides and isolates; the line and paragraph separators).
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
