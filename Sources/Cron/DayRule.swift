/// Which days of a month a schedule matches, as one bit mask computed without looking at each day.
struct DayRule: Sendable, Hashable {
    /// Bit d for day d in 1...31.
    var days: UInt32 = 0
    /// Bit n for the day n before the last one (`L` is bit 0).
    var fromLast: UInt32 = 0
    var lastWorkday = false
    /// The n of `nW`, or 0.
    var nearestWorkday = 0
    /// Bit w for weekday w, 0 (Sunday) ... 6.
    var weekdays: UInt32 = 0
    /// Bit 7(k-1)+w for the k-th weekday w of the month.
    var nthWeekdays: UInt64 = 0
    /// Bit w for the last weekday w of the month.
    var lastWeekdays: UInt32 = 0
    /// Day-of-month or day-of-week is a star, so that both must match (dialect section 3).
    var needsBoth = true

    /// Bit d of the result is set if day d of a month matches.
    /// - Parameters:
    ///   - first: the weekday of the month's first day, 0...6.
    ///   - length: the month's days, 28...31.
    @inline(__always)
    func mask(first: Int, length: Int) -> UInt32 {
        let month = (UInt32.max >> UInt32(truncatingIfNeeded: 31 &- length)) & ~1
        var byDay = days
        var byWeekday = Self.repeated(weekdays, first: first)
        if hasSpecialDays { byDay |= specialDays(first: first, length: length) }
        if nthWeekdays | UInt64(lastWeekdays) != 0 {
            byWeekday |= specialWeekdays(first: first, length: length)
        }
        return (needsBoth ? byDay & byWeekday : byDay | byWeekday) & month
    }

    private var hasSpecialDays: Bool {
        fromLast != 0 || lastWorkday || nearestWorkday != 0
    }

    private func specialDays(first: Int, length: Int) -> UInt32 {
        var mask: UInt32 = 0
        var offsets = fromLast
        while offsets != 0 {
            let day = length - offsets.trailingZeroBitCount
            if day >= 1 { mask |= 1 << UInt32(day) }
            offsets &= offsets - 1
        }
        if lastWorkday { mask |= Self.workday(nearest: length, first: first, length: length) }
        if nearestWorkday != 0, nearestWorkday <= length {
            mask |= Self.workday(nearest: nearestWorkday, first: first, length: length)
        }
        return mask
    }

    /// The Monday-Friday day nearest to `day`, within the month.
    ///
    /// For the last day this is also the last workday: both go back from a Sunday by two.
    private static func workday(nearest day: Int, first: Int, length: Int) -> UInt32 {
        switch (first + day - 1) % 7 {
        case 6: 1 << UInt32(day == 1 ? 3 : day - 1)
        case 0: 1 << UInt32(day == length ? day - 2 : day + 1)
        default: 1 << UInt32(day)
        }
    }

    private func specialWeekdays(first: Int, length: Int) -> UInt32 {
        var mask: UInt32 = 0
        var weeks = nthWeekdays
        // Days 7(k-1)+1 ... 7k hold each weekday once: the k-th of its kind.
        var shift: UInt32 = 1
        while weeks != 0 {
            mask |= Self.rotated(UInt32(weeks & 0x7F), first: first) << shift
            weeks >>= 7
            shift += 7
        }
        let lastWeek: UInt32 = 0x7F << UInt32(length - 6)
        return mask | (Self.repeated(lastWeekdays, first: first) & lastWeek)
    }

    /// Bit i for weekday (first + i) % 7.
    @inline(__always)
    private static func rotated(_ weekdays: UInt32, first: Int) -> UInt32 {
        let shift = UInt32(truncatingIfNeeded: first)
        return ((weekdays >> shift) | (weekdays << (7 &- shift))) & 0x7F
    }

    /// Weekdays as days 1...31 of a month that starts on `first`.
    @inline(__always)
    private static func repeated(_ weekdays: UInt32, first: Int) -> UInt32 {
        // A one at bits 1, 8, 15, 22, 29: the first days of five weeks.
        UInt32(truncatingIfNeeded: UInt64(rotated(weekdays, first: first)) &* 0x2040_8102)
    }

    /// Bit 7·leap + weekday of 1 January for each kind of year that has a matching day in one of
    /// `months` (bit m for month m). There are no others, so 0 means never.
    func yearKinds(months: UInt32) -> UInt32 {
        var kinds: UInt32 = 0
        for kind in 0..<14 {
            let isLeap = kind >= 7
            for month in 1...12 where months & (1 << UInt32(month)) != 0 {
                let before = CivilDate.days(beforeMonth: month, isLeap: isLeap)
                let length = CivilDate.days(inMonth: month, isLeap: isLeap)
                if mask(first: (kind % 7 + before) % 7, length: length) != 0 {
                    kinds |= 1 << UInt32(kind)
                    break
                }
            }
        }
        return kinds
    }
}
