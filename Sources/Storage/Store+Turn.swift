import Cron
import Flows
import Foundation
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
            result.failedTasks = try Self.recordTurn(db, turn, runner: runner, at: now)
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

    // MARK: - Recording

    /// - Returns: how many tasks failed by it.
    static func recordTurn(
        _ db: Database,
        _ turn: Turn,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> Int {
        for claim in turn.returned { try handBack(db, claim, runner: runner, at: now) }
        for claim in turn.cancelled { try cancelUnlaunched(db, claim, runner: runner) }
        for start in turn.started { try record(db, start, runner: runner) }
        return try turn.ended.count { end in
            try record(db, end, runner: runner, at: now) == .failed
        }
    }

    private static func handBack(
        _ db: Database,
        _ claim: Claim,
        runner: RunnerIdentity,
        at now: Instant
    ) throws {
        let sql = """
            UPDATE task SET status = 0, runner_id = NULL, rank_ms = ? + priority * 60000
            WHERE id = ? AND status = 1 AND runner_id = ?
            """
        try db.cachedStatement(sql: sql)
            .execute(arguments: [now.milliseconds, claim.taskID, runner.id])
    }

    private static func cancelUnlaunched(
        _ db: Database,
        _ claim: Claim,
        runner: RunnerIdentity
    ) throws {
        let sql = """
            UPDATE task SET status = 8, runner_id = NULL WHERE id = ? AND status = 1 AND runner_id = ?
            """
        try db.cachedStatement(sql: sql).execute(arguments: [claim.taskID, runner.id])
    }

    private static func record(_ db: Database, _ start: AttemptStart, runner: RunnerIdentity) throws
    {
        let sql = """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms, pid, sink)
            VALUES (?, ?, ?, ?, ?, ?)
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            start.claim.taskID, start.claim.attempt, runner.id, start.startedAt.milliseconds,
            start.pid, start.sink.isEmpty ? nil : start.sink,
        ])
    }

    /// - Returns: the task's state after it, `nil` where the task is no longer this runner's.
    private static func record(
        _ db: Database,
        _ end: AttemptEnd,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> TaskState? {
        try writeAttempt(db, end, runner: runner)
        let claim = end.start.claim
        let event = event(
            after: end.outcome,
            attempt: claim.attempt,
            base: claim.retryBase,
            claim.retries
        )
        guard let state = TaskState.running.after(event) else {
            preconditionFailure("a running task has no event '\(event)'")
        }
        var retryAt: Int64?
        if event == .retry {
            let wait = claim.retries.wait(afterFailures: claim.attempt - claim.retryBase)
            retryAt = now.milliseconds + wait.milliseconds
        }
        let sql = """
            UPDATE task SET status = ?, runner_id = NULL, retry_at_ms = ?
            WHERE id = ? AND status = 1 AND runner_id = ?
            """
        try db.cachedStatement(sql: sql)
            .execute(arguments: [state.rawValue, retryAt, claim.taskID, runner.id])
        return db.changesCount == 0 ? nil : state
    }

    /// What an attempt's outcome means for its task.
    static func event(
        after outcome: Outcome,
        attempt: Int,
        base: Int,
        _ retries: RetryPolicy
    ) -> TaskEvent {
        switch outcome {
        case .exited(0): .succeed
        case .cancelled: .cancel
        default: attempt - base <= retries.limit ? .retry : .fail
        }
    }

    private static func writeAttempt(
        _ db: Database,
        _ end: AttemptEnd,
        runner: RunnerIdentity
    ) throws {
        let sql = """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms, pid, sink, ended_at_ms,
              duration_ms, outcome, exit_code, signal, user_cpu_ms, system_cpu_ms, max_rss_kib, lines,
              note, tail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (task_id, number) DO UPDATE SET ended_at_ms = excluded.ended_at_ms,
              duration_ms = excluded.duration_ms, outcome = excluded.outcome,
              exit_code = excluded.exit_code, signal = excluded.signal,
              user_cpu_ms = excluded.user_cpu_ms, system_cpu_ms = excluded.system_cpu_ms,
              max_rss_kib = excluded.max_rss_kib, lines = excluded.lines, note = excluded.note,
              tail = excluded.tail, sink = excluded.sink
            """
        var exitCode: Int?
        var signal: Int?
        var note = end.note
        switch end.outcome {
        case .exited(let code): exitCode = code
        case .signalled(let number): signal = number
        case .notStarted(let reason):
            note = [reason, note].compactMap { $0 }.joined(separator: "; ")
        case .timedOut, .interrupted, .cancelled: break
        }
        let start = end.start
        let isProcess = start.pid != nil
        try db.cachedStatement(sql: sql).execute(arguments: [
            start.claim.taskID, start.claim.attempt, runner.id, start.startedAt.milliseconds,
            start.pid, start.sink.isEmpty ? nil : start.sink, end.endedAt.milliseconds,
            end.duration.milliseconds, end.outcome.word, exitCode, signal,
            isProcess ? end.userCPU.milliseconds : nil,
            isProcess ? end.systemCPU.milliseconds : nil,
            isProcess ? end.maxRSSKiB : nil, end.lines, note,
            end.tail.isEmpty ? nil : Data(end.tail),
        ])
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
