import Cron
import Flows
import Storage

/// What is to be recorded of one schedule: its fires from where it has been considered up to now.
struct SpanPlanner {
    let store: Store

    func span(_ entry: ScheduleEntry, at now: Instant) throws -> ScheduleSpan {
        let (after, through) = (entry.stored.consideredUntil, entry.dueAt(now))
        let start = entry.stored.lookedAtFrom(seenAt: now)
        let fires = entry.fires(after: start, through: through)
        // Asked only where fires are to share a row: of all else the database sees for itself.
        let isLong = fires.dropFirst(FirePlan.missedRows).first { _ in true } != nil
        let past =
            try isLong
            ? store.past(ofSchedule: entry.stored.id, after: after, through: through) : FirePast()
        let timing = entry.stored.timing
        let plan = FirePlan(
            fires,
            at: now,
            timing: timing,
            delay: entry.delay,
            begunAt: entry.stored.begunAt(seenAt: now),
            past: past,
            isExcepted: entry.isExcepted
        )
        let isSeries = plan.isSeries(timing.catchUp, at: now, delay: entry.delay)
        let last = plan.items.last(where: \.isRun)?.dueAt
        let due = plan.items.map { item in
            DueFire(
                scheduleID: entry.stored.id,
                dueAt: item.dueAt,
                lastDueAt: item.lastDueAt,
                count: item.count,
                knownRows: item.lastDueAt.map { last in
                    past.recorded.count { item.dueAt <= $0 && $0 <= last }
                } ?? 0,
                note: item.reason?.note(timing),
                startBy: timing.deadline.map {
                    Instant(milliseconds: item.dueAt.milliseconds + $0.milliseconds)
                },
                timezone: entry.zone.name,
                verdict: verdict(of: item, series: isSeries ? last : nil)
            )
        }
        return ScheduleSpan(
            scheduleID: entry.stored.id,
            after: after,
            through: max(after, through),
            fires: due
        )
    }

    /// - Parameter series: the last fire of the series that `item` is one of.
    private func verdict(of item: FirePlan.Item, series last: Instant?) -> DueFire.Verdict {
        guard item.isRun else { return item.isExcepted ? .except : .missed }
        return last.map { .series(isLast: item.dueAt == $0) } ?? .run
    }
}
