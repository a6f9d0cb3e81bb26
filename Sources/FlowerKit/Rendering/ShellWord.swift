/// Words as sh(1) reads them back.
enum ShellWord {
    /// `text` itself where nothing in it is special to the shell, else within single quotes.
    ///
    /// Control characters stay as they are: what is printed is to be read back exactly.
    static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy(isPlain)
        guard !isPlain else { return text }
        // A quote ends the quoted part, stands escaped by itself, and begins the next part. By scalars: to
        // `Character` a quote with a mark behind it is another character.
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "'" {
                escaped += #"'\''"#
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return "'\(escaped)'"
    }

    /// The same as a part of one line for people: control characters, line feeds too, in the `$'…'` of
    /// bash(1), and of a long text its beginning and its size.
    static func shown(_ text: String) -> String {
        let size = text.utf8.count
        guard size <= shownBytes else {
            var bytes = 0
            let start = text.unicodeScalars.prefix { scalar in
                bytes += UTF8.width(scalar)
                return bytes <= shownBytes
            }
            return "\(shown(String(start)))… (\(size) bytes)"
        }
        guard Printable.line(text) != text else { return quoted(text) }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += #"\n"#
            case "\t": escaped += #"\t"#
            case "\r": escaped += #"\r"#
            case "\\", "'": escaped += "\\\(scalar)"
            default:
                let isShown = !Printable.isControl(scalar)
                escaped += isShown ? String(scalar) : Self.escape(scalar)
            }
        }
        return "$'\(escaped)'"
    }

    /// Of one value.
    static let shownBytes = 200

    /// `\u001b`.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return #"\u"# + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static func joined(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_-./:,+@%=".utf8.contains(byte)
        }
    }
}
