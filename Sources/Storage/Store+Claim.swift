import Cron
import Flows
import GRDB
import Synchronization

extension Store {
    /// Takes the ready tasks of lowest rank, at most `count`, none beyond a flow's `concurrency`.
    ///
    /// Ready tasks stand in lanes: lane 0 for flows without a limit, else the flow's own. A lane whose flow
    /// is full is passed over whole, so the cost does not depend on how many wait in it.
    func claim(
        _ db: Database,
        atMost count: Int,
        runner: RunnerIdentity,
        at now: Instant
    ) throws -> [Claim] {
        let chosen = try candidates(db, atMost: count)
        guard !chosen.isEmpty else { return [] }
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
            if claim.run !== claims.last?.run { try Self.started(db, run: claim.run.runID) }
            claims.append(claim)
        }
        return claims
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
              (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = task.id), traits
            FROM task WHERE id = ?1
            """
        ]
        look.bind(1, id)
        var traits: String?
        let claim = try look.row(db) {
            traits = look.text(14)
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
                retries: RetryPolicy(
                    limit: Int(look.integer(8)),
                    delay: .milliseconds(look.integer(9)),
                    backoff: look.real(10),
                    maxDelay: .milliseconds(look.integer(11))
                ),
                retryBase: Int(look.integer(12))
            )
        }
        guard let claim else { preconditionFailure("the caller has just seen task \(id)") }
        return try traits.map { try given(db, claim, $0) } ?? claim
    }

    private func candidates(_ db: Database, atMost count: Int) throws -> [Int64] {
        let nextLane = try hot[
            db,
            "SELECT min(lane) FROM task WHERE rank_ms IS NOT NULL AND lane > ?1"
        ]
        let ready = try hot[
            db,
            """
            SELECT id, rank_ms FROM task
            WHERE lane = ?1 AND rank_ms IS NOT NULL AND status = 0 ORDER BY rank_ms, id LIMIT ?2
            """
        ]
        var found: [(id: Int64, rank: Int64)] = []
        var lane: Int64? = -1
        var lanes = 0
        while true {
            nextLane.bind(1, lane)
            lane = try nextLane.row(db) { nextLane.optionalInteger(0) } ?? nil
            guard let lane else { break }
            lanes += 1
            let free = try lane == 0 ? count : min(count, Self.room(db, lane: lane))
            guard free > 0 else { continue }
            ready.bind(1, lane)
            ready.bind(2, free)
            try ready.rows(db) { found.append((ready.integer(0), ready.integer(1))) }
        }
        if lanes > 1 { found.sort { ($0.rank, $0.id) < ($1.rank, $1.id) } }
        return found.prefix(count).map(\.id)
    }

    /// How many more tasks of a limited flow may run. The limit is the master's: a change acts at once.
    private static func room(_ db: Database, lane: Int64) throws -> Int {
        let sql = """
            SELECT coalesce((SELECT concurrency FROM flow WHERE id = :lane), 1000000)
              - (SELECT count(*) FROM task WHERE lane = :lane AND status = 1)
            """
        return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: ["lane": lane]) ?? 0
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
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
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
            shell: try Self.decode([String].self, row["shell"])
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
