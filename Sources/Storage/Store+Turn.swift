import Cron
import Flows
import GRDB

extension Store {
    /// One turn, one transaction: records what ended (which frees what needed it), promotes retries whose
    /// time has come, and claims what fits.
    ///
    /// Writes nothing where there is nothing to record and nothing ready. Either all of it is durable when
    /// this returns, or none.
    package func turn(
        _ turn: Turn,
        by runner: RunnerIdentity,
        at now: Instant
    ) throws -> TurnResult {
        if turn.recordsNothing {
            let seen = try read { db in try Self.look(db, runner: runner, at: now) }
            if !seen.isReady || turn.wanted == 0 { return seen.result }
        }
        return try write { db in
            var result = TurnResult()
            result.failedTasks = try recordTurn(db, turn, runner: runner, at: now)
            try Self.cancelLateRuns(db, at: now)
            try Self.openQueuedRuns(db, at: now)
            try Self.promoteRetries(db, at: now)
            if turn.wanted > 0 {
                result.claims = try claim(db, atMost: turn.wanted, runner: runner, at: now)
            }
            result.nextRetryAt = try Self.nextRetryAt(db)
            result.toCancel = try Self.toCancel(db, of: runner)
            return result
        }
    }

    /// What a turn that would write nothing tells.
    private static func look(
        _ db: Database,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> (isReady: Bool, result: TurnResult) {
        var result = TurnResult()
        result.nextRetryAt = try nextRetryAt(db)
        result.toCancel = try toCancel(db, of: runner)
        return (try hasReady(db, at: now), result)
    }

    private static func toCancel(_ db: Database, of runner: RunnerIdentity) throws -> [Int64] {
        let sql = "SELECT id FROM task WHERE runner_id = ? AND cancel_at_ms IS NOT NULL"
        return try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [runner.id])
    }

    /// When the next retry comes due, of any run; `nil` where none waits.
    package func nextRetryAt() throws -> Instant? {
        try read { try Self.nextRetryAt($0) }
    }

    /// Whether a runner would find anything to claim now; reads only.
    package func hasWork(at now: Instant) throws -> Bool {
        try read { try Self.hasReady($0, at: now) }
    }

    /// The runner's end: its row says that nobody need look for what it left.
    package func endRunner(_ runner: RunnerIdentity, at now: Instant) throws {
        try write { db in
            try db.execute(
                sql: "UPDATE runner SET ended_at_ms = ? WHERE id = ?",
                arguments: [now.milliseconds, runner.id]
            )
        }
    }

    // MARK: - Retries

    private static func nextRetryAt(_ db: Database) throws -> Instant? {
        let sql = "SELECT min(retry_at_ms) FROM task WHERE retry_at_ms IS NOT NULL"
        return try Int64.fetchOne(db.cachedStatement(sql: sql)).map { Instant(milliseconds: $0) }
    }

    private static func promoteRetries(_ db: Database, at now: Instant) throws {
        let sql = """
            UPDATE task SET rank_ms = retry_at_ms + priority * 60000, retry_at_ms = NULL
            WHERE retry_at_ms <= ? AND status = 0 AND unmet = 0
            """
        try db.cachedStatement(sql: sql).execute(arguments: [now.milliseconds])
    }

    private static func hasReady(_ db: Database, at now: Instant) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM task WHERE rank_ms IS NOT NULL)
              OR EXISTS (SELECT 1 FROM task WHERE retry_at_ms <= :now)
              OR EXISTS (SELECT 1 FROM run WHERE start_by_ms < :now)
              OR EXISTS (SELECT 1 FROM run WHERE queued = 1)
            """
        let arguments: StatementArguments = ["now": now.milliseconds]
        return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? false
    }
}
