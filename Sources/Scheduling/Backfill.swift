import Cron
import HostTime
import Storage

/// The fires of a flow's schedules in a span of the past, for `flower backfill`.
package struct Backfill: Sendable {
    package enum Order: String, Sendable, CaseIterable {
        case oldest
        case newest
    }

    /// More than this in one backfill is refused: it would be a stampede.
    package static let limit = 100_000

    /// In the order asked for; excepted ones left out; at most `limit` + 1.
    package let fires: [DueFire]

    /// - Parameters:
    ///   - schedules: of one flow.
    ///   - span: fires at either end belong to it.
    /// - Throws: `ScheduleFault` where an expression or its zone cannot be used.
    package init(
        _ schedules: [StoredSchedule],
        from start: Instant,
        through end: Instant,
        order: Order,
        zones: ZoneDirectory
    ) throws(ScheduleFault) {
        var found: [DueFire] = []
        let compiler = ScheduleCompiler(zones)
        for schedule in schedules {
            let entry = try compiler.entry(of: schedule)
            let before = Instant(milliseconds: start.milliseconds - 1)
            let fires = entry.fires(after: before, through: end).prefix(Self.limit + 1)
            for fire in fires where !entry.isExcepted(fire) {
                found.append(
                    DueFire(
                        scheduleID: schedule.id,
                        dueAt: fire,
                        timezone: entry.zone.name,
                        verdict: .run
                    )
                )
            }
        }
        found.sort { $0.dueAt < $1.dueAt }
        if order == .newest { found.reverse() }
        fires = Array(found.prefix(Self.limit + 1))
    }
}
