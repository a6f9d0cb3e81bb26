import Cron
import GRDB
import Glibc

/// Fires of an instant that has not come, planned for the transaction that is to register them.
package struct PlannedFires: Sendable {
    package let announcement: Announcement
    package let spans: [ScheduleSpan]
    /// Up to which change the schedules were read: see `Store.scheduleChanges`.
    package let cursor: Int64

    package init(_ announcement: Announcement, _ spans: [ScheduleSpan], cursor: Int64) {
        self.announcement = announcement
        self.spans = spans
        self.cursor = cursor
    }

    /// What was planned as on time is so for no longer: later than this, ms, it is planned anew.
    static let lateness: Int64 = 1_000
    /// So long before its instant, ms, its transaction may be begun, which then waits for it.
    static let earliness: Int64 = 10

    /// The instant that its transaction, begun at `now`, reckons with.
    func instant(at now: Instant) -> Instant {
        let wait = announcement.at.milliseconds - now.milliseconds
        return (0...Self.earliness).contains(wait) ? announcement.at : now
    }

    /// Returns when the commit is to begin: all else is written then. It turns, because after a sleep of a
    /// millisecond the caches are cold again.
    ///
    /// To write the WAL takes a quarter of a millisecond and to make it durable, which is when others see
    /// it, as much again at the least: begun by so much earlier, it is there just after the instant.
    ///
    /// - Throws: where the clock was set back meanwhile.
    static func wait(toCommitAt instant: Instant, _ clock: () -> Instant) throws(StorageError) {
        let deadline = ContinuousClock.now + .milliseconds(2 * earliness)
        let last = Instant(milliseconds: instant.milliseconds - 1)
        while clock() < last {
            guard ContinuousClock.now < deadline else {
                throw StorageError(.refused, "the clock was set back before a fire came due")
            }
        }
        var time = timespec()
        repeat {
            clock_gettime(CLOCK_REALTIME, &time)
        } while time.tv_sec == last.milliseconds / 1000
            && time.tv_nsec / 1_000_000 == last.milliseconds % 1000
            && time.tv_nsec % 1_000_000 < 1_000_000 - commitNanoseconds
    }

    private static let commitNanoseconds = 250_000

    /// Returns once the clock shows `instant`, or has been set back: nothing is launched before.
    static func wait(for instant: Instant, _ clock: () -> Instant) {
        let deadline = ContinuousClock.now + .milliseconds(1)
        while clock() < instant, ContinuousClock.now < deadline {}
    }
}

extension Store {
    /// Registers what was planned, in the caller's transaction, unless a schedule has changed since, or it
    /// is not its time: then nothing is written, and the scheduler does it.
    static func record(
        _ db: Database,
        _ planned: PlannedFires,
        at now: Instant
    ) throws -> [RecordedFire] {
        let late = now.milliseconds - planned.announcement.at.milliseconds
        guard (0...PlannedFires.lateness).contains(late) else { return [] }
        let sql = "SELECT max(id) FROM schedule_change"
        let cursor = try Int64.fetchOne(db.cachedStatement(sql: sql)) ?? 0
        guard cursor == planned.cursor else { return [] }
        return try record(db, planned.spans, plannedAt: planned.announcement.at, at: now).fires
    }

    /// Does all that the turn will do but to commit it, so that its code and pages are at hand when it is
    /// to be quick: a second's sleep costs the first transaction milliseconds.
    package func rehearse(_ turn: Turn, by runner: RunnerIdentity, at instant: Instant) throws {
        try write(isRehearsal: true) { db in _ = try perform(db, turn, by: runner, at: instant) }
    }

    /// What became of the fires of schedules due at an instant, that somebody else has registered.
    package func recordedFires(_ due: [(schedule: Int64, at: Instant)]) throws -> [RecordedFire] {
        try read { db in
            let sql = """
                SELECT flow.name, fire.outcome, fire.note,
                  (SELECT max(id) FROM run WHERE fire_id = fire.id) AS run
                FROM fire JOIN schedule ON schedule.id = fire.schedule_id
                JOIN flow ON flow.id = schedule.flow_id
                WHERE fire.schedule_id = ? AND fire.due_at_ms = ? AND fire.boot_id IS NULL
                """
            return try due.compactMap { due in
                let arguments: StatementArguments = [due.schedule, due.at.milliseconds]
                let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
                guard let row, let outcome = FireOutcome(rawValue: row["outcome"]) else {
                    return nil
                }
                return RecordedFire(
                    flow: row["name"],
                    dueAt: due.at,
                    outcome: outcome,
                    runID: row["run"],
                    note: row["note"]
                )
            }
        }
    }
}
