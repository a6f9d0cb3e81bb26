/// The compiled form of a calendar schedule: bit masks, and the search for matching *local* times.
///
/// It knows nothing of zones. A local time is the number of seconds since 1970-01-01T00:00:00 on
/// the local clock. The search goes by year, month, day, hour, minute and second and skips whatever
/// a mask rules out, so its cost does not depend on how far away the answer is.
struct CronMatcher: Sendable, Hashable {
    var seconds: UInt64 = 1
    var minutes: UInt64 = 0
    var hours: UInt64 = 0
    /// Bit m for month m in 1...12.
    var months: UInt32 = 0
    var days = DayRule()
    var years = YearSet()
    /// Neither second, minute nor hour is a star: clock changes move it (dialect section 4).
    var isFixedTime = false

    // What follows is computed from the above once.
    private var yearKinds: UInt32 = 0
    private var firstTime: Int64 = 0
    private var lastTime: Int64 = 0

    /// How far past an instant a fire is looked for (dialect section 5): 100 years.
    static let horizonSeconds: Int64 = 36_525 * 86_400
    static let horizonYears = 100

    init() {}

    /// Completes the masks; to be called after the last change of one.
    mutating func seal() {
        yearKinds = days.yearKinds(months: months)
        firstTime = Self.time(
            hours.trailingZeroBitCount,
            minutes.trailingZeroBitCount,
            seconds.trailingZeroBitCount
        )
        lastTime = Self.time(
            63 - hours.leadingZeroBitCount,
            63 - minutes.leadingZeroBitCount,
            63 - seconds.leadingZeroBitCount
        )
    }

    /// False if the calendar has no day that matches: `0 0 30 2 *`.
    var canMatch: Bool { yearKinds != 0 }

    // MARK: forward

    /// The earliest matching local time that is not before `local`, nil if there is none for the
    /// next `horizonYears` years and a few days.
    func earliest(from local: Int64) -> Int64? {
        let day = floorDivide(local, by: CivilDate.secondsPerDay)
        let date = CivilDate(daysSinceEpoch: Int(truncatingIfNeeded: day))
        if years.contains(date.year), months >> UInt32(truncatingIfNeeded: date.month) & 1 != 0 {
            let ahead = mask(of: date, day: Int(truncatingIfNeeded: day)) & (~0 << UInt32(date.day))
            if ahead >> UInt32(truncatingIfNeeded: date.day) & 1 != 0 {
                let time = earliestTime(from: local &- day &* CivilDate.secondsPerDay)
                if time >= 0 { return day &* CivilDate.secondsPerDay &+ time }
            }
            let later = ahead & (~1 << UInt32(truncatingIfNeeded: date.day))
            if later != 0 {
                let found = day &+ Int64(later.trailingZeroBitCount &- date.day)
                return found &* CivilDate.secondsPerDay &+ firstTime
            }
        }
        return earliestAfter(month: date.month, of: date.year)
    }

    /// The first match after the given month.
    private func earliestAfter(month: Int, of year: Int) -> Int64? {
        let left = months & (~1 << UInt32(truncatingIfNeeded: month))
        if left != 0, years.contains(year), let found = earliest(inYear: year, months: left) {
            return found
        }
        var next = year &+ 1
        let limit = year &+ Self.horizonYears &+ 1
        while next <= limit {
            if years.contains(next), hasMatch(inYear: next) {
                return earliest(inYear: next, months: months)
            }
            next &+= 1
        }
        return nil
    }

    private func earliest(inYear year: Int, months: UInt32) -> Int64? {
        let start = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let isLeap = CivilDate.isLeap(year)
        var left = months
        while left != 0 {
            let month = left.trailingZeroBitCount
            let first = start &+ CivilDate.days(beforeMonth: month, isLeap: isLeap)
            let mask = days.mask(
                first: CivilDate.weekday(daysSinceEpoch: first),
                length: CivilDate.days(inMonth: month, isLeap: isLeap)
            )
            if mask != 0 {
                let day = first &+ mask.trailingZeroBitCount &- 1
                return Int64(day) &* CivilDate.secondsPerDay &+ firstTime
            }
            left &= left &- 1
        }
        return nil
    }

    /// The earliest matching second of a day from `time` on, or -1.
    private func earliestTime(from time: Int64) -> Int64 {
        if time <= firstTime { return firstTime }
        let hour = Int(truncatingIfNeeded: time / 3600)
        let minute = Int(truncatingIfNeeded: time / 60 % 60)
        if hours >> UInt64(hour) & 1 != 0 {
            if minutes >> UInt64(minute) & 1 != 0 {
                let left = seconds & (~0 << UInt64(truncatingIfNeeded: time % 60))
                if left != 0 { return Self.time(hour, minute, left.trailingZeroBitCount) }
            }
            let left = minutes & (~1 << UInt64(minute))
            if left != 0 {
                return Self.time(hour, left.trailingZeroBitCount, seconds.trailingZeroBitCount)
            }
        }
        let left = hours & (~1 << UInt64(hour))
        guard left != 0 else { return -1 }
        return Self.time(
            left.trailingZeroBitCount,
            minutes.trailingZeroBitCount,
            seconds.trailingZeroBitCount
        )
    }

    // MARK: backward

