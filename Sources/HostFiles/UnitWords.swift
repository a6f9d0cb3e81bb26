/// Words as systemd takes them out of a setting's value: systemd.syntax(7), "Quoting".
package enum UnitWords {
    package enum Fault: Error, Hashable {
        /// systemd passes the line over.
        case unbalancedQuote
        /// `\x00` and its like.
        case zeroByte
    }

    /// A word, and whether it was written bare: a bare `;` ends a command.
    package struct Word: Sendable, Hashable {
        package let text: String
        /// As it was written, quotes and escapes in place.
        package let source: String
    }

    /// - Parameter escapes: whether `\n` and its like are read, as in `ExecStart=` and `Environment=`;
    ///   else a backslash makes the next character an ordinary one, as in a variable's value.
    package static func split(
        _ text: String,
        escapes: Bool = true
    ) throws(Fault) -> [Word] {
        var reader = Reader(bytes: Array(text.utf8), escapes: escapes)
        var words: [Word] = []
        while let word = try reader.next() { words.append(word) }
        return words
    }

    private struct Reader {
        let bytes: [UInt8]
        let escapes: Bool
        var at = 0
        var word: [UInt8] = []

        mutating func next() throws(Fault) -> Word? {
            while at < bytes.count, UnitFile.isBlank(bytes[at]) { at += 1 }
            guard at < bytes.count else { return nil }
            let start = at
            word = []
            var quote: UInt8?
            while at < bytes.count {
                let byte = bytes[at]
                at += 1
                if byte == 0x5C {
                    try readEscape()
                } else if let open = quote {
                    if byte == open { quote = nil } else { word.append(byte) }
                } else if byte == 0x27 || byte == 0x22 {
                    // A quote may begin in the middle of a word.
                    quote = byte
                } else if UnitFile.isBlank(byte) {
                    at -= 1
                    break
                } else {
                    word.append(byte)
                }
            }
            guard quote == nil else { throw .unbalancedQuote }
            return Word(
                text: String(decoding: word, as: UTF8.self),
                source: String(decoding: bytes[start..<at], as: UTF8.self)
            )
        }

        /// After a backslash.
        private mutating func readEscape() throws(Fault) {
            guard at < bytes.count else {
                if escapes { throw .unbalancedQuote }
                return
            }
            guard escapes else {
                word.append(bytes[at])
                at += 1
                return
            }
            let byte = bytes[at]
            if let plain = Self.plain[byte] {
                word.append(plain)
                at += 1
                return
            }
            for (letter, digits, radix) in Self.numbers where letter == byte {
                if try readNumber(from: at + 1, digits, radix) { return }
            }
            if try readNumber(from: at, 3, 8) { return }
            // Unknown: systemd says so, and keeps both characters.
            word += [0x5C, byte]
            at += 1
        }

        private mutating func readNumber(
            from start: Int,
            _ count: Int,
            _ radix: Int
        ) throws(Fault) -> Bool {
            guard start + count <= bytes.count else { return false }
            let text = String(decoding: bytes[start..<start + count], as: UTF8.self)
            guard text.utf8.first != 0x2B, text.utf8.first != 0x2D,
                let value = UInt32(text, radix: radix)
            else { return false }
            guard value != 0 else { throw .zeroByte }
            if bytes[start - 1] == 0x75 || bytes[start - 1] == 0x55, radix == 16 {
                guard let scalar = Unicode.Scalar(value) else { return false }
                word += Array(String(Character(scalar)).utf8)
            } else {
                guard value < 256 else { return false }
                word.append(UInt8(value))
            }
            at = start + count
            return true
        }

        private static let numbers: [(UInt8, Int, Int)] = [
            (0x78, 2, 16), (0x75, 4, 16), (0x55, 8, 16),
        ]

        private static let plain: [UInt8: UInt8] = [
            UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
            UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
            UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "\""): 0x22,
            UInt8(ascii: "'"): 0x27, UInt8(ascii: "s"): 0x20,
        ]
    }
}
