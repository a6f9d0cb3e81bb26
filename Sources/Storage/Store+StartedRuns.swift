import Cron
import Flows
import GRDB

/// Tasks with `flow:`: each waits for a run of another flow, and holds no worker meanwhile.
///
/// Where it is judged, its run is registered, and it waits like a task before a retry that is never due;
/// where that run settles, it is ready again, and its claim has the result. So its state, its retries and
/// its cancelling are those of every task.
extension Store {
    /// The instant of a retry that is never due, 9999-12-31: the task waits for a run.
    static let waitsForRun: Int64 = 253_402_214_400_000

    /// `nil` for a task that waits for a run.
    static func retry(atMilliseconds instant: Int64) -> Instant? {
        instant >= waitsForRun ? nil : Instant(stored: instant)
    }

    /// Registers the run that a ready task is to wait for, unless it has one already.
    ///
    /// - Throws: `Places.Missing` where no run can be made: the task fails with it.
    func start(
        _ db: Database,
        _ action: TaskAction,
        for task: Int64,
        in run: Int64,
        _ traits: StoredTraits,
        _ places: Places,
        at now: Instant
    ) throws {
        guard case .flow(let name, let given) = action else { return }
        if let known = try Self.awaitedRun(db, of: task) {
            // It was held, or a need was set back, while that run went on.
            if try Self.state(db, run: known)?.isActive == true { try Self.wait(db, task) }
            return
        }
        let inItem = places.fresh
        let item = try traits.item.map { try inItem.fill(item: $0, holding: traits.secrets) }
        var (secrets, carried): (Set<String>, Set<String>) = ([], [])
        let parameters = try given.map { parameter in
            let own = places.fresh
            let value = try own.fill(parameter.value, item: item)
            if item != nil, !inItem.met.isEmpty, parameter.value.contains("${item}") {
                own.met.add(inItem.met.texts, at: "item")
            }
            if !own.met.isEmpty { secrets.insert(parameter.name) }
            carried.formUnion(own.met.texts)
            return Variable(parameter.name, value)
        }
        do {
            let child = try Self.makeRun(db, of: name, parameters, for: task, in: run, at: now)
            try Self.hide(db, secrets, carried, inRun: child)
            startedRuns.withLock { $0.append(StartedRun(id: child, flow: name, parentRun: run)) }
        } catch let error as StorageError {
            let hint = error.hint.map { "; \($0)" } ?? ""
            throw Places.Missing(message: "no run of flow '\(name)': \(error.message)\(hint)")
        }
        try Self.wait(db, task)
    }

