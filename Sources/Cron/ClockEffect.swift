/// What one change of a zone's offset does to a schedule.
package struct ClockEffect: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Local times that were skipped fire once, at the change.
        case moved
        /// Local times that were skipped, or came a second time, do not fire.
        case dropped
        /// Local times that came twice fire twice.
        case doubled
    }

    package let kind: Kind
    /// The instant of the change.
    package let at: Instant
    /// How far the clock went: forward if positive.
    package let shiftSeconds: Int64
    /// The first of the local times, in seconds since 1970 on the local clock.
    package let firstLocal: Int64
    /// How many local times; no more than `countLimit` are counted.
    package let count: Int

    package static let countLimit = 1000

    /// `firstLocal` as `2026-03-29 01:30:00`.
    package var firstLocalText: String {
        let text = Instant(seconds: firstLocal).iso8601().prefix(19)
        return text.prefix(10) + " " + text.suffix(8)
    }
}

extension CronExpression {
    /// What the changes in (after, through] do to this schedule, oldest first.
    package func clockEffects(
        after: Instant,
        through: Instant,
        in zone: Zone
    ) -> [ClockEffect] {
        guard matcher.canMatch else { return [] }
        var effects: [ClockEffect] = []
        var segment = zone.segment(at: after.seconds)
        while segment.end <= through.seconds {
            let next = zone.segment(at: segment.end)
            if let effect = effect(of: next, after: segment) { effects.append(effect) }
            segment = next
        }
        return effects
    }

    private func effect(of segment: Zone.Segment, after last: Zone.Segment) -> ClockEffect? {
        let covered = ClockChange.covered(by: last)
        let shift = segment.localStart - covered
        // A correction is one where nothing counts as skipped or passed.
        let isCorrection = segment.passed == segment.localStart
        let kind: ClockEffect.Kind
        if shift > 0 {
            kind = matcher.isFixedTime && !isCorrection ? .moved : .dropped
        } else {
            kind = matcher.isFixedTime && !isCorrection ? .dropped : .doubled
        }
        let affected = min(covered, segment.localStart)..<max(covered, segment.localStart)
        var count = 0
        var next = matcher.earliest(from: affected.lowerBound)
        let first = next
        while let local = next, local < affected.upperBound, count < ClockEffect.countLimit {
            count += 1
            next = matcher.earliest(from: local + 1)
        }
        guard let first, count > 0 else { return nil }
        return ClockEffect(
            kind: kind,
            at: Instant(seconds: segment.start),
            shiftSeconds: segment.offset - last.offset,
            firstLocal: first,
            count: count
        )
    }
}
