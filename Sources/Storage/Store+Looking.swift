import Cron
import Flows
import Foundation
import GRDB

/// What people look at. Nothing here writes.
extension Store {
    /// How many rows a list gives unless more are asked for.
    package static let rowsPerPage = 100

    /// By name.
    ///
    /// - Parameter now: a pause that is over by then is none.
    package func flows(at now: Instant) throws -> [FlowSummary] {
        try read { db in
            let sql = """
                SELECT f.*,
                  (SELECT count(*) FROM flow_task WHERE flow_id = f.id AND role IS NULL) AS tasks,
                  (SELECT count(*) FROM schedule WHERE flow_id = f.id AND removed_at_ms IS NULL)
                    AS schedules,
                  (SELECT max(id) FROM run WHERE flow_id = f.id) AS last_run,
                  EXISTS (SELECT 1 FROM expectation WHERE flow_id = f.id
                    AND unmet_at_ms IS NOT NULL) AS late
                FROM flow f WHERE removed_at_ms IS NULL ORDER BY name
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                let lastRun: Int64? = row["last_run"]
                return FlowSummary(
                    name: row["name"],
                    description: row["description"],
                    tasks: row["tasks"],
                    schedules: row["schedules"],
                    pause: Self.pause(row, at: now),
                    isEdited: row["edited_at_ms"] as Int64? != nil,
                    isLate: row["late"],
                    lastRun: lastRun,
                    lastState: try lastRun.map { try Self.state(db, run: $0) }
                )
            }
        }
    }

    /// The pauses that last, by flow.
    package func pauses(at now: Instant) throws -> [String: Pause] {
        try read { db in
            let sql = "SELECT * FROM flow WHERE paused_at_ms IS NOT NULL AND removed_at_ms IS NULL"
            var result: [String: Pause] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                result[row["name"]] = Self.pause(row, at: now)
            }
            return result
        }
    }

    private static func pause(_ flow: Row, at now: Instant) -> Pause? {
        guard let begunAt = instant(flow, "paused_at_ms"), isPaused(flow, at: now) else {
            return nil
        }
        return Pause(
            begunAt: begunAt,
            until: instant(flow, "paused_until_ms"),
            reason: flow["pause_reason"]
        )
    }

    /// - Throws: `StorageError.notFound`, with the nearest name.
    package func flow(named name: String, at now: Instant) throws -> FlowDetail {
        try read { db in
            let row = try Self.liveFlow(db, named: name)
            return FlowDetail(
                flow: try Self.loadFlow(db, id: row["id"]),
                sourcePath: row["source_path"],
                appliedAt: Instant(milliseconds: row["applied_at_ms"]),
                editedAt: Self.instant(row, "edited_at_ms"),
                pause: Self.pause(row, at: now),
                lateAt: try Int64.fetchOne(
                    db,
                    sql: "SELECT unmet_at_ms FROM expectation WHERE flow_id = ?",
                    arguments: [row["id"] as Int64]
                ).map { Instant(milliseconds: $0) }
            )
        }
    }

    /// The newest past fire of each schedule that has one, by schedule id.
    package func lastFires() throws -> [Int64: LastFire] {
        try read { db in
            let sql = """
                SELECT fire.schedule_id, max(fire.due_at_ms) AS due, fire.outcome, run.id AS run
                FROM fire LEFT JOIN run ON run.fire_id = fire.id GROUP BY fire.schedule_id
                """
            var result: [Int64: LastFire] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                let run: Int64? = row["run"]
                result[row["schedule_id"]] = LastFire(
                    dueAt: Instant(milliseconds: row["due"]),
                    outcome: FireOutcome(rawValue: row["outcome"]) ?? .missed,
                    runID: run,
                    state: try run.map { try Self.state(db, run: $0) }
                )
            }
            return result
        }
    }

    /// Newest first.
    ///
    /// - Throws: `StorageError.notFound` for a flow that never was.
    package func runs(
        _ filter: RunFilter = RunFilter(),
        limit: Int = Store.rowsPerPage
    ) throws -> [RunSummary] {
        try read { db in
            let (condition, arguments) = try Self.condition(db, filter)
            let sql = "SELECT id FROM run \(condition) ORDER BY id DESC LIMIT ?"
            let ids = try Int64.fetchAll(db, sql: sql, arguments: arguments + [limit])
            return try ids.map { try Self.summary(db, run: $0) }
        }
    }

    /// The number of the newest run, of a flow or of all; `nil` where there is none.
    ///
    /// - Throws: `StorageError.notFound` for a flow that never was.
    package func newestRun(ofFlow name: String? = nil) throws -> Int64? {
        try read { db in
            let (condition, arguments) = try Self.condition(db, RunFilter(flow: name))
            let sql = "SELECT max(id) FROM run \(condition)"
            return try Int64.fetchOne(db, sql: sql, arguments: arguments)
        }
    }

    private static func condition(
        _ db: Database,
        _ filter: RunFilter
    ) throws -> (text: String, arguments: StatementArguments) {
        var terms: [String] = []
        var arguments: StatementArguments = []
        if let flow = filter.flow {
            terms.append("flow_id = ?")
            arguments += [try anyFlow(db, named: flow)]
        }
        if let since = filter.since {
            terms.append("registered_at_ms >= ?")
            arguments += [since.milliseconds]
        }
        if !filter.states.isEmpty {
            let words = filter.states.map(\.rawValue).sorted()
            let places = words.map { _ in "?" }.joined(separator: ", ")
            let state = "(SELECT state FROM run_state WHERE run_id = run.id)"
            terms.append("\(state) IN (\(places))")
            arguments += StatementArguments(words)
        }
        return (terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND "), arguments)
    }

    /// The id of a flow, be it removed.
    ///
    /// - Throws: `StorageError.notFound` for one that never was.
    static func anyFlow(_ db: Database, named name: String) throws -> Int64 {
        let sql = "SELECT id FROM flow WHERE name = ?"
        return try Int64.fetchOne(db, sql: sql, arguments: [name])
            ?? liveFlow(db, named: name)["id"]
    }

    /// - Throws: `StorageError.notFound`.
    package func run(_ id: Int64) throws -> RunDetail {
        try read { db in
            RunDetail(
                summary: try Self.summary(db, run: id),
                tasks: try tasks(db, run: id),
                parent: try Self.parent(db, run: id),
                outputs: try Self.state(db, run: id) == .succeeded
                    ? flowOutputs(db, run: id).map(\.masked) : []
            )
        }
    }

    /// - Throws: `StorageError.notFound`.
    package func state(ofRun id: Int64) throws -> RunState {
        try read { db in
            try Self.checkRun(db, id)
            return try Self.state(db, run: id)
        }
    }

    /// The same, after the write that is under way: a write's files change before it can be read, so
    /// whoever was told of the change would else look too early.
    package func stateAfterWrite(ofRun id: Int64) throws -> RunState {
        try awaitWriter()
        return try state(ofRun: id)
    }

    // MARK: - The parts

    static func checkRun(_ db: Database, _ id: Int64) throws {
        let sql = "SELECT 1 FROM run WHERE id = ?"
        if try Bool.fetchOne(db, sql: sql, arguments: [id]) ?? false { return }
        throw StorageError(.notFound, "there is no run \(id)", hint: "flower runs lists them")
    }

    static func state(_ db: Database, run id: Int64) throws -> RunState {
        let sql = "SELECT state FROM run_state WHERE run_id = ?"
        let word = try String.fetchOne(db.cachedStatement(sql: sql), arguments: [id])
        guard let state = word.flatMap(RunState.init) else {
            preconditionFailure("the view run_state gives the words of RunState")
        }
        return state
    }

    private static func instant(_ row: Row, _ column: String) -> Instant? {
        (row[column] as Int64?).map { Instant(milliseconds: $0) }
    }

    private static func summary(_ db: Database, run id: Int64) throws -> RunSummary {
        try checkRun(db, id)
        let sql = """
            SELECT run.*, flow.name AS flow,
              (SELECT min(started_at_ms) FROM attempt JOIN task ON task.id = task_id
                WHERE run_id = run.id) AS started,
              (SELECT max(ended_at_ms) FROM attempt JOIN task ON task.id = task_id
                WHERE run_id = run.id AND \(Schema.counts)) AS ended
            FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id = ?
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            preconditionFailure("run \(id) was just seen")
        }
        var counts: [TaskState: Int] = [:]
        let countSQL = """
            SELECT status, count(*) AS count FROM task WHERE run_id = ? AND \(Schema.counts)
              AND NOT \(isList) GROUP BY status
            """
        for row in try Row.fetchAll(db, sql: countSQL, arguments: [id]) {
            guard let state = TaskState(rawValue: row["status"]) else { continue }
            counts[state] = row["count"]
        }
        let state = try state(db, run: id)
        return RunSummary(
            id: id,
            flow: row["flow"],
            state: state,
            origin: row["origin"],
            dueAt: instant(row, "due_at_ms"),
            registeredAt: Instant(milliseconds: row["registered_at_ms"]),
            startedAt: instant(row, "started"),
            endedAt: state.isActive ? nil : instant(row, "ended"),
            parameters: try decodeVariables(row["parameters"]),
            counts: counts,
            secrets: try secrets(row),
            failedHooks: try failedHooks(db, row),
            carried: try (row["carried"] as String?).map { try decode([String].self, $0) } ?? [],
            timeout: (row["timeout_ms"] as Int64?).map { .milliseconds($0) },
            timedOutAt: instant(row, "timed_out_at_ms")
        )
    }