    /// The latest matching local time that is before `local`; the mirror of `earliest(from:)`.
    func latest(before local: Int64) -> Int64? {
        let last = local &- 1
        let day = floorDivide(last, by: CivilDate.secondsPerDay)
        let date = CivilDate(daysSinceEpoch: Int(truncatingIfNeeded: day))
        if years.contains(date.year), months >> UInt32(truncatingIfNeeded: date.month) & 1 != 0 {
            let behind = mask(of: date, day: Int(truncatingIfNeeded: day))
            if behind >> UInt32(truncatingIfNeeded: date.day) & 1 != 0 {
                let time = latestTime(through: last &- day &* CivilDate.secondsPerDay)
                if time >= 0 { return day &* CivilDate.secondsPerDay &+ time }
            }
            let earlier = behind & ~(~0 << UInt32(truncatingIfNeeded: date.day))
            if earlier != 0 {
                let found = day &+ Int64(31 &- earlier.leadingZeroBitCount &- date.day)
                return found &* CivilDate.secondsPerDay &+ lastTime
            }
        }
        return latestBefore(month: date.month, of: date.year)
    }

    private func latestBefore(month: Int, of year: Int) -> Int64? {
        let left = months & ~(~0 << UInt32(truncatingIfNeeded: month))
        if left != 0, years.contains(year), let found = latest(inYear: year, months: left) {
            return found
        }
        var next = year &- 1
        let limit = year &- Self.horizonYears &- 1
        while next >= limit {
            if years.contains(next), hasMatch(inYear: next) {
                return latest(inYear: next, months: months)
            }
            next &-= 1
        }
        return nil
    }

    private func latest(inYear year: Int, months: UInt32) -> Int64? {
        let start = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let isLeap = CivilDate.isLeap(year)
        var left = months
        while left != 0 {
            let month = 31 &- left.leadingZeroBitCount
            let first = start &+ CivilDate.days(beforeMonth: month, isLeap: isLeap)
            let mask = days.mask(
                first: CivilDate.weekday(daysSinceEpoch: first),
                length: CivilDate.days(inMonth: month, isLeap: isLeap)
            )
            if mask != 0 {
                let day = first &+ 30 &- mask.leadingZeroBitCount
                return Int64(day) &* CivilDate.secondsPerDay &+ lastTime
            }
            left &= ~(1 << UInt32(month))
        }
        return nil
    }

    /// The latest matching second of a day up to `time`, or -1.
    private func latestTime(through time: Int64) -> Int64 {
        if time >= lastTime { return lastTime }
        let hour = Int(truncatingIfNeeded: time / 3600)
        let minute = Int(truncatingIfNeeded: time / 60 % 60)
        if hours >> UInt64(hour) & 1 != 0 {
            if minutes >> UInt64(minute) & 1 != 0 {
                let left = seconds & ~(~1 << UInt64(truncatingIfNeeded: time % 60))
                if left != 0 { return Self.time(hour, minute, 63 &- left.leadingZeroBitCount) }
            }
            let left = minutes & ~(~0 << UInt64(minute))
            if left != 0 {
                return Self.time(
                    hour,
                    63 &- left.leadingZeroBitCount,
                    63 &- seconds.leadingZeroBitCount
                )
            }
        }
        let left = hours & ~(~0 << UInt64(hour))
        guard left != 0 else { return -1 }
        return Self.time(
            63 &- left.leadingZeroBitCount,
            63 &- minutes.leadingZeroBitCount,
            63 &- seconds.leadingZeroBitCount
        )
    }

    // MARK: days and years

    /// The matching days of the month that `date` lies in; `day` is `date` in days since 1970.
    @inline(__always)
    private func mask(of date: CivilDate, day: Int) -> UInt32 {
        days.mask(
            first: CivilDate.weekday(daysSinceEpoch: day &- date.day &+ 1),
            length: CivilDate.days(inMonth: date.month, isLeap: CivilDate.isLeap(date.year))
        )
    }

    private func hasMatch(inYear year: Int) -> Bool {
        let start = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        let kind =
            CivilDate.weekday(daysSinceEpoch: start) &+ (CivilDate.isLeap(year) ? 7 : 0)
        return yearKinds >> UInt32(truncatingIfNeeded: kind) & 1 != 0
    }

    @inline(__always)
    private static func time(_ hour: Int, _ minute: Int, _ second: Int) -> Int64 {
        Int64((hour &* 60 &+ minute) &* 60 &+ second)
    }
}

/// The years of a seven-field schedule as bits; without a year field, every year.
struct YearSet: Sendable, Hashable {
    private(set) var isEvery = true
    /// Bit y for year 1970 + y.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    mutating func insert(_ year: Int) {
        isEvery = false
        let bit = year - CronField.year.range.lowerBound
        let mask: UInt64 = 1 << UInt64(bit & 63)
        switch bit >> 6 {
        case 0: words.0 |= mask
        case 1: words.1 |= mask
        case 2: words.2 |= mask
        default: words.3 |= mask
        }
    }

    @inline(__always)
    func contains(_ year: Int) -> Bool {
        isEvery || isListed(year)
    }

    private func isListed(_ year: Int) -> Bool {
        guard CronField.year.range.contains(year) else { return false }
        let bit = year - CronField.year.range.lowerBound
        let word =
            switch bit >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word >> UInt64(bit & 63) & 1 != 0
    }

    static func == (a: YearSet, b: YearSet) -> Bool {
        a.isEvery == b.isEvery && a.words == b.words
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
