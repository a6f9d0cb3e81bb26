import Cron
import Flows
import GRDB

/// The schedules of a flow ⇄ `ScheduleSpec`.
extension Store {
    /// A schedule's life begins at its first apply and anew when its expression or zone changes:
    /// nothing earlier is a misfire.
    static func writeSchedules(
        _ db: Database,
        _ schedules: [ScheduleSpec],
        flow: Int64,
        at now: Instant
    ) throws {
        let ahead = """
            SELECT id FROM schedule WHERE flow_id = ? AND considered_until_ms > ?
            """
        // Else a life that begins anew would leave rows of its future behind.
        for id in try Int64.fetchAll(
            db.cachedStatement(sql: ahead),
            arguments: [flow, now.milliseconds]
        ) {
            try takeBack(db, schedule: id, at: now)
        }
        let remove =
            "UPDATE schedule SET removed_at_ms = ? WHERE flow_id = ? AND removed_at_ms IS NULL"
        try db.cachedStatement(sql: remove).execute(arguments: [now.milliseconds, flow])
        let sql = """
            INSERT INTO schedule
              (flow_id, identity, position, cron, timezone, catchup, catchup_window_ms, deadline_ms,
              jitter_ms, anchor_at_ms, begun_at_ms, considered_until_ms)
            VALUES (:flow, :identity, :position, :cron, :timezone, :catchup, :window, :deadline,
              :jitter, :begun, :begun, :now)
            ON CONFLICT (flow_id, identity) DO UPDATE SET
              anchor_at_ms = CASE WHEN removed_at_ms = :now AND cron = excluded.cron
                AND timezone IS excluded.timezone THEN anchor_at_ms ELSE :begun END,
              begun_at_ms = CASE WHEN removed_at_ms = :now AND cron = excluded.cron
                AND timezone IS excluded.timezone THEN begun_at_ms ELSE :begun END,
              considered_until_ms = CASE WHEN removed_at_ms = :now AND cron = excluded.cron
                AND timezone IS excluded.timezone THEN considered_until_ms ELSE :now END,
              position = excluded.position, cron = excluded.cron, timezone = excluded.timezone,
              catchup = excluded.catchup, catchup_window_ms = excluded.catchup_window_ms,
              deadline_ms = excluded.deadline_ms, jitter_ms = excluded.jitter_ms,
              removed_at_ms = NULL
            RETURNING id
            """
        let begun = schedules.isEmpty ? now : max(now, try newestInstant(db))
        for (position, schedule) in schedules.enumerated() {
            let arguments: StatementArguments = [
                "flow": flow, "identity": schedule.identity, "position": position,
                "cron": schedule.text, "timezone": schedule.timezone, "now": now.milliseconds,
                "begun": begun.milliseconds,
                "catchup": schedule.timing.catchUp.rawValue,
                "window": schedule.timing.catchUpWindow?.milliseconds,
                "deadline": schedule.timing.deadline?.milliseconds,
                "jitter": schedule.timing.jitter.milliseconds,
            ]
            guard let id = try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
            else {
                throw StorageError.unwritten("schedule")
            }
            for table in ["schedule_parameter", "schedule_except"] {
                try db.cachedStatement(sql: "DELETE FROM \(table) WHERE schedule_id = ?")
                    .execute(arguments: [id])
            }
            try writeVariables(
                db,
                schedule.parameters,
                into: "schedule_parameter (schedule_id",
                id
            )
            for (position, exception) in schedule.timing.exceptions.enumerated() {
                try db.execute(
                    sql:
                        "INSERT INTO schedule_except (schedule_id, position, text) VALUES (?, ?, ?)",
                    arguments: [id, position, exception.text]
                )
            }
        }
    }

    /// The latest that the clock is known to have said. One that says less, as on a host that has just booted
    /// and keeps no time, does not tell when a life begins: once it is right, nothing from before is due.
    private static func newestInstant(_ db: Database) throws -> Instant {
        let sql = """
            SELECT max(coalesce((SELECT registered_at_ms FROM run ORDER BY id DESC LIMIT 1), 0),
              coalesce((SELECT recorded_at_ms FROM fire ORDER BY id DESC LIMIT 1), 0),
              coalesce((SELECT at_ms FROM action ORDER BY id DESC LIMIT 1), 0))
            """
        return Instant(milliseconds: try Int64.fetchOne(db.cachedStatement(sql: sql)) ?? 0)
    }

    static func loadTiming(_ db: Database, _ row: Row) throws -> ScheduleTiming {
        let texts = try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT text FROM schedule_except WHERE schedule_id = ? ORDER BY position"
            ),
            arguments: [row["id"] as Int64]
        )
        return ScheduleTiming(
            catchUp: CatchUp(rawValue: row["catchup"]) ?? .latest,
            catchUpWindow: (row["catchup_window_ms"] as Int64?).map { .stored($0) },
            deadline: (row["deadline_ms"] as Int64?).map { .stored($0) },
            jitter: .stored(row["jitter_ms"] as Int64),
            exceptions: texts.map(exception)
        )
    }

    /// A day has no blanks, and an expression has.
    static func exception(_ text: String) -> FireException {
        text.contains(" ") || text.contains("\t") ? .expression(text) : .date(text)
    }
}