    /// Of a row of `task`: item 0 of one that has its items, which stands for them and is no task to people.
    static let isList = """
        (item = 0 AND status = 9 AND EXISTS (SELECT 1 FROM task i
          WHERE i.run_id = task.run_id AND i.name = task.name AND i.item > 0))
        """

    /// - Parameter run: a row of `run`.
    private static func failedHooks(_ db: Database, _ run: Row) throws -> [String] {
        guard run["armed"] as Int64? != nil else { return [] }
        let sql = """
            SELECT name FROM task WHERE run_id = ? AND \(isHook) AND status = 2 ORDER BY position
            """
        let statement = try db.cachedStatement(sql: sql)
        return try String.fetchAll(statement, arguments: [run["id"] as Int64])
    }

    private func tasks(_ db: Database, run id: Int64) throws -> [TaskDetail] {
        var needs: [Int64: [String]] = [:]
        let needSQL = """
            SELECT task_need.task_id, n.name FROM task_need
            JOIN task n ON n.id = task_need.need_id WHERE n.run_id = ? AND n.item = 0
            ORDER BY n.position
            """
        for row in try Row.fetchAll(db, sql: needSQL, arguments: [id]) {
            needs[row["task_id"], default: []].append(row["name"])
        }
        var attempts: [Int64: [AttemptDetail]] = [:]
        let attemptSQL = """
            SELECT task_id, number, started_at_ms, pid, ended_at_ms, duration_ms, outcome, exit_code,
              signal, user_cpu_ms, system_cpu_ms, max_rss_kib, lines, lost, sink, note
            FROM task JOIN attempt ON attempt.task_id = task.id
            WHERE task.run_id = ? ORDER BY attempt.task_id, attempt.number
            """
        for row in try Row.fetchAll(db, sql: attemptSQL, arguments: [id]) {
            attempts[row["task_id"], default: []].append(Self.attempt(row))
        }
        let outputs = try Self.outputs(db, run: id)
        let children = try Self.children(db, run: id)
        // A hook that has never been due is nothing to look at.
        let sql = """
            SELECT * FROM task WHERE run_id = ? AND (\(Schema.counts) OR unmet = 0 OR status <> 0
              OR EXISTS (SELECT 1 FROM attempt WHERE task_id = task.id))
            ORDER BY position, item
            """
        let rows = try Row.fetchAll(db, sql: sql, arguments: [id])
        let readyLanes = rows.filter { $0["rank_ms"] as Int64? != nil }.map { $0["lane"] as Int64 }
        let pools = try poolStates(db, of: Set(readyLanes))
        let details = rows.map { row in
            let task: Int64 = row["id"]
            let isReady = row["rank_ms"] as Int64? != nil
            let own = attempts[task, default: []]
            guard let state = TaskState(rawValue: row["status"]) else {
                preconditionFailure("the table allows only the states of TaskState")
            }
            return TaskDetail(
                id: task,
                name: row["name"],
                item: row["item"],
                state: state,
                needs: needs[task, default: []],
                isLaunched: own.last.map { $0.endedAt == nil } ?? false,
                isReady: isReady,
                retryAt: (row["retry_at_ms"] as Int64?).flatMap { Self.retry(atMilliseconds: $0) },
                attempts: own,
                hold: row["hold"],
                pools: isReady ? pools[row["lane"], default: []] : [],
                outputs: outputs[task, default: []],
                child: children[task]
            )
        }
        return TaskDetail.showingItems(details)
    }

