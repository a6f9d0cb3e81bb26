/// The rule in a TZif footer: a POSIX `TZ` string with RFC 9636's wider hours (version 3).
///
/// `EST5EDT,M3.2.0,M11.1.0`: standard time, daylight time, and the two days of change.
struct PosixRule: Sendable, Hashable {
    /// Standard time, seconds east of UTC.
    var offset: Int64
    var daylight: Daylight?

    struct Daylight: Sendable, Hashable {
        /// Seconds east of UTC; may be less than standard time (Europe/Dublin).
        var offset: Int64
        var start: Day
        var end: Day
    }

    /// A day of each year and a time on it.
    struct Day: Sendable, Hashable {
        enum Form: Sendable, Hashable {
            /// `Jn`, 1...365: 29 February is never counted.
            case julian(Int)
            /// `n`, 0...365: 29 February is counted.
            case zeroBased(Int)
            /// `Mm.w.d`: the w-th (5: last) weekday d of month m.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        var form: Form
        /// Seconds after local midnight, within ±167 hours.
        var time: Int64

        /// Local seconds since 1970 of the change in `year`.
        func local(in year: Int) -> Int64 {
            let isLeap = CivilDate.isLeap(year)
            let start = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
            let day: Int
            switch form {
            case .julian(let number):
                day = number - 1 + (isLeap && number >= 60 ? 1 : 0)
            case .zeroBased(let number):
                day = number
            case .weekday(let month, let week, let weekday):
                let before = CivilDate.days(beforeMonth: month, isLeap: isLeap)
                let first = CivilDate.weekday(daysSinceEpoch: start + before)
                var inMonth = (weekday - first + 7) % 7 + (week - 1) * 7
                if inMonth >= CivilDate.days(inMonth: month, isLeap: isLeap) { inMonth -= 7 }
                day = before + inMonth
            }
            return Int64(start + day) * CivilDate.secondsPerDay + time
        }
    }

    /// The changes of offset that the rule makes in some years, ascending; none that change nothing.
    func changes(years: ClosedRange<Int>) -> [SegmentTable.Change] {
        guard let daylight else { return [] }
        var changes: [SegmentTable.Change] = []
        // Daylight spans that touch or overlap are one: a rule can mean daylight time all year.
        var open: Range<Int64>?
        func close() {
            guard let span = open else { return }
            changes.append(.init(instant: span.lowerBound, offset: daylight.offset))
            changes.append(.init(instant: span.upperBound, offset: offset))
        }
        for year in years {
            let start = daylight.start.local(in: year) - offset
            var end = daylight.end.local(in: year) - daylight.offset
            if end <= start { end = daylight.end.local(in: year + 1) - daylight.offset }
            if let span = open, start <= span.upperBound {
                open = span.lowerBound..<max(span.upperBound, end)
            } else {
                close()
                open = start..<max(start, end)
            }
        }
        close()
        return changes
    }
}

extension PosixRule {
    /// - Throws: `ZoneFormatError` if the text is not a rule; implementation-defined ones
    ///   (`:name`, daylight time without days) are refused too, as RFC 9636 does.
    init(_ text: ArraySlice<UInt8>) throws(ZoneFormatError) {
        var reader = PosixRuleReader(bytes: text)
        try reader.readName()
        offset = -(try reader.readTime(limitHours: 24))
        guard !reader.isAtEnd else {
            daylight = nil
            return
        }
        try reader.readName()
        let daylightOffset =
            reader.isAt(",") ? offset + 3600 : -(try reader.readTime(limitHours: 24))
        try reader.expect(",")
        let start = try reader.readDay()
        try reader.expect(",")
        let end = try reader.readDay()
        guard reader.isAtEnd else { throw reader.failure("has something after its rule") }
        daylight = Daylight(offset: daylightOffset, start: start, end: end)
    }
}

/// Reads the pieces of a POSIX `TZ` string.
struct PosixRuleReader {
    var bytes: ArraySlice<UInt8>

    var isAtEnd: Bool { bytes.isEmpty }

    func isAt(_ character: Unicode.Scalar) -> Bool {
        bytes.first == UInt8(ascii: character)
    }

    func failure(_ problem: String) -> ZoneFormatError {
        ZoneFormatError(problem: "the footer \(problem)")
    }

    mutating func expect(_ character: Unicode.Scalar) throws(ZoneFormatError) {
        guard isAt(character) else { throw failure("has no '\(character)' where one is needed") }
        bytes.removeFirst()
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard isAt(character) else { return false }
        bytes.removeFirst()
        return true
    }

    /// Three letters or more, or anything alphanumeric or signed in angle brackets.
    mutating func readName() throws(ZoneFormatError) {
        let isQuoted = accept("<")
        let rest = bytes.drop { byte in
            let isLetter = CronFieldParser.isLetter(byte)
            guard isQuoted else { return isLetter }
            return isLetter || CronFieldParser.isDigit(byte) || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: "-")
        }
        guard rest.startIndex - bytes.startIndex >= 3 else {
            throw failure("has no abbreviation of three letters")
        }
        bytes = rest
        if isQuoted { try expect(">") }
    }

    private mutating func readNumber(in range: ClosedRange<Int>) throws(ZoneFormatError) -> Int {
        let digits = bytes.prefix { CronFieldParser.isDigit($0) }
        let number = CronFieldParser.number(digits)
        guard !digits.isEmpty, range.contains(number) else {
            throw failure("has a number out of range")
        }
        bytes = bytes[digits.endIndex...]
        return number
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func readTime(limitHours: Int) throws(ZoneFormatError) -> Int64 {
        let isNegative = isAt("-")
        if isNegative || isAt("+") { bytes.removeFirst() }
        var seconds = try readNumber(in: 0...limitHours) * 3600
        if accept(":") {
            seconds += try readNumber(in: 0...59) * 60
            if accept(":") { seconds += try readNumber(in: 0...59) }
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    mutating func readDay() throws(ZoneFormatError) -> PosixRule.Day {
        let form: PosixRule.Day.Form
        if accept("J") {
            form = .julian(try readNumber(in: 1...365))
        } else if accept("M") {
            let month = try readNumber(in: 1...12)
            try expect(".")
            let week = try readNumber(in: 1...5)
            try expect(".")
            form = .weekday(month: month, week: week, weekday: try readNumber(in: 0...6))
        } else {
            form = .zeroBased(try readNumber(in: 0...365))
        }
        let time = accept("/") ? try readTime(limitHours: 167) : 2 * 3600
        return PosixRule.Day(form: form, time: time)
    }
}
