import Cron
import Flows
import GRDB

/// Keeping schedules from making runs.
///
/// The rule of pauses: a fire due in a pause is recorded as `paused` and never made up for. With the end of
/// the pause the schedules' lives begin anew; a pause with `until` ends by itself at that instant, and what
/// comes due after it is run as if it had been ended then.
extension Store {
    /// Pauses a flow, or all of them. Runs that exist go on. Calling twice changes reason and end alone.
    ///
    /// - Parameter flow: `nil` for every flow there is now.
    /// - Throws: `StorageError.notFound`, `.badInput` for an end that has passed.
    package func pause(
        flow name: String?,
        reason: String? = nil,
        until: Instant? = nil,
        by actor: String,
        at now: Instant
    ) throws {
        if let until, until <= now {
            throw StorageError(.badInput, "the pause would have ended before it begins")
        }
        try write { db in
            for flow in try Self.chosen(db, flow: name) {
                try db.execute(
                    sql: """
                        UPDATE flow SET paused_at_ms = coalesce(paused_at_ms, ?), pause_reason = ?,
                          paused_until_ms = ? WHERE id = ?
                        """,
                    arguments: [
                        now.milliseconds, reason, until?.milliseconds, flow["id"] as Int64,
                    ]
                )
            }
            try Self.audit(db, at: now, by: actor, "pause", flow: name, detail: reason)
        }
        folder.touchWake()
    }

    /// Ends a pause of a flow, or of all.
    ///
    /// - Returns: the flows that were paused, by name.
    package func unpause(
        flow name: String?,
        by actor: String,
        at now: Instant
    ) throws -> [String] {
        let names = try write { db in
            let paused = try Self.chosen(db, flow: name).filter { Self.isPaused($0, at: now) }
            for flow in paused { try Self.endPause(db, flow: flow["id"], at: now) }
            if !paused.isEmpty { try Self.audit(db, at: now, by: actor, "unpause", flow: name) }
            return paused.map { $0["name"] as String }
        }
        if !names.isEmpty { folder.touchWake() }
        return names
    }

    /// Ends the pauses whose `until` has come, each as of that instant.
    ///
    /// - Returns: when the next one ends; `nil` where none has an end.
    package func endPauses(at now: Instant) throws -> Instant? {
        let next = try read { try Self.nextPauseEnd($0) }
        guard let next, next <= now else { return next }
        return try write { db in
            let sql = "SELECT id, paused_until_ms FROM flow WHERE paused_until_ms <= ?"
            for row in try Row.fetchAll(db, sql: sql, arguments: [now.milliseconds]) {
                let until = Instant(milliseconds: row["paused_until_ms"])
                try Self.endPause(db, flow: row["id"], at: until)
            }
            return try Self.nextPauseEnd(db)
        }
    }

    /// Whether a pause covers `instant`.
    static func isPaused(_ flow: Row, at instant: Instant) -> Bool {
        guard flow["paused_at_ms"] as Int64? != nil else { return false }
        guard let until = flow["paused_until_ms"] as Int64? else { return true }
        return instant.milliseconds < until
    }

    private static func chosen(_ db: Database, flow name: String?) throws -> [Row] {
        if let name { return [try liveFlow(db, named: name)] }
        return try Row.fetchAll(
            db,
            sql: "SELECT * FROM flow WHERE removed_at_ms IS NULL ORDER BY name"
        )
    }

    private static func nextPauseEnd(_ db: Database) throws -> Instant? {
        let sql = "SELECT min(paused_until_ms) FROM flow WHERE paused_until_ms IS NOT NULL"
        return try Int64.fetchOne(db.cachedStatement(sql: sql)).map { Instant(milliseconds: $0) }
    }

    private static func endPause(_ db: Database, flow id: Int64, at instant: Instant) throws {
        try db.execute(
            sql: """
                UPDATE flow SET paused_at_ms = NULL, paused_until_ms = NULL, pause_reason = NULL
                WHERE id = ?
                """,
            arguments: [id]
        )
        try db.execute(
            sql: """
                UPDATE schedule SET begun_at_ms = :now, considered_until_ms = :now
                WHERE flow_id = :flow AND considered_until_ms < :now
                """,
            arguments: ["now": instant.milliseconds, "flow": id]
        )
    }
}
