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
        try writeAttempts(db, turn.ended, runner: runner)
        let succeeded = try succeed(db, turn.ended, runner: runner)
        return try turn.ended.indices.map { place in
            let end = turn.ended[place]
            let task = end.start.claim.taskID
            let state =
                end.outcome == .exited(0) && succeeded.contains(task)
                ? .succeeded : try record(db, end, runner: runner, at: now)
            if state != nil { try recordOutputs(db, of: end) }
            return state
        }
    }

    /// Which tasks of a turn have succeeded already.
    private enum Succeeded {
        case none
        case all
        case these(Set<Int64>)

        func contains(_ task: Int64) -> Bool {
            switch self {
            case .none: false
            case .all: true
            case .these(let tasks): tasks.contains(task)
            }
        }
    }

    /// Where many ends make their tasks succeed, all of them in one statement; those that are no longer this
    /// runner's stay as they are.
    private func succeed(
        _ db: Database,
        _ ends: [AttemptEnd],
        runner: RunnerIdentity
    ) throws -> Succeeded {
        guard ends.count >= HotStatement.manyRows else { return .none }
        var tasks: [Int64] = []
        tasks.reserveCapacity(ends.count)
        for place in ends.indices where ends[place].outcome == .exited(0) {
            tasks.append(ends[place].start.claim.taskID)
        }
        guard tasks.count >= HotStatement.manyRows else { return .none }
        let update = try hot.about(tasks, db, "succeed") {
            """
            UPDATE task SET status = 3, runner_id = NULL, retry_at_ms = NULL
            WHERE \($0) AND status = 1 AND runner_id = ?3
            """
        }
        update.bind(3, runner.id)
        try update.run(db)
        if db.changesCount == tasks.count { return .all }
        let look = try hot.about(tasks, db, "succeeded") {
            "SELECT id FROM task WHERE \($0) AND status = 3"
        }
        var found: Set<Int64> = []
        try look.rows(db) { found.insert(look.integer(0)) }
        return .these(found)
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
        return db.changesCount > 0 ? state : nil
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

    /// The rows of attempts that have ended: most are new with their end.
    ///
    /// Of components that succeed by the hundred and say nothing, some in one statement: to start and end one
    /// takes as long as a row.
    private func writeAttempts(
        _ db: Database,
        _ ends: [AttemptEnd],
        runner: RunnerIdentity
    ) throws {
        var plain: [Int] = []
        for place in ends.indices {
            guard ends.count >= Self.plainRows, ends[place].isPlain else {
                try writeAttempt(db, ends[place], runner: runner)
                continue
            }
            plain.append(place)
            guard plain.count == Self.plainRows else { continue }
            if try !insert(db, ends, at: plain, runner: runner) {
                for place in plain { try writeAttempt(db, ends[place], runner: runner) }
            }
            plain = []
        }
        for place in plain { try writeAttempt(db, ends[place], runner: runner) }
    }

    /// How many go into one statement.
    private static let plainRows = 16

    /// - Returns: `false` where some have a row already, which is to be changed.
    private func insert(
        _ db: Database,
        _ ends: [AttemptEnd],
        at plain: [Int],
        runner: RunnerIdentity
    ) throws -> Bool {
        let insert = try hot[
            db,
            "plain attempts",
            """
            INSERT INTO attempt (runner_id, outcome, exit_code, task_id, number, started_at_ms, ended_at_ms,
              duration_ms, lines)
            VALUES \(Array(repeating: "(?1, ?2, 0, ?, ?, ?, ?, ?, ?)", count: Self.plainRows)
                .joined(separator: ", "))
            ON CONFLICT (task_id, number) DO NOTHING
            """
        ]
        insert.bind(1, runner.id)
        insert.bind(2, Outcome.exited(0).word)
        var parameter: Int32 = 2
        func bind(_ value: Int64) {
            parameter += 1
            insert.bind(parameter, value)
        }
        for place in plain {
            bind(ends[place].start.claim.taskID)
            bind(Int64(ends[place].start.claim.attempt))
            bind(ends[place].start.startedAt.milliseconds)
            bind(ends[place].endedAt.milliseconds)
            bind(ends[place].duration.milliseconds)
            bind(Int64(ends[place].lines))
        }
        try insert.run(db)
        return db.changesCount == plain.count
    }

    /// The row of an attempt that has ended.
    ///
    /// Two statements: one that may also update (ON CONFLICT DO UPDATE) has SQLite keep a copy of each page
    /// that it changes, in case it must be undone alone.
    private func writeAttempt(_ db: Database, _ end: AttemptEnd, runner: RunnerIdentity) throws {
        let insert = try hot[
            db,
            """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms, pid, sink, ended_at_ms,
              duration_ms, outcome, exit_code, signal, user_cpu_ms, system_cpu_ms, max_rss_kib, lines,
              note, tail, lost)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
            ON CONFLICT (task_id, number) DO NOTHING
            """
        ]
        bind(end.start, of: runner, to: insert)
        bind(end, to: insert)
        try insert.run(db)
        guard db.changesCount == 0 else { return }
        let update = try hot[
            db,
            """
            UPDATE attempt SET sink = ?6, ended_at_ms = ?7, duration_ms = ?8, outcome = ?9,
              exit_code = ?10, signal = ?11, user_cpu_ms = ?12, system_cpu_ms = ?13, max_rss_kib = ?14,
              lines = ?15, note = ?16, tail = ?17, lost = ?18
            WHERE task_id = ?1 AND number = ?2
            """
        ]
        update.bind(1, end.start.claim.taskID)
        update.bind(2, end.start.claim.attempt)
        update.bind(6, end.start.sink.isEmpty ? nil : end.start.sink)
        bind(end, to: update)
        try update.run(db)
    }

    /// What an end tells: parameters 7 to 18.
    private func bind(_ end: AttemptEnd, to statement: HotStatement) {
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
        statement.bind(7, end.endedAt.milliseconds)
        statement.bind(8, end.duration.milliseconds)
        statement.bind(9, end.outcome.word)
        statement.bind(10, exitCode)
        statement.bind(11, signal)
        statement.bind(12, isProcess ? end.userCPU.milliseconds : nil)
        statement.bind(13, isProcess ? end.systemCPU.milliseconds : nil)
        statement.bind(14, isProcess ? end.maxRSSKiB : nil)
        statement.bind(15, end.lines)
        statement.bind(16, note)
        statement.bind(17, end.tail.isEmpty ? nil : end.tail)
        statement.bind(18, end.lost == 0 ? nil : end.lost)
    }
}

extension AttemptEnd {
    /// Whether nothing is to be told of it but that it succeeded, and when.
    fileprivate var isPlain: Bool {
        outcome == .exited(0) && start.pid == nil && start.sink.isEmpty && note == nil
            && tail.isEmpty
    }
}
