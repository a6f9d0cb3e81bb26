import Cron
import Flows
import GRDB

/// Writing down what became of claims: a part of every turn, and of a rescue.
extension Store {
    /// - Returns: what each of `turn.ended` made of its task, as `TurnResult.endStates`.
    func recordTurn(
        _ db: Database,
        _ turn: Turn,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> [TaskState?] {
        for claim in turn.returned { try handBack(db, claim, runner: runner, at: now) }
        for claim in turn.cancelled { try cancelUnlaunched(db, claim, runner: runner) }
        for start in turn.started { try record(db, start, runner: runner) }
        return try turn.ended.map { try record(db, $0, runner: runner, at: now) }
    }

    private func handBack(
        _ db: Database,
        _ claim: Claim,
        runner: RunnerIdentity,
        at now: Instant
    ) throws {
        // One that a person wanted ended meanwhile has nothing to go back for.
        let sql = """
            UPDATE task SET status = iif(cancel_at_ms IS NULL, 0, 8), runner_id = NULL,
              rank_ms = iif(cancel_at_ms IS NULL, ? + priority * 60000, NULL)
            WHERE id = ? AND status = 1 AND runner_id = ?
            """
        try db.cachedStatement(sql: sql)
            .execute(arguments: [now.milliseconds, claim.taskID, runner.id])
    }

    private func cancelUnlaunched(
        _ db: Database,
        _ claim: Claim,
        runner: RunnerIdentity
    ) throws {
        let sql = """
            UPDATE task SET status = 8, runner_id = NULL WHERE id = ? AND status = 1 AND runner_id = ?
            """
        try db.cachedStatement(sql: sql).execute(arguments: [claim.taskID, runner.id])
    }

    private func record(_ db: Database, _ start: AttemptStart, runner: RunnerIdentity) throws {
        let insert = try hot[
            db,
            """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms, pid, sink)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        ]
        bind(start, of: runner, to: insert)
        try insert.run(db)
    }

    /// The columns that a launch and an end have in common: parameters 1 to 6.
    private func bind(_ start: AttemptStart, of runner: RunnerIdentity, to statement: HotStatement)
    {
        statement.bind(1, start.claim.taskID)
        statement.bind(2, start.claim.attempt)
        statement.bind(3, runner.id)
        statement.bind(4, start.startedAt.milliseconds)
        statement.bind(5, start.pid.map(Int64.init))
        statement.bind(6, start.sink.isEmpty ? nil : start.sink)
    }

    /// - Returns: the task's state after it, `nil` where the task is no longer this runner's.
    private func record(
        _ db: Database,
        _ end: AttemptEnd,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> TaskState? {
        try writeAttempt(db, end, runner: runner)
        let claim = end.start.claim
        var event = Self.event(
            after: end.outcome,
            attempt: claim.attempt,
            base: claim.retryBase,
            claim.retries
        )
        // A person may have wanted the end of what a dead runner left: then that is no failure.
        let mayBeOther = event == .retry || event == .fail && end.outcome == .interrupted
        if mayBeOther, let other = try eventInsteadOfRetry(db, task: claim.taskID) {
            event = other
        }
        guard let state = TaskState.running.after(event) else {
            preconditionFailure("a running task has no event '\(event)'")
        }
        var retryAt: Int64?
        if event == .retry {
            let spread = RetryPolicy.spread(
                instance: instance,
                task: claim.taskID,
                attempt: claim.attempt
            )
            let failures = claim.attempt - claim.retryBase
            let wait = claim.retries.wait(afterFailures: failures, spread: spread)
            retryAt = now.milliseconds + wait.milliseconds
        }
        let update = try hot[
            db,
            """
            UPDATE task SET status = ?1, runner_id = NULL, retry_at_ms = ?2
            WHERE id = ?3 AND status = 1 AND runner_id = ?4
            """
        ]
        update.bind(1, state.rawValue)
        update.bind(2, retryAt)
        update.bind(3, claim.taskID)
        update.bind(4, runner.id)
        try update.run(db)
        guard db.changesCount > 0 else { return nil }
        if !end.outputs.isEmpty { try record(db, end.outputs, ofTask: claim.taskID) }
        return state
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
        default:
            attempt - base <= retries.limit && retries.causes.contains(outcome) ? .retry : .fail
        }
    }

    private func writeAttempt(_ db: Database, _ end: AttemptEnd, runner: RunnerIdentity) throws {
        let upsert = try hot[
            db,
            """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms, pid, sink, ended_at_ms,
              duration_ms, outcome, exit_code, signal, user_cpu_ms, system_cpu_ms, max_rss_kib, lines,
              note, tail)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
            ON CONFLICT (task_id, number) DO UPDATE SET ended_at_ms = excluded.ended_at_ms,
              duration_ms = excluded.duration_ms, outcome = excluded.outcome,
              exit_code = excluded.exit_code, signal = excluded.signal,
              user_cpu_ms = excluded.user_cpu_ms, system_cpu_ms = excluded.system_cpu_ms,
              max_rss_kib = excluded.max_rss_kib, lines = excluded.lines, note = excluded.note,
              tail = excluded.tail, sink = excluded.sink
            """
        ]
        var exitCode: Int?
        var signal: Int?
        var note = end.note
        switch end.outcome {
        case .exited(let code): exitCode = code
        case .signalled(let number): signal = number
        case .notStarted(let reason):
            note = [reason, note].compactMap { $0 }.joined(separator: "; ")
        case .refused(let reason):
            exitCode = 0
            note = [reason, note].compactMap { $0 }.joined(separator: "; ")
        case .timedOut, .interrupted, .cancelled: break
        }
        let isProcess = end.start.pid != nil
        bind(end.start, of: runner, to: upsert)
        upsert.bind(7, end.endedAt.milliseconds)
        upsert.bind(8, end.duration.milliseconds)
        upsert.bind(9, end.outcome.word)
        upsert.bind(10, exitCode)
        upsert.bind(11, signal)
        upsert.bind(12, isProcess ? end.userCPU.milliseconds : nil)
        upsert.bind(13, isProcess ? end.systemCPU.milliseconds : nil)
        upsert.bind(14, isProcess ? end.maxRSSKiB : nil)
        upsert.bind(15, end.lines)
        upsert.bind(16, note)
        upsert.bind(17, end.tail.isEmpty ? nil : end.tail)
        try upsert.run(db)
    }
}
