/// Reads files of variables: `NAME=value` lines in the manner of systemd.exec(5), `EnvironmentFile=`.
///
/// - Empty lines and those that begin with `#` or `;` are passed over.
/// - A value without quotes ends with its line, blanks around it taken off; `\` takes the next
///   character as it is.
/// - `'…'` is taken as it is, also over several lines; in `"…"` `\` stands before `"`, `\`, `` ` ``
///   and `$`. Several such parts make one value.
/// - `\` at the end of a line goes on in the next one.
/// - Nothing is replaced: `$HOME` stays so.
package enum EnvironmentFile {
    package struct Fault: Error, Hashable {
        /// From 1.
        package let line: Int
        package let message: String
    }

    /// The variables in the file's order; a later one of the same name is the one that counts.
    ///
    /// - Throws: `Fault` for the first line that is none.
    package static func parse(_ bytes: [UInt8]) throws(Fault) -> [Variable] {
        var reader = Reader(bytes)
        var variables: [Variable] = []
        while let variable = try reader.next() { variables.append(variable) }
        return variables
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0
        var line = 1

        init(_ bytes: [UInt8]) {
            // A file written on Windows: its mark and its line ends mean nothing.
            let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
            self.bytes = Self.withoutReturns(text)
        }

        private static func withoutReturns(_ text: ArraySlice<UInt8>) -> [UInt8] {
            guard text.contains(13) else { return Array(text) }
            var result: [UInt8] = []
            for (byte, next) in zip(text, text.dropFirst() + [0]) where byte != 13 || next != 10 {
                result.append(byte)
            }
            return result
        }

        mutating func next() throws(Fault) -> Variable? {
            while index < bytes.count {
                skip { $0 == 32 || $0 == 9 }
                guard index < bytes.count else { return nil }
                if bytes[index] == newline {
                    advance()
                } else if bytes[index] == UInt8(ascii: "#") || bytes[index] == UInt8(ascii: ";") {
                    skip { $0 != newline }
                } else {
                    return try variable()
                }
            }
            return nil
        }

        private mutating func variable() throws(Fault) -> Variable {
            let start = line
            let from = index
            skip { $0 != UInt8(ascii: "=") && $0 != newline }
            let name = String(decoding: bytes[from..<index], as: UTF8.self)
            guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
                throw Fault(line: start, message: "this line is no NAME=value")
            }
            if name.hasPrefix("export ") {
                throw Fault(line: start, message: "'export' is a shell's: write NAME=value alone")
            }
            // Not quoted: in a file of secrets, a line that is out of place may be one.
            if let fault = Names.faultOfVariable(name) {
                let isOwn = name.hasPrefix("FLOWER_")
                throw Fault(line: start, message: isOwn ? fault : Self.noName)
            }
            advance()
            let value = try value(of: name, from: start)
            guard value.count <= Limit.parameterBytes else {
                let limit = Limit.parameterBytes
                throw Fault(line: start, message: "\(name) is longer than \(limit) bytes")
            }
            guard !value.contains(0) else {
                throw Fault(line: start, message: "the value of \(name) has a NUL byte")
            }
            return Variable(name, String(decoding: value, as: UTF8.self))
        }

        private static let noName =
            "no variable's name stands before '=': letters, digits and '_', not beginning with a digit"

        private mutating func value(of name: String, from start: Int) throws(Fault) -> [UInt8] {
            var value: [UInt8] = []
            // Blanks behind it were not quoted, and go if nothing follows.
            var kept = 0
            skip { $0 == 32 || $0 == 9 }
            while index < bytes.count, bytes[index] != newline {
                switch bytes[index] {
                case UInt8(ascii: "'"), UInt8(ascii: "\""):
                    value += try quoted(name, from: start)
                    kept = value.count
                case backslash:
                    advance()
                    guard index < bytes.count else { break }
                    if bytes[index] != newline {
                        value.append(bytes[index])
                        kept = value.count
                    }
                    advance()
                default:
                    value.append(bytes[index])
                    if bytes[index] != 32, bytes[index] != 9 { kept = value.count }
                    advance()
                }
            }
            return Array(value.prefix(kept))
        }

        private mutating func quoted(_ name: String, from start: Int) throws(Fault) -> [UInt8] {
            let quote = bytes[index]
            var value: [UInt8] = []
            advance()
            while index < bytes.count, bytes[index] != quote {
                if bytes[index] == backslash, quote == UInt8(ascii: "\""), index + 1 < bytes.count {
                    let next = bytes[index + 1]
                    advance()
                    // Before other characters the backslash is itself; before a line's end both go.
                    if !"\"\\`$\n".utf8.contains(next) { value.append(backslash) }
                    if next == newline {
                        advance()
                        continue
                    }
                }
                value.append(bytes[index])
                advance()
            }
            guard index < bytes.count else {
                throw Fault(line: start, message: "the value of \(name) has no closing quote")
            }
            advance()
            return value
        }

        private mutating func skip(while isSkipped: (UInt8) -> Bool) {
            while index < bytes.count, isSkipped(bytes[index]) { advance() }
        }

        private mutating func advance() {
            if bytes[index] == newline { line += 1 }
            index += 1
        }
    }

    private static let newline: UInt8 = 10
    private static let backslash: UInt8 = 0x5C
}
