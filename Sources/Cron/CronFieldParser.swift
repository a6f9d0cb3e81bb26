/// Reads one field, a run of bytes without blanks, into its list (dialect sections 1 and 2).
struct CronFieldParser {
    let text: CronText
    let field: CronField
    /// The bytes of the whole field.
    let span: Range<Int>
    var position: Int

    /// A step is a number of Debian's `int`.
    static let stepLimit = 2_147_483_647

    init(_ text: CronText, field: CronField, span: Range<Int>) {
        self.text = text
        self.field = field
        self.span = span
        position = span.lowerBound
    }

    mutating func parse() throws(CronError) -> CronFieldList {
        let isStar = peek == UInt8(ascii: "*") || isQuestion
        var terms: [CronTerm] = []
        while true {
            let start = position
            let term = try parseTerm()
            if position < span.upperBound, peek != UInt8(ascii: ",") {
                throw unexpected(after: start)
            }
            if case .nearestWorkday = term, start..<position != span {
                throw fail(
                    "\(text.string(start..<position)) cannot stand in a list",
                    start..<position,
                    hint: "give it a schedule of its own"
                )
            }
            terms.append(term)
            guard position < span.upperBound else { break }
            position += 1
        }
        return CronFieldList(terms: terms, isStar: isStar)
    }

    // MARK: terms

    private mutating func parseTerm() throws(CronError) -> CronTerm {
        guard let first = peek else { throw missingValue() }
        switch first {
        case UInt8(ascii: "*"):
            position += 1
            return .all(step: try parseStep() ?? 1)
        case UInt8(ascii: "?"):
            return try parseQuestion()
        case UInt8(ascii: "~"):
            return try parseRandom(from: nil, start: position)
        case UInt8(ascii: "H"), UInt8(ascii: "h"):
            return try parseHashed()
        case UInt8(ascii: "L"), UInt8(ascii: "l"):
            return try parseLast()
        default:
            return try parseValueTerm()
        }
    }

    private var isQuestion: Bool {
        span.count == 1 && peek == UInt8(ascii: "?")
    }

    private mutating func parseQuestion() throws(CronError) -> CronTerm {
        guard isQuestion, field.isDay else {
            throw fail(
                "'?' can only be a whole day-of-month or day-of-week field",
                position..<position + 1,
                hint: "write * for any value"
            )
        }
        position += 1
        return .all(step: 1)
    }

    private mutating func parseValueTerm() throws(CronError) -> CronTerm {
        let start = position
        let value = try parseValue()
        switch peek {
        case UInt8(ascii: "-"):
            return try parseRange(from: value, start: start)
        case UInt8(ascii: "/"):
            let step = try parseStep() ?? 1
            return .range(value.number...field.range.upperBound, step: step)
        case UInt8(ascii: "~"):
            return try parseRandom(from: value, start: start)
        case UInt8(ascii: "W") where field == .dayOfMonth && !value.isWord,
            UInt8(ascii: "w") where field == .dayOfMonth && !value.isWord:
            position += 1
            return .nearestWorkday(value.number)
        case UInt8(ascii: "L") where field == .dayOfWeek,
            UInt8(ascii: "l") where field == .dayOfWeek:
            position += 1
            return .lastWeekday(value.number % 7)
        case UInt8(ascii: "#") where field == .dayOfWeek:
            return try parseNth(of: value.number % 7)
        default:
            return .range(value.number...value.number, step: 1)
        }
    }

    private mutating func parseRange(from first: Value, start: Int) throws(CronError) -> CronTerm {
        position += 1
        let last = try parseValue()
        var low = first.number
        var high = last.number
        if field == .dayOfWeek, last.isWord, high == 0 {
            // SUN at the right end is 7: FRI-SUN is 5-7. SUN-SUN is Sunday alone.
            high = 7
            if first.isWord, low == 0 { low = 7 }
        }
        let rangeEnd = position
        let step = try parseStep()
        guard low <= high else {
            throw fail(
                "the range \(text.string(start..<rangeEnd)) runs backwards",
                start..<rangeEnd,
                hint: splitHint(from: low, to: high, step: step ?? 1)
            )
        }
        return .range(low...high, step: step ?? 1)
    }

    private mutating func parseNth(of weekday: Int) throws(CronError) -> CronTerm {
        position += 1
        if peek == UInt8(ascii: "L") || peek == UInt8(ascii: "l") {
            position += 1
            return .lastWeekday(weekday)
        }
        let nth = try parseNumber(in: 1...5, what: "the week after '#'")
        return .nthWeekday(weekday, nth)
    }

    private mutating func parseLast() throws(CronError) -> CronTerm {
        let start = position
        guard field == .dayOfMonth else { throw misplacedLast() }
        position += 1
        switch peek {
        case UInt8(ascii: "W"), UInt8(ascii: "w"):
            position += 1
            return .lastWorkday
        case UInt8(ascii: "-"):
            position += 1
            let before = try parseNumber(in: 1...30, what: "the offset")
            return .lastDay(before: before)
        case .some(let byte) where Self.isDigit(byte):
            throw fail(
                "'L' takes no day after it",
                start..<digitsEnd(from: position),
                hint: "write L-n for n days before the last"
            )
        default:
            return .lastDay(before: 0)
        }
    }