    private static func outputs(_ db: Database, run id: Int64) throws -> [Int64: [Variable]] {
        let sql = """
            SELECT task_id, task_output.name, value, secrets FROM task
            JOIN task_output ON task_id = task.id WHERE run_id = ? ORDER BY task_output.name
            """
        var result: [Int64: [Variable]] = [:]
        for row in try Row.fetchAll(db, sql: sql, arguments: [id]) {
            let held = try (row["secrets"] as String?).map { try decode([String].self, $0) } ?? []
            let value = held.isEmpty ? row["value"] : SecretText.masked(row["value"], held)
            result[row["task_id"], default: []].append(Variable(row["name"], value))
        }
        return result
    }

    static func attempt(_ row: Row) -> AttemptDetail {
        AttemptDetail(
            number: row["number"],
            startedAt: Instant(milliseconds: row["started_at_ms"]),
            endedAt: instant(row, "ended_at_ms"),
            durationMilliseconds: row["duration_ms"],
            outcome: row["outcome"],
            exitCode: row["exit_code"],
            signal: row["signal"],
            pid: row["pid"],
            userCPUMilliseconds: row["user_cpu_ms"],
            systemCPUMilliseconds: row["system_cpu_ms"],
            maxRSSKiB: row["max_rss_kib"],
            lines: row["lines"],
            lost: row["lost"] ?? 0,
            sink: row["sink"],
            note: row["note"]
        )
    }
}
