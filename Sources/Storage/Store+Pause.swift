import Cron
import Flows
import GRDB

/// Keeping schedules from making runs.
///
/// The rule of pauses: a fire due in a pause is recorded as `paused`, whoever looks at it and when, and never
/// made up for. With the end of the pause the schedules' lives begin anew: what was missed before is not made
/// up for either, and what comes due from then on is run. A pause with `until` ends at that instant by
/// itself: nobody need be there, and it stays in the flow's row until the next pause or `unpause`.
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
            throw StorageError(
                .badInput,
                "the pause would have ended before it begins",
                hint: "--until takes an instant that is still to come"
            )
        }
        try write { db in
            for flow in try Self.chosen(db, flow: name) {
                try Self.endPause(db, ofFlow: flow, ifOverAt: now)
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
            for flow in try Self.chosen(db, flow: name) {
                try Self.endPause(db, ofFlow: flow, ifOverAt: now)
            }
            for flow in paused { try Self.endPause(db, ofFlow: flow, at: now) }
            if !paused.isEmpty { try Self.audit(db, at: now, by: actor, "unpause", flow: name) }
            return paused.map { $0["name"] as String }
        }
        if !names.isEmpty { folder.touchWake() }
        return names
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

    /// A pause that has ended by itself makes room for another.
    private static func endPause(
        _ db: Database,
        ofFlow flow: Row,
        ifOverAt now: Instant
    ) throws {
        guard let until = flow["paused_until_ms"] as Int64?, until <= now.milliseconds else {
            return
        }
        try endPause(db, ofFlow: flow, at: Instant(stored: until))
    }

    /// Remembers the pause for those fires in it that nobody has looked at yet.
    private static func endPause(_ db: Database, ofFlow flow: Row, at end: Instant) throws {
        let id: Int64 = flow["id"]
        try db.execute(
            sql: """
                INSERT INTO pause (flow_id, begun_at_ms, ended_at_ms, reason) VALUES (?, ?, ?, ?)
                """,
            arguments: [
                id, flow["paused_at_ms"] as Int64?, end.milliseconds,
                flow["pause_reason"] as String?,
            ]
        )
        try db.execute(
            sql: """
                UPDATE flow SET paused_at_ms = NULL, paused_until_ms = NULL, pause_reason = NULL
                WHERE id = ?
                """,
            arguments: [id]
        )
        // A fire due at the very end of the pause is run: the life begins just before it.
        try db.execute(
            sql: """
                UPDATE schedule SET begun_at_ms = max(begun_at_ms, ?)
                WHERE flow_id = ? AND removed_at_ms IS NULL
                """,
            arguments: [end.milliseconds - 1, id]
        )
    }
}