    private mutating func parseHashed() throws(CronError) -> CronTerm {
        let start = position
        position += 1
        guard field != .year else {
            throw fail("'H' cannot stand here", start..<position, hint: "write the years")
        }
        var range = field.hashRange
        if peek == UInt8(ascii: "(") {
            position += 1
            let rangeStart = position
            let low = try parseNumber(in: field.range, what: nil)
            try expect(UInt8(ascii: "-"))
            let high = try parseNumber(in: field.range, what: nil)
            guard low <= high else {
                throw fail(
                    "the range \(low)-\(high) runs backwards",
                    rangeStart..<position,
                    hint: nil
                )
            }
            try expect(UInt8(ascii: ")"))
            range = low...high
        }
        return .hashed(range, step: try parseStep())
    }

    private mutating func parseRandom(from first: Value?, start: Int) throws(CronError) -> CronTerm
    {
        guard field != .year else {
            throw fail(
                "'~' cannot stand here",
                position..<position + 1,
                hint: "write the years"
            )
        }
        position += 1
        let low = first?.number ?? field.randomRange.lowerBound
        var high = field.randomRange.upperBound
        if let next = peek, next != UInt8(ascii: ",") {
            let last = try parseValue()
            high = field == .dayOfWeek && last.isWord && last.number == 0 ? 7 : last.number
        }
        guard low <= high else {
            throw fail(
                "the range \(low)~\(high) runs backwards",
                start..<position,
                hint: nil
            )
        }
        return .hashed(low...high, step: nil)
    }
}

extension CronFieldParser {
    struct Value {
        var number: Int
        /// Written as a name.
        var isWord: Bool
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }

    /// The next byte of this field.
    var peek: UInt8? {
        position < span.upperBound ? text.bytes[position] : nil
    }

    func digitsEnd(from position: Int) -> Int {
        var end = position
        while end < span.upperBound, Self.isDigit(text.bytes[end]) { end += 1 }
        return end
    }

    /// A number or a name, checked against the field's range.
    mutating func parseValue() throws(CronError) -> Value {
        guard let first = peek, first != UInt8(ascii: ",") else { throw missingValue() }
        if first == UInt8(ascii: "/") {
            throw missingStart()
        }
        if Self.isLetter(first) { return Value(number: try parseWord(), isWord: true) }
        return Value(number: try parseNumber(in: field.range, what: nil), isWord: false)
    }

    private mutating func parseWord() throws(CronError) -> Int {
        let start = position
        while let byte = peek, Self.isLetter(byte) { position += 1 }
        var word = text.string(start..<position)
        // The L of `FRIL` is not part of the name.
        if field == .dayOfWeek, word.utf8.count == 4, word.uppercased().hasSuffix("L") {
            position -= 1
            word.removeLast()
        }
        guard let value = field.value(ofWord: word) else {
            throw unknownWord(start..<position)
        }
        return value
    }

    /// Decimal digits within `range`; `what` names the number in messages unless it is a value.
    mutating func parseNumber(
        in range: ClosedRange<Int>,
        what: String?
    ) throws(CronError) -> Int {
        let start = position
        position = digitsEnd(from: start)
        guard start < position else {
            guard let byte = peek else { throw missingValue() }
            if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ")") {
                throw missingValue()
            }
            throw unexpected(after: start)
        }
        let number = Self.number(text.bytes[start..<position])
        guard range.contains(number) else {
            throw outOfRange(start..<position, range: range, what: what)
        }
        return number
    }

    /// `/number` if there is one.
    mutating func parseStep() throws(CronError) -> Int? {
        guard peek == UInt8(ascii: "/") else { return nil }
        position += 1
        let start = position
        position = digitsEnd(from: start)
        guard start < position else {
            if let byte = peek, byte != UInt8(ascii: ",") { throw unexpected(after: start) }
            throw fail(
                "the step after '/' is missing",
                position..<position + 1,
                hint: "write */5 for every fifth"
            )
        }
        let step = Self.number(text.bytes[start..<position])
        guard step >= 1 else {
            throw fail("the step is 0", start..<position, hint: "a step is at least 1")
        }
        guard step <= Self.stepLimit else {
            throw fail(
                "the step \(text.string(start..<position)) is above \(Self.stepLimit)",
                start..<position,
                hint: nil
            )
        }
        return step
    }

    private mutating func expect(_ byte: UInt8) throws(CronError) {
        guard let next = peek else {
            throw fail(
                "'\(Character(Unicode.Scalar(byte)))' is missing",
                position..<position + 1,
                hint: "write H(0-29)"
            )
        }
        guard next == byte else { throw unexpected(after: position) }
        position += 1
    }

    /// The value of a run of digits; too long a run gives a number that no range contains.
    static func number(_ digits: ArraySlice<UInt8>) -> Int {
        var number = 0
        for digit in digits {
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
            if number > 1_000_000_000_000 { return .max }
        }
        return number
    }
}
