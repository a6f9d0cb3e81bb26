/// `NAME = value` lines, by the state machine that crontab(5) describes in words.
enum CrontabAssignment {
    private enum State {
        case nameStart, name, equals, beforeValue, valueStart, value, end, failed
    }

    /// Nil if the line, its leading blanks removed, is no assignment. Then it is an entry: so a
    /// value with an odd quote is a bad schedule.
    ///
    /// `isBare`: nothing at all stands behind the `=`, which Debian's cron takes from 3.0pl1-187 on
    /// and as a bad schedule before. Blanks at the end of a value go, also from within its quotes.
    static func read(
        _ line: ArraySlice<UInt8>
    ) -> (name: String, value: String, isBare: Bool)? {
        var state = State.nameStart
        var quote: UInt8?
        var name: [UInt8] = []
        var value: [UInt8] = []
        var rest = line
        while state != .failed, let byte = rest.first {
            switch state {
            case .nameStart, .valueStart:
                if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                    quote = byte
                    rest.removeFirst()
                }
                state = state == .nameStart ? .name : .value
            case .name:
                state = nameState(after: byte, quote: quote, &rest)
                if state == .name { name.append(byte) }
            case .value:
                rest.removeFirst()
                if byte == quote { state = .end } else { value.append(byte) }
            case .equals:
                rest.removeFirst()
                if byte == UInt8(ascii: "=") {
                    (state, quote) = (.beforeValue, nil)
                } else if !isSpace(byte) {
                    state = .failed
                }
            case .beforeValue:
                if isSpace(byte) { rest.removeFirst() } else { state = .valueStart }
            case .end:
                if isSpace(byte) { rest.removeFirst() } else { state = .failed }
            case .failed:
                break
            }
        }
        switch state {
        case .end: break
        case .value where quote == nil: break
        // `@daily =` is an entry to every cron.
        case .beforeValue where isWord(name): break
        default: return nil
        }
        while let last = value.last, isSpace(last) { value.removeLast() }
        return (
            String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self),
            state == .beforeValue
        )
    }

    private static func isWord(_ name: [UInt8]) -> Bool {
        guard let first = name.first, !CronFieldParser.isDigit(first) else { return false }
        return name.allSatisfy { byte in
            CronFieldParser.isLetter(byte) || CronFieldParser.isDigit(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    private static func nameState(
        after byte: UInt8,
        quote: UInt8?,
        _ rest: inout ArraySlice<UInt8>
    ) -> State {
        if let quote {
            if byte == UInt8(ascii: "=") { return .failed }
            rest.removeFirst()
            return byte == quote ? .equals : .name
        }
        if byte == UInt8(ascii: "=") { return .equals }
        rest.removeFirst()
        return isSpace(byte) ? .equals : .name
    }

    /// isspace(3) in the C locale.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte)
    }
}

/// The `%` of crontab(5), as Debian's `do_command.c` behaves.
enum CrontabCommand {
    /// Up to the first `%` that no backslash escapes is the command; what follows is its input,
    /// where each further `%` is a newline.
    static func split(_ text: String) -> (command: String, input: String?) {
        var command: [UInt8] = []
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "%") {
                return (string(command), input(bytes[position...]))
            }
            if byte == UInt8(ascii: "\\"), position < bytes.count {
                // In the command `\%` is `%` and `\\` is one backslash; any other stays.
                let next = bytes[position]
                position += 1
                if next != UInt8(ascii: "%"), next != byte { command.append(byte) }
                command.append(next)
            } else {
                command.append(byte)
            }
        }
        return (string(command), nil)
    }

    /// In the input only `\%` is an escape, and a last line of more than backslashes gets its
    /// newline.
    private static func input(_ bytes: ArraySlice<UInt8>) -> String {
        let backslash = UInt8(ascii: "\\")
        let newline = UInt8(ascii: "\n")
        var input: [UInt8] = []
        for byte in bytes {
            if byte != UInt8(ascii: "%") {
                input.append(byte)
            } else if input.last == backslash {
                input[input.count - 1] = byte
            } else {
                input.append(newline)
            }
        }
        let last = input.last { $0 != backslash }
        if let last, last != newline { input.append(newline) }
        return string(input)
    }

    private static func string(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
