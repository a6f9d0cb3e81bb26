/// A time as a person writes it: a day, a time of it, an offset from UTC, or as many of them as were written.
///
/// ```
/// 2026-11-23T06:00:00+01:00     Mon 2026-11-23 06:00:00 +01:00     2026-11-23 06:00     2026-11-23     06:00
/// ```
///
/// The second is how instants are shown; the day of the week, where there is one, must be the day's.
package struct WrittenTime: Sendable, Hashable {
    /// Since 1970-01-01; `nil` = not written.
    package let day: Int?
    /// Milliseconds since the day's 00:00; `nil` = not written.
    package let time: Int64?
    /// Seconds east of UTC; `nil` = not written. Never without day and time.
    package let offset: Int64?

    package init(_ text: String) throws(InstantFormatError) {
        var reader = ISOReader(text)
        let weekday = try reader.weekday()
        guard weekday != nil || reader.isDate else {
            time = try reader.time()
            (day, offset) = (nil, nil)
            try reader.end()
            return
        }
        let date = try reader.date()
        let days = date.daysSinceEpoch
        if let weekday, weekday != CivilDate.weekday(daysSinceEpoch: days) {
            let name = ISOReader.weekdays[CivilDate.weekday(daysSinceEpoch: days)]
            throw reader.failure("that day is a \(name)")
        }
        day = days
        guard !reader.isAtEnd else {
            (time, offset) = (nil, nil)
            return
        }
        try reader.expectTimeMark()
        time = try reader.time()
        guard !reader.isAtEnd else {
            offset = nil
            return
        }
        reader.skipBlank()
        offset = try reader.offset()
    }
}

/// Where a local time lies on the time line of a zone.
package enum LocalTimeMatch: Sendable, Hashable {
    case once(Instant)
    /// Clocks went back over it: ascending.
    case twice(Instant, Instant)
    /// Clocks went forward over it, at this instant, from one local time to the other (seconds since 1970).
    case never(at: Instant, from: Int64, to: Int64)
}

extension Zone {
    /// - Parameter milliseconds: of the local time, as if it were UTC: since 1970-01-01 00:00.
    package func match(local milliseconds: Int64) -> LocalTimeMatch {
        let local = floorDivide(milliseconds, by: 1000)
        var segment = segment(at: local - Self.offsetLimit)
        var found: [Instant] = []
        var skipped: LocalTimeMatch?
        while true {
            if (segment.localStart..<segment.localEnd).contains(local) {
                found.append(Instant(milliseconds: milliseconds - segment.offset * 1000))
            }
            guard segment.end <= local + Self.offsetLimit else { break }
            let next = self.segment(at: segment.end)
            if (segment.localEnd..<max(segment.localEnd, next.localStart)).contains(local) {
                let change = Instant(seconds: next.start)
                skipped = .never(at: change, from: segment.localEnd, to: next.localStart)
            }
            segment = next
        }
        switch (found.first, found.last) {
        case (let first?, let last?) where first != last: return .twice(first, last)
        case (let first?, _): return .once(first)
        default:
            guard let skipped else { preconditionFailure("the segments of a zone have no gaps") }
            return skipped
        }
    }

    /// The local time at an instant, as if it were UTC: milliseconds since 1970-01-01 00:00.
    package func local(at instant: Instant) -> Int64 {
        instant.milliseconds + offset(at: instant) * 1000
    }
}
