import Cron
import Flows
import GRDB

extension Store {
    /// Keeps a flow's schedules from making runs: each fire is recorded as `paused`. Runs that exist go on.
    ///
    /// Calling twice changes the reason alone.
    package func pause(
        flow name: String,
        reason: String?,
        by actor: String,
        at now: Instant
    ) throws {
        try write { db in
            let flow = try Self.liveFlow(db, named: name)
            try db.execute(
                sql: """
                    UPDATE flow SET paused_at_ms = coalesce(paused_at_ms, ?), pause_reason = ?
                    WHERE id = ?
                    """,
                arguments: [now.milliseconds, reason, flow["id"] as Int64]
            )
            try Self.audit(db, at: now, by: actor, "pause", flow: name, detail: reason)
        }
        folder.touchWake()
    }

    /// Ends a pause. The schedules' lives begin anew: nothing that came due meanwhile is a misfire.
    ///
    /// - Returns: whether the flow was paused.
    package func unpause(
        flow name: String,
        by actor: String,
        at now: Instant
    ) throws -> Bool {
        let wasPaused = try write { db in
            let flow = try Self.liveFlow(db, named: name)
            guard flow["paused_at_ms"] as Int64? != nil else { return false }
            let id: Int64 = flow["id"]
            try db.execute(
                sql: "UPDATE flow SET paused_at_ms = NULL, pause_reason = NULL WHERE id = ?",
                arguments: [id]
            )
            try db.execute(
                sql: """
                    UPDATE schedule SET begun_at_ms = :now, considered_until_ms = :now
                    WHERE flow_id = :flow AND considered_until_ms < :now
                    """,
                arguments: ["now": now.milliseconds, "flow": id]
            )
            try Self.audit(db, at: now, by: actor, "unpause", flow: name)
            return true
        }
        if wasPaused { folder.touchWake() }
        return wasPaused
    }
}
