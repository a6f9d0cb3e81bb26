import Cron
import Flows
import GRDB
import Synchronization

extension Store {
    /// Takes the ready tasks of lowest rank, at most `count`, none beyond a limit: see `candidates`.
    ///
    /// - Parameters:
    ///   - free: how many could be launched at once; of what is scarce, no more are taken.
    ///   - workers: how many may run at once over all runners.
    func claim(
        _ db: Database,
        atMost count: Int,
        free: Int,
        workers: Int?,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> (claims: [Claim], leavesSome: Bool) {
        let (chosen, leavesSome) = try candidates(
            db,
            atMost: count,
            free: free,
            workers: workers
        )
        guard !chosen.isEmpty else { return ([], leavesSome) }
        if !enrolled.withLock({ $0.contains(runner.id) }) { try Self.enroll(db, runner, at: now) }
        try take(db, chosen, runner: runner)
        var claims: [Claim] = []
        for id in chosen {
            let claim = try claim(db, id: id, attempt: nil)
            if claim.run !== claims.last?.run { try started(db, run: claim.run, at: now) }
            claims.append(claim)
        }
        return (claims, leavesSome)
    }

    private func take(_ db: Database, _ tasks: [Int64], runner: RunnerIdentity) throws {
        if tasks.count >= HotStatement.manyRows {
            let all = try hot[
                db,
                """
                UPDATE task SET status = 1, runner_id = ?1, rank_ms = NULL
                WHERE id IN (SELECT value FROM json_each(?2))
                """
            ]
            all.bind(1, runner.id)
            all.bind(2, tasks)
            return try all.run(db)
        }
        let one = try hot[
            db,
            "UPDATE task SET status = 1, runner_id = ?1, rank_ms = NULL WHERE id = ?2"
        ]
        for id in tasks {
            one.bind(1, runner.id)
            one.bind(2, id)
            try one.run(db)
        }
    }

    /// The claim of a task.
    ///
    /// - Parameter attempt: the number that its attempt has already; `nil` = one above the last.
    func claim(_ db: Database, id: Int64, attempt: Int?) throws -> Claim {
        let look = try hot[
            db,
            """
            SELECT run_id, name, item, kind, command, arguments, environment, timeout_ms, retry_limit,
              retry_delay_ms, retry_backoff, retry_max_delay_ms, retry_base,
              (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = task.id),
              lane, control, traits
            FROM task WHERE id = ?1
            """
        ]
        look.bind(1, id)
        var traits: String?
        let claim = try look.row(db) {
            traits = look.text(16)
            let control = try look.text(15).map(controls.value(of:)) ?? .plain
            return Claim(
                taskID: id,
                attempt: attempt ?? Int(look.integer(13)) + 1,
                run: try context(db, run: look.integer(0)),
                name: look.text(1) ?? "",
                item: Int(look.integer(2)),
                action: try action(look),
                environment: try look.text(6).map(Self.decodeVariables) ?? [],
                timeout: look.optionalInteger(7).map { .milliseconds($0) },
                retries: Self.retries(look, control),
                retryBase: Int(look.integer(12)),
                lane: look.integer(14),
                killGrace: control.killGrace,
                environmentFiles: control.files,
                isIsolated: control.isIsolated
            )
        }
        guard let claim else { preconditionFailure("the caller has just seen task \(id)") }
        return try traits.map { try given(db, claim, $0) } ?? claim
    }

    /// Of the columns that `claim` asks for.
    private func action(_ look: HotStatement) throws -> TaskAction {
        let (kind, command) = (look.text(3) ?? "", look.text(4) ?? "")
        if kind == "exec" { return .exec(try words.value(of: command)) }
        return try Self.action(kind: kind, command: command, with: look.text(5))
    }

    private static func retries(_ look: HotStatement, _ control: TaskControl) -> RetryPolicy {
        let limit = look.integer(8)
        guard limit > 0 else { return .none }
        return RetryPolicy(
            limit: Int(limit),
            delay: .milliseconds(look.integer(9)),
            backoff: look.real(10),
            maxDelay: .milliseconds(look.integer(11)),
            jitter: control.jitter,
            causes: control.retryOn ?? .all
        )
    }

    /// The runner's row is written with its first claim: one that finds nothing writes nothing.
    private static func enroll(_ db: Database, _ runner: RunnerIdentity, at now: Instant) throws {
        let sql = """
            INSERT INTO runner (id, pid, boot_id, workers, started_at_ms) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            runner.id, runner.pid, runner.bootID, runner.workers, now.milliseconds,
        ])
    }

    // MARK: - What the tasks of a run share

    func context(_ db: Database, run id: Int64) throws -> RunContext {
        if let known = contexts[id] { return known }
        let look = try hot[
            db,
            """
            SELECT flow.name, run.due_at_ms, run.registered_at_ms, run.timezone, run.parameters,
              run.environment, run.working_directory, run.shell, run.timeout_ms,
              run.environment_files, run.secrets
            FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id = ?1
            """
        ]
        look.bind(1, id)
        let context = try look.row(db) {
            RunContext(
                runID: id,
                flow: look.text(0) ?? "",
                instance: instance,
                dueAt: look.optionalInteger(1).map { Instant(milliseconds: $0) },
                registeredAt: Instant(milliseconds: look.integer(2)),
                timezone: look.text(3) ?? "",
                parameters: try Self.decodeVariables(look.text(4) ?? ""),
                environment: try Self.decodeVariables(look.text(5) ?? ""),
                workingDirectory: look.text(6) ?? "",
                shell: try words.value(of: look.text(7) ?? ""),
                timeout: look.optionalInteger(8).map { .milliseconds($0) },
                environmentFiles: try look.text(9).map(Self.decodeFiles) ?? [],
                secrets: Set(try look.text(10).map { try Self.decode([String].self, $0) } ?? [])
            )
        }
        guard let context else {
            throw StorageError(
                .unusable,
                "a task belongs to run \(id), which is not there",
                hint: "rows were deleted by hand: delete that run's tasks too"
            )
        }
        contexts[id] = context
        return context
    }
}

/// The contexts of the runs seen last: they never change, and a drain asks for the same ones again.
final class RunContextCache: Sendable {
    /// Forgotten all at once beyond this: some 1 KiB each, and rare.
    private static let limit = 1_000
    private let known = Mutex<[Int64: RunContext]>([:])

    func removeAll() { known.withLock { $0.removeAll() } }

    subscript(id: Int64) -> RunContext? {
        get { known.withLock { $0[id] } }
        set {
            known.withLock {
                if $0.count >= Self.limit { $0.removeAll() }
                $0[id] = newValue
            }
        }
    }
}
