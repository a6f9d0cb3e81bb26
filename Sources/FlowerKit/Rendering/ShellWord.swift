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
