import Cron
import GRDB

/// A clock that went ahead and was set back: what was written of instants that have not come.
///
/// A fire that was registered has had its run, and is never registered again. Any other row of an instant
/// still to come is false, because the fire has not been due: it is deleted, and the schedule considered
/// again from there. When its life began is left as it is: see `StoredSchedule.begunAt(seenAt:)`.
extension Store {
    /// Takes back for every schedule that was looked at later than the clock says now.
    ///
    /// Calling twice is safe.
    package func takeBack(clock: () -> Instant) throws {
        let sql = "SELECT id FROM schedule WHERE considered_until_ms > ?"
        let isAny = try read { db in
            try Int64.fetchOne(db, sql: sql + " LIMIT 1", arguments: [clock().milliseconds]) != nil
        }
        guard isAny else { return }
        try write { db in
            let now = clock()
            for id in try Int64.fetchAll(db, sql: sql, arguments: [now.milliseconds]) {
                _ = try Self.takeBack(db, schedule: id, at: now)
            }
        }
    }

    /// Begins the lives of schedules and expectations anew that began by a clock that cannot have been right:
    /// nothing is due to them from before the clock was set.
    ///
    /// - Parameter earliest: what no clock that is right is before.
    package func beginLives(appliedBefore earliest: Instant, clock: () -> Instant) throws {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM schedule WHERE anchor_at_ms < ?1)
              OR EXISTS (SELECT 1 FROM expectation WHERE begun_at_ms < ?1)
            """
        let arguments: StatementArguments = [earliest.milliseconds]
        let isAny = try read { try Bool.fetchOne($0, sql: sql, arguments: arguments) ?? false }
        guard isAny else { return }
        try write { db in
            let now = clock().milliseconds
            try db.execute(
                sql: """
                    UPDATE schedule SET anchor_at_ms = ?2, begun_at_ms = ?2, considered_until_ms = ?2
                    WHERE anchor_at_ms < ?1
                    """,
                arguments: [earliest.milliseconds, now]
            )
            try db.execute(
                sql: """
                    UPDATE expectation SET begun_at_ms = ?2, check_at_ms = ?2 + every_ms, unmet_at_ms = NULL
                    WHERE begun_at_ms < ?1
                    """,
                arguments: [earliest.milliseconds, now]
            )
        }
    }

    /// - Returns: up to where the schedule is considered then, `now` or before.
    @discardableResult
    static func takeBack(
        _ db: Database,
        schedule id: Int64,
        at now: Instant
    ) throws -> Instant {
        let until = try self.until(db, schedule: id, at: now)
        let arguments: StatementArguments = [
            "id": id, "now": now.milliseconds, "until": until.milliseconds,
        ]
        let statements: [String] = [
            """
            DELETE FROM fire WHERE schedule_id = :id AND boot_id IS NULL AND outcome <> 'registered'
              AND (due_at_ms > :now OR last_due_at_ms > :until)
              AND NOT EXISTS (SELECT 1 FROM run WHERE fire_id = fire.id)
            """,
            // A row for many that has a run was backfilled for the first of them, and stays for that one.
            """
            UPDATE fire SET last_due_at_ms = NULL, count = 1
            WHERE schedule_id = :id AND last_due_at_ms > :until
            """,
            "UPDATE schedule SET considered_until_ms = :until WHERE id = :id",
            // Every scheduler is to look at it from there.
            "INSERT INTO schedule_change (schedule_id) VALUES (:id)",
        ]
        for sql in statements { try db.execute(sql: sql, arguments: arguments) }
        return until
    }

    /// Up to where nothing need be told anew: `now`, or before the rows for many that reach beyond it, and
    /// before those that reach beyond these.
    private static func until(
        _ db: Database,
        schedule id: Int64,
        at now: Instant
    ) throws -> Instant {
        let sql = "SELECT considered_until_ms FROM schedule WHERE id = ?"
        let considered = try Int64.fetchOne(db, sql: sql, arguments: [id]) ?? now.milliseconds
        var until = min(considered, now.milliseconds)
        let folded = """
            SELECT min(due_at_ms) FROM fire
            WHERE schedule_id = ? AND last_due_at_ms > ? AND due_at_ms <= ?
            """
        let statement = try db.cachedStatement(sql: folded)
        while let first = try Int64.fetchOne(statement, arguments: [id, until, until]) {
            until = first - 1
        }
        return Instant(stored: until)
    }
}
