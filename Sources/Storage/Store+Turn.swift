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
            let (pulse, seen) = try read { db in
                let pulse = try Pulse(db, hot, runner: runner.id, at: now)
                return (pulse, try told(db, pulse, to: runner))
            }
            if !pulse.hasWork || turn.wanted == 0 { return seen }
        }
        let result = try write { db in
            let failed = try recordTurn(db, turn, runner: runner, at: now)
            let pulse = try Pulse(db, hot, runner: runner.id, at: now)
            if pulse.isLate { try Self.cancelLateRuns(db, at: now) }
            if pulse.isRetryDue { try Self.promoteRetries(db, at: now) }
            if pulse.mayAdvance { try judgeAll(db, at: now) }
            var result = try told(db, pulse, to: runner)
            result.failedTasks = failed
            if pulse.isRetryDue { result.nextRetryAt = try Self.nextRetryAt(db) }
            if turn.wanted > 0 {
                result.claims = try claim(db, atMost: turn.wanted, runner: runner, at: now)
            }
            while pulse.mayAdvance, try settleRuns(db, at: now) {
                try judgeAll(db, at: now)
                let wanted = turn.wanted - result.claims.count
                if wanted > 0 {
                    result.claims += try claim(db, atMost: wanted, runner: runner, at: now)
                }
            }
            return result
        }
        if !result.claims.isEmpty { enrolled.withLock { _ = $0.insert(runner.id) } }
        return result
    }

    private func told(
        _ db: Database,
        _ pulse: Pulse,
        to runner: RunnerIdentity
    ) throws -> TurnResult {
        var result = TurnResult()
        result.nextRetryAt = pulse.nextRetryAt
        if pulse.isCancelled {
            let sql = "SELECT id FROM task WHERE runner_id = ? AND cancel_at_ms IS NOT NULL"
            result.toCancel = try Int64.fetchAll(db, sql: sql, arguments: [runner.id])
        }
        return result
    }

    /// When the next retry comes due, of any run; `nil` where none waits.
    package func nextRetryAt() throws -> Instant? {
        try read { try Self.nextRetryAt($0) }
    }

    /// Whether a runner would find anything to claim now; reads only.
    package func hasWork(at now: Instant) throws -> Bool {
        try read { try Pulse($0, hot, runner: 0, at: now).hasWork }
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
        return try Int64.fetchOne(db.cachedStatement(sql: sql))
            .flatMap { retry(atMilliseconds: $0) }
    }

    /// A task of which a need was reset meanwhile becomes ready when that need is met again.
    private static func promoteRetries(_ db: Database, at now: Instant) throws {
        let sql = """
            UPDATE task SET retry_at_ms = NULL,
              rank_ms = CASE WHEN unmet = 0 THEN retry_at_ms + priority * 60000 END
            WHERE retry_at_ms <= ? AND status = 0
            """
        try db.cachedStatement(sql: sql).execute(arguments: [now.milliseconds])
    }
}
