/// A day of the proleptic Gregorian calendar.
///
/// The conversions are Howard Hinnant's era arithmetic: years are counted from March, so that the
/// leap day is the last day of a year, and 400 years (146,097 days) make an era.
struct CivilDate: Sendable, Hashable {
    var year: Int
    /// 1...12
    var month: Int
    /// 1...31
    var day: Int

    static let secondsPerDay: Int64 = 86_400
    /// The calendar repeats, weekdays included, after 400 years.
    static let cycleSeconds: Int64 = 146_097 * 86_400

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date `days` days after 1970-01-01.
    init(daysSinceEpoch days: Int) {
        let shifted = days &+ 719_468
        let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
        let dayOfEra = UInt32(truncatingIfNeeded: shifted &- era &* 146_097)
        let yearOfEra =
            (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
        day = Int(dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9)
        year = Int(yearOfEra) &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01 to this date; negative before it.
    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year &- 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear &- 399) / 400
        let yearOfEra = shiftedYear &- era &* 400
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return era &* 146_097 &+ dayOfEra &- 719_468
    }

    static func isLeap(_ year: Int) -> Bool {
        year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// 28...31
    static func days(inMonth month: Int, isLeap: Bool) -> Int {
        month == 2 ? (isLeap ? 29 : 28) : 30 &+ ((month &+ (month >> 3)) & 1)
    }

    /// The days of the year before the first of `month`.
    static func days(beforeMonth month: Int, isLeap: Bool) -> Int {
        (367 &* month &- 362) / 12 &- (month <= 2 ? 0 : (isLeap ? 1 : 2))
    }

    /// 0 for Sunday ... 6 for Saturday.
    static func weekday(daysSinceEpoch days: Int) -> Int {
        let remainder = (days &+ 4) % 7
        return remainder < 0 ? remainder &+ 7 : remainder
    }
}

/// Division that rounds towards the past, as calendars need it.
@inline(__always)
func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient &- 1 : quotient
}
