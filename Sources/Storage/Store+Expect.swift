import Cron
import Flows
import GRDB

/// A flow that has not succeeded for as long as its `expect:` allows, or has again.
package struct ExpectationEvent: Sendable, Equatable {
    package let flow: String
    package let every: Duration
    /// Its last success, or else when its expectation began.
    package let since: Instant
    package let isMet: Bool
    /// Why nothing runs, where it is paused.
    package let isPaused: Bool
    /// The run of the flow under `register:`.
    package let runID: Int64?
    /// What became of `register:` where it gave no run.
    package let note: String?
}

/// `expect:`: no success for so long is told once, whether or not a fire was due; and once when it comes.
extension Store {
    /// While an expectation is unmet, whether it is met again is looked at so often.
    private static let unmetCheck: Int64 = 60_000
    /// Of a flow's successful runs, those looked at for the newest success.
    private static let runsLookedAt = 100

    /// Judges the expectations whose alarm has come.
    ///
    /// - Parameters:
    ///   - all: judges every one: after a clock step the alarms mean nothing.
    ///   - hostZone: in which a run under `register:` tells its date; asked where there is one to make.
    /// - Returns: what there is to tell, and when the next alarm comes.
    package func checkExpectations(
        at now: Instant,
        all: Bool = false,
        hostZone: () -> String = { "UTC" }
    ) throws -> (events: [ExpectationEvent], next: Instant?) {
        let next = try read { try Self.nextExpectation($0) }
        guard let next, all || next <= now else { return ([], next) }
        let result = try write { db in
            let sql = "SELECT flow_id FROM expectation WHERE check_at_ms <= ?"
            let limit = all ? Int64.max : now.milliseconds
            let events = try Int64.fetchAll(db, sql: sql, arguments: [limit]).compactMap {
                try Self.judge(db, flow: $0, hostZone, at: now)
            }
            return (events, try Self.nextExpectation(db))
        }
        if result.0.contains(where: { $0.runID != nil }) { folder.touchWake() }
        return result
    }

    private static func nextExpectation(_ db: Database) throws -> Instant? {
        let sql = "SELECT min(check_at_ms) FROM expectation"
        return try Int64.fetchOne(db.cachedStatement(sql: sql)).map { Instant(stored: $0) }
    }

    private static func judge(
        _ db: Database,
        flow id: Int64,
        _ hostZone: () -> String,
        at now: Instant
    ) throws -> ExpectationEvent? {
        let sql = """
            SELECT e.*, flow.* FROM expectation e JOIN flow ON flow.id = e.flow_id WHERE e.flow_id = ?
            """
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else {
            return nil
        }
        let every = Duration.stored(row["every_ms"]).milliseconds
        // What lies ahead was written before the clock was set back.
        let begun = min(Instant(stored: row["begun_at_ms"]).milliseconds, now.milliseconds)
        let since = min(max(try lastSuccess(db, flow: id) ?? begun, begun), now.milliseconds)
        let wasUnmet = row["unmet_at_ms"] as Int64? != nil
        let isUnmet = since + every <= now.milliseconds
        let check = isUnmet ? now.milliseconds + unmetCheck : since + every
        try db.cachedStatement(
            sql: """
                UPDATE expectation SET check_at_ms = ?1, begun_at_ms = min(begun_at_ms, ?3),
                  unmet_at_ms = CASE WHEN ?2 THEN coalesce(unmet_at_ms, ?3) END WHERE flow_id = ?4
                """
        ).execute(arguments: [check, isUnmet, now.milliseconds, id])
        guard isUnmet != wasUnmet else { return nil }
        let name: String = row["name"]
        var run: Int64?
        var note: String?
        if isUnmet, let other = row["register"] as String? {
            (run, note) = try register(db, other, tellingOf: (name, since), hostZone, at: now)
        }
        let detail = isUnmet ? "no success" : "succeeded again"
        try audit(db, at: now, by: "flower", "expect", flow: name, run: run, detail: detail)
        return ExpectationEvent(
            flow: name,
            every: .milliseconds(every),
            since: Instant(stored: since),
            isMet: !isUnmet,
            isPaused: isPaused(row, at: now),
            runID: run,
            note: note
        )
    }

    /// When the newest of the flow's successes ended; `nil` where there is none.
    private static func lastSuccess(_ db: Database, flow id: Int64) throws -> Int64? {
        let sql = """
            SELECT max(coalesce((SELECT max(ended_at_ms) FROM attempt JOIN task ON task.id = task_id
                WHERE task.run_id = done.id), done.registered_at_ms))
            FROM (SELECT id, registered_at_ms FROM run WHERE flow_id = ?1
                AND (SELECT state FROM run_state WHERE run_id = run.id) = 'succeeded'
              ORDER BY id DESC LIMIT \(runsLookedAt)) done
            """
        return try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [id]).map {
            Instant(stored: $0).milliseconds
        }
    }

    /// Registers the flow under `register:`, with those of `flow` and `since` that it has as parameters.
    private static func register(
        _ db: Database,
        _ name: String,
        tellingOf late: (flow: String, since: Int64),
        _ hostZone: () -> String,
        at now: Instant
    ) throws -> (run: Int64?, note: String?) {
        let sql = "SELECT * FROM flow WHERE name = ? AND removed_at_ms IS NULL"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [name]) else {
            return (nil, "there is no flow '\(name)' to register")
        }
        let known = try parameters(db, flow: row["id"], overriddenBy: []).map(\.name)
        let offered = [
            Variable("flow", late.flow),
            Variable("since", Instant(stored: late.since).iso8601(in: .utc)),
        ]
        var result: (run: Int64?, note: String?)
        do {
            try db.inSavepoint {
                let overlap = try overlap(db, flow: row, at: now)
                if case .refuse(let reason, _) = overlap {
                    result.note = reason
                } else {
                    result.run = try makeRun(
                        db,
                        flow: row,
                        parameters: try parameters(
                            db,
                            flow: row["id"],
                            overriddenBy: [offered.filter { known.contains($0.name) }]
                        ),
                        origin: .schedule,
                        due: nil,
                        isQueued: overlap == .wait,
                        timezone: try recordedZone(db) ?? hostZone(),
                        at: now
                    )
                }
                return .commit
            }
        } catch let error as StorageError where error.code == .badInput {
            result.note = error.message
        }
        return result
    }

    // MARK: - The master

    static func writeExpectation(
        _ db: Database,
        _ expectation: Expectation?,
        flow id: Int64,
        at now: Instant
    ) throws {
        guard let expectation else {
            try db.cachedStatement(sql: "DELETE FROM expectation WHERE flow_id = ?")
                .execute(arguments: [id])
            return
        }
        let sql = """
            INSERT INTO expectation (flow_id, every_ms, register, begun_at_ms, check_at_ms)
            VALUES (:flow, :every, :register, :now, :now + :every)
            ON CONFLICT (flow_id) DO UPDATE SET register = excluded.register,
              begun_at_ms = iif(every_ms = excluded.every_ms, begun_at_ms, :now),
              every_ms = excluded.every_ms
            WHERE every_ms <> excluded.every_ms OR register IS NOT excluded.register
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            "flow": id, "every": expectation.every.milliseconds,
            "register": expectation.register, "now": now.milliseconds,
        ])
    }

    static func loadExpectation(_ db: Database, flow id: Int64) throws -> Expectation? {
        let sql = "SELECT every_ms, register FROM expectation WHERE flow_id = ?"
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]).map {
            Expectation(every: .stored($0["every_ms"] as Int64), register: $0["register"])
        }
    }
}
