/// Next and previous: local matches put onto the zone's segments (dialect section 4).
extension CronExpression {
    /// The least fire after `after`, nil if there is none within 100 years.
    package func next(after: Instant, in zone: Zone) -> Instant? {
        guard let from = SearchSpan.second(after: after) else { return nil }
        if let every { return Instant(seconds: from &- 1 &+ every) }
        guard matcher.canMatch else { return nil }
        return next(from: from, in: zone).map { Instant(seconds: $0) }
    }

    /// The greatest fire before `before`, nil if there is none within 100 years.
    package func previous(before: Instant, in zone: Zone) -> Instant? {
        guard let end = SearchSpan.second(notBefore: before) else { return nil }
        if let every { return Instant(seconds: end &- every) }
        guard matcher.canMatch else { return nil }
        return previous(before: end, in: zone).map { Instant(seconds: $0) }
    }

    /// The least fire at second `from` or later.
    private func next(from: Int64, in zone: Zone) -> Int64? {
        let horizon = from &+ CronMatcher.horizonSeconds
        var from = from
        while true {
            let segment = zone.segment(at: from)
            if from <= segment.start, movedFires(in: segment) {
                return segment.start <= horizon ? segment.start : nil
            }
            var local = max(from, segment.start) &+ segment.offset
            if matcher.isFixedTime { local = max(local, segment.passed) }
            let found = matcher.earliest(from: local) ?? SearchSpan.never
            if found < segment.localEnd {
                let fire = found &- segment.offset
                return fire <= horizon ? fire : nil
            }
            guard segment.end <= horizon else { return nil }
            from = segment.end
            guard segment.end &- (local &- segment.offset) >= SearchSpan.settling else { continue }
            // No local time from `local` up to `found` matches, and no later segment leads back to
            // before `local`: what ends before `found` need not be searched.
            var target = zone.segment(at: max(from, found &- Zone.offsetLimit))
            while target.localEnd <= found, target.end <= horizon {
                target = zone.segment(at: target.end)
            }
            if found >= max(target.localStart, target.passed), found < target.localEnd {
                let fire = found &- target.offset
                return fire <= horizon ? fire : nil
            }
            from = target.start
            guard from <= horizon else { return nil }
        }
    }

    /// The greatest fire before second `end`.
    private func previous(before end: Int64, in zone: Zone) -> Int64? {
        let horizon = end &- CronMatcher.horizonSeconds
        var end = end
        while true {
            let segment = zone.segment(at: end &- 1)
            let upper = min(end, segment.end)
            let lower =
                matcher.isFixedTime ? max(segment.localStart, segment.passed) : segment.localStart
            let found = matcher.latest(before: upper &+ segment.offset) ?? -SearchSpan.never
            if found >= lower {
                let fire = found &- segment.offset
                return fire >= horizon ? fire : nil
            }
            guard segment.start >= horizon else { return nil }
            if movedFires(in: segment) { return segment.start }
            end = segment.start
            guard upper &- segment.start >= SearchSpan.settling else { continue }
            // The mirror: no local time from `found` up to here matches.
            var target = zone.segment(at: min(end &- 1, found &+ Zone.offsetLimit))
            while min(target.localStart, target.passed) > found, target.start >= horizon {
                target = zone.segment(at: target.start &- 1)
            }
            end = target.end
            guard end > horizon else { return nil }
        }
    }

    /// A fixed time in the gap before `segment` fires once, at the instant of the change.
    @inline(__always)
    private func movedFires(in segment: Zone.Segment) -> Bool {
        guard matcher.isFixedTime, segment.passed < segment.localStart,
            let skipped = matcher.earliest(from: segment.passed)
        else { return false }
        return skipped < segment.localStart
    }
}

/// The instants between which fires are looked for: far beyond any use, far from overflow.
enum SearchSpan {
    static let never: Int64 = 1 << 50
    /// After so long a span of one offset no change leads back to before it: two offsets differ by
    /// less than this.
    static let settling: Int64 = 2 * Zone.offsetLimit
    /// Some 34,000 years each way.
    private static let limit: Int64 = 1 << 40

    /// The first second after `instant`; a fire at `instant` itself is not after it.
    static func second(after instant: Instant) -> Int64? {
        let second = instant.seconds
        guard second < limit else { return nil }
        return max(second, -limit) &+ 1
    }

    /// The first second at or after `instant`.
    static func second(notBefore instant: Instant) -> Int64? {
        let second = instant.seconds
        guard second > -limit else { return nil }
        guard second < limit else { return limit }
        return second &* 1000 == instant.milliseconds ? second : second &+ 1
    }
}
