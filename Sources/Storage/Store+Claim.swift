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
        let take = try hot[
            db,
            "UPDATE task SET status = 1, runner_id = ?1, rank_ms = NULL WHERE id = ?2"
        ]
        var claims: [Claim] = []
        for id in chosen {
            take.bind(1, runner.id)
            take.bind(2, id)
            try take.run(db)
            let claim = try claim(db, id: id, attempt: nil)
            if claim.run !== claims.last?.run { try Self.started(db, run: claim.run, at: now) }
            claims.append(claim)
        }
        return (claims, leavesSome)
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
            let control = try look.text(15).map(controls.control) ?? .plain
            return Claim(
                taskID: id,
                attempt: attempt ?? Int(look.integer(13)) + 1,
                run: try context(db, run: look.integer(0)),
                name: look.text(1) ?? "",
                item: Int(look.integer(2)),
                action: try Self.action(
                    kind: look.text(3) ?? "",
                    command: look.text(4) ?? "",
                    with: look.text(5)
                ),
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
        let sql = """
            SELECT run.*, flow.name AS flow FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id = ?
            """
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else {
            throw StorageError(
                .unusable,
                "a task belongs to run \(id), which is not there",
                hint: "rows were deleted by hand: delete that run's tasks too"
            )
        }
        let context = RunContext(
            runID: id,
            flow: row["flow"],
            instance: instance,
            dueAt: (row["due_at_ms"] as Int64?).map { Instant(milliseconds: $0) },
            registeredAt: Instant(milliseconds: row["registered_at_ms"]),
            timezone: row["timezone"],
            parameters: try Self.decodeVariables(row["parameters"]),
            environment: try Self.decodeVariables(row["environment"]),
            workingDirectory: row["working_directory"],
            shell: try Self.decode([String].self, row["shell"]),
            timeout: (row["timeout_ms"] as Int64?).map { .milliseconds($0) },
            environmentFiles: try (row["environment_files"] as String?).map(Self.decodeFiles) ?? [],
            secrets: try Self.secrets(row)
        )
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
