/// Reads files of variables as systemd does (systemd.exec(5), `EnvironmentFile=`), byte for byte.
///
/// - What begins with `#` or `;` is a comment, to the end of its line.
/// - Blanks around a name go, and so do those around a value, but for those in quotes or behind a `\`.
/// - A value that begins with `'` is taken as it is up to the next, also over several lines; in one that
///   begins with `"`, `\` stands before `"`, `\`, `` ` `` and `$`. What follows a closing quote is read as if
///   the value began there; quotes inside a word are themselves.
/// - Without quotes `\` takes the next character as it is, and goes on in the next line at the end of one.
/// - A carriage return ends a line, except in quotes.
/// - Nothing is replaced: `$HOME` stays so.
///
/// What systemd passes over, in silence or with a line in the journal, is a fault here: a line without `=`, a
/// name that is none, a quote that nothing closes. Two things are read as they are meant: a mark of UTF-8
/// before the first name, and a comment that ends with `\`, which systemd before 254 goes on with in the
/// next line.
package enum EnvironmentFile {
    package struct Fault: Error, Hashable {
        /// From 1.
        package let line: Int
        /// From 1, in bytes.
        package let column: Int
        package let message: String
    }

    /// The variables in the file's order; a later one of the same name is the one that counts.
    ///
    /// - Throws: `Fault` for the first line that is none. It never says what stands there.
    package static func parse(_ bytes: [UInt8]) throws(Fault) -> [Variable] {
        var reader = Reader()
        let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        for byte in bytes.dropFirst(mark) { try reader.take(byte) }
        return try reader.finish()
    }

    private struct Reader {
        private enum State {
            case beforeName, name, beforeValue, value, escape, single, double, doubleEscape, comment
        }

        private var state = State.beforeName
        private var variables: [Variable] = []
        private var name: [UInt8] = []
        private var value: [UInt8] = []
        /// Where the blanks begin that nothing but more of them follows so far.
        private var blanks: Int?
        private var line = 1
        private var column = 0
        /// Of the present variable's first byte.
        private var start = (line: 1, column: 1)

        mutating func take(_ byte: UInt8) throws(Fault) {
            if byte == newline { (line, column) = (line + 1, 0) } else { column += 1 }
            switch state {
            case .beforeName:
                if isBlank(byte) { return }
                start = (line, column)
                if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
                    state = .comment
                } else if byte == UInt8(ascii: "=") {
                    throw fault(noName)
                } else {
                    name = [byte]
                    state = .name
                }
            case .name:
                if endsLine(byte) { throw fault("this line is no NAME=value") }
                if byte == UInt8(ascii: "=") {
                    try checkName()
                    (value, blanks, state) = ([], nil, .beforeValue)
                } else {
                    name.append(byte)
                }
            case .beforeValue, .value: try takeOfValue(byte)
            case .escape:
                if !endsLine(byte) { value.append(byte) }
                state = .value
            case .single:
                if byte == UInt8(ascii: "'") { state = .beforeValue } else { value.append(byte) }
            case .double:
                switch byte {
                case UInt8(ascii: "\""): state = .beforeValue
                case backslash: state = .doubleEscape
                default: value.append(byte)
                }
            case .doubleEscape:
                // Before other characters the backslash is itself; before a line's end both go.
                if !"\"\\`$\n".utf8.contains(byte) { value.append(backslash) }
                if byte != newline { value.append(byte) }
                state = .double
            case .comment:
                if endsLine(byte) { state = .beforeName }
            }
        }

        private mutating func takeOfValue(_ byte: UInt8) throws(Fault) {
            if endsLine(byte) { return try finishVariable() }
            if byte == backslash {
                (blanks, state) = (nil, .escape)
            } else if state == .beforeValue, byte == UInt8(ascii: "'") {
                state = .single
            } else if state == .beforeValue, byte == UInt8(ascii: "\"") {
                state = .double
            } else if state == .value || !isBlank(byte) {
                if !isBlank(byte) { blanks = nil } else if blanks == nil { blanks = value.count }
                value.append(byte)
                state = .value
            }
        }

        mutating func finish() throws(Fault) -> [Variable] {
            switch state {
            case .beforeName, .comment: break
            case .name: throw fault("this line is no NAME=value")
            case .beforeValue, .value, .escape: try finishVariable()
            case .single, .double, .doubleEscape:
                throw fault("the value of \(shownName) has no closing quote")
            }
            return variables
        }

        private mutating func finishVariable() throws(Fault) {
            if let blanks { value.removeSubrange(blanks...) }
            guard value.count <= Limit.parameterBytes else {
                throw fault("\(shownName) is longer than \(Limit.parameterBytes) bytes")
            }
            guard !value.contains(0), let text = String(validating: value, as: UTF8.self) else {
                throw fault("the value of \(shownName) \(OutputText.noText)")
            }
            variables.append(Variable(shownName, text))
            state = .beforeName
        }

        private mutating func checkName() throws(Fault) {
            while let last = name.last, isBlank(last) { name.removeLast() }
            if shownName.hasPrefix("export ") {
                throw fault("'export' is a shell's: write NAME=value alone")
            }
            // Not quoted: in a file of secrets, a line that is out of place may be one.
            guard let wrong = Names.faultOfVariable(shownName) else { return }
            throw fault(shownName.hasPrefix("FLOWER_") ? wrong : noName)
        }

        private var shownName: String { String(decoding: name, as: UTF8.self) }

        private func fault(_ message: String) -> Fault {
            Fault(line: start.line, column: start.column, message: message)
        }
    }

    private static let noName =
        "no variable's name stands before '=': letters, digits and '_', not beginning with a digit"
    private static let newline: UInt8 = 10
    private static let backslash: UInt8 = 0x5C

    private static func endsLine(_ byte: UInt8) -> Bool { byte == newline || byte == 13 }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || endsLine(byte) }
}
