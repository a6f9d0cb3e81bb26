/// Instants as text: `2026-03-29T02:00:00+01:00`.
extension Instant {
    /// The local time in a zone with its offset, always numeric; a fraction only if there is one.
    package func iso8601(in zone: Zone = .utc) -> String {
        let offset = zone.offset(at: self)
        let local = seconds + offset
        let day = floorDivide(local, by: CivilDate.secondsPerDay)
        let date = CivilDate(daysSinceEpoch: Int(day))
        let time = Int(local - day * CivilDate.secondsPerDay)
        let fraction = Int(milliseconds - seconds * 1000)
        let distance = Int(abs(offset))
        // The longest, of an instant 292 million years away, has 40 characters.
        return String(unsafeUninitializedCapacity: 48) { bytes in
            var writer = ISOWriter(bytes: bytes)
            if date.year < 0 { writer.put("-") }
            writer.put(abs(date.year), 4)
            writer.put("-")
            writer.put(date.month, 2)
            writer.put("-")
            writer.put(date.day, 2)
            writer.put("T")
            writer.clock(time, showsSeconds: true)
            if fraction != 0 {
                writer.put(".")
                writer.put(fraction, 3)
            }
            writer.put(offset < 0 ? "-" : "+")
            writer.clock(distance, showsSeconds: distance % 60 != 0)
            return writer.count
        }
    }

    /// Reads `YYYY-MM-DDTHH:MM[:SS[.fraction]]` with `Z` or `±HH:MM[:SS]`.
    ///
    /// The offset is required: a local time alone is not an instant. Digits below the millisecond
    /// are cut off, but never so that a fraction becomes a whole second.
    package init(iso8601 text: String) throws(InstantFormatError) {
        var reader = ISOReader(text)
        let days = Int64(try reader.date().daysSinceEpoch)
        try reader.expect("T")
        let time = try reader.time()
        let offset = try reader.offset()
        self.init(milliseconds: (days * CivilDate.secondsPerDay - offset) * 1000 + time)
    }
}

/// Writes into the memory of a text to be: lists have a hundred thousand instants.
private struct ISOWriter {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(bytes: UnsafeMutableBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func put(_ character: Unicode.Scalar) {
        bytes[count] = UInt8(ascii: character)
        count += 1
    }

    /// - Parameter value: not negative; with zeros before it up to `width`.
    mutating func put(_ value: Int, _ width: Int) {
        var digits = 1
        var limit = 10
        while value >= limit || digits < width {
            digits += 1
            limit *= 10
        }
        var rest = value
        for place in (count..<(count + digits)).reversed() {
            bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }

    mutating func clock(_ seconds: Int, showsSeconds: Bool) {
        put(seconds / 3600, 2)
        put(":")
        put(seconds / 60 % 60, 2)
        guard showsSeconds else { return }
        put(":")
        put(seconds % 60, 2)
    }
}

/// Why a text is not an instant.
package struct InstantFormatError: Error, Sendable, Hashable, CustomStringConvertible {
    package let text: String
    package let problem: String

    package var description: String {
        "'\(text)' is not an instant: \(problem); write 2026-03-29T02:00:00+01:00"
    }
}

/// Reads the parts of a written time, one after the other.
struct ISOReader {
    let text: String
    let bytes: [UInt8]
    var position = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    func failure(_ problem: String) -> InstantFormatError {
        InstantFormatError(text: text, problem: problem)
    }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(InstantFormatError) {
        guard accept(character) else { throw failure("'\(character)' is missing") }
    }

    var isAtEnd: Bool { position == bytes.count }

    func end() throws(InstantFormatError) {
        guard isAtEnd else { throw failure("something follows it") }
    }

    mutating func skipBlank() { while accept(" ") {} }

    static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// 0 for `Sun`, with the blank behind it; `nil` where no word stands there.
    mutating func weekday() throws(InstantFormatError) -> Int? {
        let word = bytes[position...].prefix { Zone.isNameByte($0) && !CronFieldParser.isDigit($0) }
        guard !word.isEmpty, word.first != UInt8(ascii: "-") else { return nil }
        let text = String(decoding: word, as: UTF8.self)
        guard let day = Self.weekdays.firstIndex(of: text) else {
            throw failure("'\(text)' is no word for a time")
        }
        position = word.endIndex
        skipBlank()
        return day
    }

    /// Whether a year and a dash stand here.
    var isDate: Bool {
        let digits = bytes[position...].prefix(while: CronFieldParser.isDigit)
        return digits.count > 2 || bytes[digits.endIndex...].first == UInt8(ascii: "-")
    }

    /// `YYYY-MM-DD`
    mutating func date() throws(InstantFormatError) -> CivilDate {
        let year = try number(4, in: 0...9999, "year")
        try expect("-")
        let month = try number(2, in: 1...12, "month")
        try expect("-")
        let days = CivilDate.days(inMonth: month, isLeap: CivilDate.isLeap(year))
        return CivilDate(year: year, month: month, day: try number(2, in: 1...days, "day"))
    }

    /// Between day and time: `T`, or blanks.
    mutating func expectTimeMark() throws(InstantFormatError) {
        if accept("T") { return }
        guard accept(" ") else { throw failure("'T' or a blank is missing before the time") }
        skipBlank()
    }

    /// `HH:MM[:SS[.fraction]]`, in milliseconds.
    mutating func time() throws(InstantFormatError) -> Int64 {
        let hour = try number(2, in: 0...23, "hour")
        try expect(":")
        let minute = try number(2, in: 0...59, "minute")
        var second = 0
        var fraction = 0
        if accept(":") {
            second = try number(2, in: 0...59, "second")
            if accept(".") { fraction = try self.fraction() }
        }
        return Int64((hour * 60 + minute) * 60 + second) * 1000 + Int64(fraction)
    }

    mutating func number(
        _ digits: Int,
        in range: ClosedRange<Int>,
        _ what: String
    ) throws(InstantFormatError) -> Int {
        let end = position + digits
        guard end <= bytes.count, bytes[position..<end].allSatisfy(CronFieldParser.isDigit) else {
            throw failure("the \(what) is not \(digits) digits")
        }
        let value = CronFieldParser.number(bytes[position..<end])
        guard range.contains(value) else { throw failure("there is no \(what) \(value)") }
        position = end
        return value
    }

    /// Milliseconds.
    mutating func fraction() throws(InstantFormatError) -> Int {
        let digits = bytes[position...].prefix(while: CronFieldParser.isDigit)
        guard !digits.isEmpty else { throw failure("the fraction has no digits") }
        position = digits.endIndex
        var value = 0
        for index in 0..<3 {
            let digit = digits.count > index ? digits[digits.startIndex + index] : UInt8(ascii: "0")
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        let isWhole = digits.allSatisfy { $0 == UInt8(ascii: "0") }
        return value == 0 && !isWhole ? 1 : value
    }

    /// Seconds east of UTC; the end of the text must follow.
    mutating func offset() throws(InstantFormatError) -> Int64 {
        var seconds = 0
        if !accept("Z") {
            let isWest = accept("-")
            guard isWest || accept("+") else { throw failure("Z or an offset is missing") }
            seconds = try number(2, in: 0...25, "offset hour") * 3600
            try expect(":")
            seconds += try number(2, in: 0...59, "offset minute") * 60
            if accept(":") { seconds += try number(2, in: 0...59, "offset second") }
            if isWest { seconds.negate() }
        }
        guard position == bytes.count else { throw failure("something follows the offset") }
        return Int64(seconds)
    }
}