    /// What was secret to the task is so in the run that it has made.
    private static func hide(
        _ db: Database,
        _ names: Set<String>,
        _ texts: Set<String>,
        inRun run: Int64
    ) throws {
        guard !names.isEmpty else { return }
        let sql = """
            UPDATE run SET carried = ?2, secrets = (SELECT json_group_array(DISTINCT value)
              FROM (SELECT value FROM json_each(coalesce(secrets, '[]'))
                UNION ALL SELECT value FROM json_each(?1)))
            WHERE id = ?3
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            try encode(names.sorted()), try texts.isEmpty ? nil : encode(texts.sorted()), run,
        ])
    }

    private static func makeRun(
        _ db: Database,
        of name: String,
        _ given: [Variable],
        for task: Int64,
        in run: Int64,
        at now: Instant
    ) throws -> Int64 {
        let depth = """
            WITH RECURSIVE above (run, depth) AS (
              SELECT :run, 1
              UNION ALL
              SELECT task.run_id, depth + 1 FROM above JOIN run ON run.id = above.run
              JOIN task ON task.id = run.parent_task_id WHERE depth <= :limit)
            SELECT max(depth) FROM above
            """
        let arguments: StatementArguments = ["run": run, "limit": Limit.flowDepth]
        let runs = try Int.fetchOne(db.cachedStatement(sql: depth), arguments: arguments) ?? 1
        guard runs < Limit.flowDepth else {
            throw StorageError(
                .refused,
                "\(runs) runs have started each other, and no more may",
                hint: "flows that start each other in a circle have no end"
            )
        }
        let flow = try liveFlow(db, named: name)
        let parameters = try parameters(db, flow: flow["id"], overriddenBy: [given])
        let overlap = try overlap(db, flow: flow, at: now)
        if case .refuse(let reason, _) = overlap { throw StorageError(.refused, reason) }
        let above = "SELECT origin, due_at_ms, timezone FROM run WHERE id = ?"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: above), arguments: [run]) else {
            throw StorageError(.notFound, "run \(run), which is to wait for it, is not there")
        }
        let child = try makeRun(
            db,
            flow: flow,
            parameters: parameters,
            origin: RegisterRequest.Origin(rawValue: row["origin"]) ?? .manual,
            due: nil,
            isQueued: overlap == .wait,
            timezone: row["timezone"],
            parent: task,
            at: now
        )
        // What is due is the whole: `${due.date}` is the same in both.
        let due = "UPDATE run SET due_at_ms = ? WHERE id = ?"
        try db.cachedStatement(sql: due).execute(arguments: [row["due_at_ms"] as Int64?, child])
        return child
    }

    private static func wait(_ db: Database, _ task: Int64) throws {
        let sql = "UPDATE task SET rank_ms = NULL, retry_at_ms = ? WHERE id = ? AND status = 0"
        try db.cachedStatement(sql: sql).execute(arguments: [waitsForRun, task])
    }

    private static func awaitedRun(_ db: Database, of task: Int64) throws -> Int64? {
        let sql = "SELECT id FROM run WHERE parent_task_id = ? AND awaited = 1 ORDER BY id DESC"
        return try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [task])
    }

    /// A run has settled: the task that waits for it goes on.
    static func goOn(_ db: Database, after run: Int64, _ state: RunState, at now: Instant) throws {
        let sql = "SELECT parent_task_id FROM run WHERE id = ? AND awaited = 1"
        let parent = try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [run])
        guard let parent else { return }
        let tell =
            "UPDATE task SET traits = json_set(coalesce(traits, '{}'), '$.state', ?) WHERE id = ?"
        try db.cachedStatement(sql: tell).execute(arguments: [state.rawValue, parent])
        let ready = """
            UPDATE task SET retry_at_ms = NULL,
              rank_ms = CASE WHEN unmet = 0 THEN :now + priority * 60000 END,
              judged_ms = :now + priority * 60000
            WHERE id = :id AND status = 0 AND retry_at_ms = :never
            """
        try db.cachedStatement(sql: ready).execute(arguments: [
            "now": now.milliseconds, "id": parent, "never": waitsForRun,
        ])
    }

    /// What a claimed task has waited for; `nil` for every other task.
    func settledRun(_ db: Database, of claim: Claim, _ traits: StoredTraits) throws -> SettledRun? {
        guard case .flow(let name, _) = claim.action, let state = traits.state else { return nil }
        guard let run = try Self.awaitedRun(db, of: claim.taskID) else { return nil }
        let sql = "SELECT registered_at_ms FROM run WHERE id = ?"
        let registeredAt = try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [run]) ?? 0
        return SettledRun(
            id: run,
            flow: name,
            state: state,
            registeredAt: Instant(stored: registeredAt),
            outputs: state == .succeeded ? try flowOutputs(db, run: run) : []
        )
    }

    /// The runs that tasks of a run wait for.
    ///
    /// - Parameter isWhole: also those of tasks that are executed always.
    static func children(
        _ db: Database,
        of run: Int64,
        task: TaskName?,
        isWhole: Bool
    ) throws -> [Int64] {
        let sql = """
            SELECT run.id FROM task JOIN run ON run.parent_task_id = task.id AND awaited = 1
            WHERE task.run_id = :run AND task.traits IS NOT NULL
              AND CASE WHEN :task IS NULL
                THEN :whole OR NOT \(isAlways)
                ELSE name = :task AND (:item IS NULL OR item = :item) END
            """
        let arguments: StatementArguments = [
            "run": run, "task": task?.task, "item": task?.item, "whole": isWhole,
        ]
        return try Int64.fetchAll(db, sql: sql, arguments: arguments)
    }
}

// MARK: - Looking

extension Store {
    /// The newest run of each task that has started one, by task id.
    static func children(_ db: Database, run id: Int64) throws -> [Int64: ChildRun] {
        let sql = """
            SELECT task.id AS task, run.id, flow.name FROM task
            JOIN run ON run.parent_task_id = task.id JOIN flow ON flow.id = run.flow_id
            WHERE task.run_id = ? ORDER BY run.id
            """
        var result: [Int64: ChildRun] = [:]
        for row in try Row.fetchAll(db, sql: sql, arguments: [id]) {
            let run: Int64 = row["id"]
            guard let state = try state(db, run: run) else { continue }
            result[row["task"]] = ChildRun(id: run, flow: row["name"], state: state)
        }
        return result
    }

    static func parent(_ db: Database, run id: Int64) throws -> ParentTask? {
        let sql = """
            SELECT task.run_id, task.name, task.item FROM run
            JOIN task ON task.id = run.parent_task_id WHERE run.id = ?
            """
        return try Row.fetchOne(db, sql: sql, arguments: [id]).map { row in
            let item: Int = row["item"]
            let name = TaskName(row["name"], item: item == 0 ? nil : item)
            return ParentTask(run: row["run_id"], task: name)
        }
    }
}
