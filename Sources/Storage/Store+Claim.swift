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
        let isMany = chosen.count >= HotStatement.manyRows
        let claims =
            isMany
            ? try takeAll(db, chosen, runner: runner)
            : try chosen.map { try take(db, $0, runner: runner) }
        var run: RunContext?
        // A hook begins nothing of its run, which has settled.
        for claim in claims where claim.run !== run && !claim.isHook {
            try started(db, run: claim.run, at: now)
            run = claim.run
        }
        return (claims, leavesSome)
    }

    private func take(_ db: Database, _ task: Int64, runner: RunnerIdentity) throws -> Claim {
        let update = try hot[
            db,
            "UPDATE task SET status = 1, runner_id = ?1, rank_ms = NULL WHERE id = ?2"
        ]
        update.bind(1, runner.id)
        update.bind(2, task)
        try update.run(db)
        return try claim(db, id: task, attempt: nil)
    }

    /// - Returns: the claims, in the order of `tasks`.
    private func takeAll(
        _ db: Database,
        _ tasks: [Int64],
        runner: RunnerIdentity
    ) throws -> [Claim] {
        let update = try hot.about(tasks, db, "take") {
            "UPDATE task SET status = 1, runner_id = ?3, rank_ms = NULL WHERE \($0)"
        }
        update.bind(3, runner.id)
        try update.run(db)
        let look = try hot.about(tasks, db, "taken") {
            "SELECT \(Self.claimColumns) FROM task WHERE \($0) ORDER BY id"
        }
        var claims: [Claim] = []
        claims.reserveCapacity(tasks.count)
        var traits: [(place: Int, text: String)] = []
        try look.rows(db) {
            if let text = look.text(16) { traits.append((claims.count, text)) }
            claims.append(try claim(db, look, attempt: nil))
        }
        for (place, text) in traits { claims[place] = try given(db, claims[place], text) }
        if !zip(tasks, tasks.dropFirst()).allSatisfy(<) {
            let places = Dictionary(uniqueKeysWithValues: zip(tasks, 0...))
            claims.sort { places[$0.taskID, default: 0] < places[$1.taskID, default: 0] }
        }
        return claims
    }

    /// The claim of a task that has been taken.
    ///
    /// - Parameter attempt: the number that its attempt has already; `nil` = one above the last.
    func claim(_ db: Database, id: Int64, attempt: Int?) throws -> Claim {
        let look = try hot[db, "claim", "SELECT \(Self.claimColumns) FROM task WHERE id = ?1"]
        look.bind(1, id)
        var traits: String?
        let found = try look.row(db) {
            traits = look.text(16)
            return try claim(db, look, attempt: attempt)
        }
        guard let found else {
            throw StorageError(
                .unusable,
                "task \(id) is in an index and not in its table",
                hint: "the file is damaged: flower check tells more"
            )
        }
        return try traits.map { try given(db, found, $0) } ?? found
    }

    private static let claimColumns = """
        run_id, name, item, kind, command, arguments, environment, timeout_ms, retry_limit,
        retry_delay_ms, retry_backoff, retry_max_delay_ms, retry_base,
        (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = task.id),
        lane, control, traits, id
        """

    /// Of `claimColumns`, without what it is given. Of a row that plain SQL has spoilt, one that tells so: its
    /// task fails with the sentence, and all others go on.
    private func claim(_ db: Database, _ row: HotStatement, attempt: Int?) throws -> Claim {
        let number = attempt ?? Int(min(row.integer(13), Int64(Int32.max))) + 1
        do {
            return try claim(db, row, context(db, run: row.integer(0)), attempt: number)
        } catch let error as StorageError where error.isOfRows {
            return Claim(
                taskID: row.integer(17),
                attempt: number,
                run: try spoiltContext(db, run: row.integer(0)),
                name: row.text(1) ?? "",
                item: Int(row.integer(2)),
                action: .run(""),
                environment: [],
                timeout: nil,
                retries: .none,
                retryBase: 0,
                lane: row.integer(14),
                given: Claim.Given(values: [:], fault: error.rowFault)
            )
        }
    }

    private func claim(
        _ db: Database,
        _ row: HotStatement,
        _ run: RunContext,
        attempt: Int
    ) throws -> Claim {
        let lane = row.integer(14)
        if lane >= Schema.firstPoolLane, let fault = try self.lane(db, lane).fault {
            throw StorageError(.badInput, fault)
        }
        let control =
            try row.text(15).map { text in
                try Self.column("task.control") { try controls.value(of: text).checked }
            } ?? .plain
        return Claim(
            taskID: row.integer(17),
            attempt: attempt,
            run: run,
            name: row.text(1) ?? "",
            item: Int(row.integer(2)),
            action: try action(row),
            environment: try row.text(6).map { text in
                try Self.column("task.environment") { try Self.decodeVariables(text) }
            } ?? [],
            timeout: try row.optionalInteger(7).map {
                try Self.span($0, "task.timeout_ms", atLeast: 1)
            },
            retries: try Self.retries(row, control),
            retryBase: Int(min(max(row.integer(12), 0), Int64(attempt - 1))),
            lane: lane,
            killGrace: control.killGrace,
            environmentFiles: control.files,
            isIsolated: control.isIsolated
        )
    }

    /// Of `claimColumns`.
    private func action(_ row: HotStatement) throws -> TaskAction {
        let (kind, command) = (row.text(3) ?? "", row.text(4) ?? "")
        if kind == "exec" {
            return .exec(
                try Self.column("task.command") { try Self.filled(words.value(of: command)) }
            )
        }
        let arguments = row.text(5)
        return try Self.column("task.arguments") {
            try Self.action(kind: kind, command: command, with: arguments)
        }
    }

    private static func retries(_ row: HotStatement, _ control: TaskControl) throws -> RetryPolicy {
        let limit = row.integer(8)
        guard limit > 0 else { return .none }
        let backoff = row.real(10)
        guard (1...100).contains(backoff) else {
            throw StorageError(.badInput, "task.retry_backoff is \(backoff): it is 1 to 100")
        }
        return RetryPolicy(
            limit: Int(limit),
            delay: try span(row.integer(9), "task.retry_delay_ms"),
            backoff: backoff,
            maxDelay: try span(row.integer(11), "task.retry_max_delay_ms"),
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
              run.environment_files, run.secrets, run.carried
            FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id = ?1
            """
        ]
        look.bind(1, id)
        let context = try look.row(db) {
            RunContext(
                runID: id,
                flow: look.text(0) ?? "",
                instance: instance,
                dueAt: look.optionalInteger(1).map { Instant(stored: $0) },
                registeredAt: Instant(stored: look.integer(2)),
                timezone: look.text(3) ?? "",
                parameters: try Self.column("run.parameters") {
                    try Self.decodeVariables(look.text(4) ?? "")
                },
                environment: try Self.column("run.environment") {
                    try Self.decodeVariables(look.text(5) ?? "")
                },
                workingDirectory: look.text(6) ?? "",
                shell: try Self.column("run.shell") {
                    try Self.filled(words.value(of: look.text(7) ?? ""))
                },
                timeout: try look.optionalInteger(8).map {
                    try Self.span($0, "run.timeout_ms", atLeast: 1)
                },
                environmentFiles: try Self.column("run.environment_files") {
                    try look.text(9).map(Self.decodeFiles) ?? []
                },
                secrets: try Self.column("run.secrets") {
                    Set(try look.text(10).map { try Self.decode([String].self, $0) } ?? [])
                },
                carried: try Self.column("run.carried") {
                    try look.text(11).map { try Self.decode([String].self, $0) } ?? []
                }
            )
        }
        guard let context else {
            throw StorageError(
                .notFound,
                "its run \(id), or that run's flow, is not there: rows were deleted by hand"
            )
        }
        contexts[id] = context
        return context
    }

    /// Of a run that cannot be read: enough to tell what became of its tasks.
    private func spoiltContext(_ db: Database, run id: Int64) throws -> RunContext {
        let sql = "SELECT flow.name FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id = ?"
        return RunContext(
            runID: id,
            flow: try String.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) ?? "",
            instance: instance,
            dueAt: nil,
            registeredAt: Instant(milliseconds: 0),
            timezone: "UTC",
            parameters: [],
            environment: [],
            workingDirectory: "/",
            shell: ["sh"]
        )
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
