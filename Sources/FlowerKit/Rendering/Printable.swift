/// Text made safe to show: names, outputs and files must not steer a terminal or break a table.
enum Printable {
    /// Stands for each character that is not shown.
    static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// One line: line feeds and tabs become blanks, every other control character is replaced.
    static func line(_ text: String) -> String {
        replacing(text) { $0 == "\n" || $0 == "\t" ? " " : replacement }
    }

    /// The same, and no longer than anybody reads: `…` is in the place of what is cut off.
    static func row(_ text: String) -> String {
        guard text.utf8.count > rowCharacters else { return line(text) }
        let start = text.unicodeScalars.prefix(rowCharacters)
        let isWhole = start.endIndex == text.unicodeScalars.endIndex
        return line(String(start)) + (isWhole ? "" : "…")
    }

    /// Of one text in a row; JSON has all of it.
    static let rowCharacters = 1_000

    /// Several lines: line feeds and tabs stay.
    static func text(_ text: String) -> String {
        replacing(text) { $0 == "\n" || $0 == "\t" ? $0 : replacement }
    }

    /// Output of a task, shown line by line: bytes that are not UTF-8 are replaced too.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        text(String(decoding: bytes, as: UTF8.self))
    }

    /// The lines of a text, empty ones too, a carriage return at their ends taken off.
    ///
    /// By scalars: to `Character` a `\r\n` is one and no line feed, so that such lines would stay together.
    static func lines(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.last == "\r" ? line.dropLast() : line)
        }
    }

    /// - Parameter shown: of each control character.
    private static func replacing(
        _ text: String,
        _ shown: (Unicode.Scalar) -> Unicode.Scalar
    ) -> String {
        // Nearly every text, and tables have a hundred thousand rows.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isControl(scalar) ? shown(scalar) : scalar)
        }
        return String(result)
    }

    /// C0, DEL, C1, and what reorders text on a line (Unicode Bidirectional Algorithm, UAX #9:
    /// explicit embeddings, overrides and isolates; the line and paragraph separators).
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
