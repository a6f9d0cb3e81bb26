import Cron
import Flows
import GRDB

/// Reading a flow back from the master, where plain SQL may have changed it.
extension Store {
    /// - Parameter hasTasks: else only its hooks are read, for a caller who reads the tasks one by one.
    /// - Throws: `StorageError.badInput` for what an edit in SQL left that no flow file could say.
    static func loadFlow(_ db: Database, id: Int64, hasTasks: Bool = true) throws -> Flow {
        let sql = "SELECT * FROM flow WHERE id = ?"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else {
            throw StorageError(.notFound, "there is no flow with the number \(id)")
        }
        let name: String = row["name"]
        var tasks: [TaskSpec] = []
        var hooks: [Hook] = []
        try eachTask(db, flow: id, hasTasks ? .all : .hooks) { task, event in
            if let event { hooks.append(Hook(event, task)) } else { tasks.append(task) }
        }
        return Flow(
            name: name,
            description: row["description"],
            schedules: try loadSchedules(db, flow: id, named: name),
            overlap: OverlapPolicy(rawValue: row["overlap"]) ?? .skip,
            queueLimit: row["queue_limit"],
            concurrency: row["concurrency"],
            priority: row["priority"],
            parameters: try loadVariables(db, "flow_parameter WHERE flow_id = ?", [id]),
            environment: try FlowRows(db, flow: id, "SELECT name, value FROM flow_environment")
                .rows(of: ""),
            workingDirectory: row["working_directory"],
            shell: try decode([String].self, row["shell"]),
            tasks: tasks,
            expectation: try loadExpectation(db, flow: id),
            killGrace: (row["kill_grace_ms"] as Int64?).map { .stored($0) },
            runTimeout: (row["run_timeout_ms"] as Int64?).map { .stored($0) },
            environmentFiles: try (row["environment_files"] as String?).map(decodeFiles) ?? [],
            secrets: try (row["secrets"] as String?).map { try decode([String].self, $0) } ?? [],
            hooks: hooks,
            outputs: try (row["outputs"] as String?).map(decodeVariables) ?? []
        )
    }

    private static func loadVariables(
        _ db: Database,
        _ place: String,
        _ arguments: StatementArguments
    ) throws -> [Variable] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT name, value FROM \(place) ORDER BY position"),
            arguments: arguments
        ).map { Variable($0["name"], $0["value"]) }
    }

    /// Which rows of `flow_task`.
    enum FlowPart: String {
        case all = "TRUE"
        case tasks = "role IS NULL"
        case hooks = "role IS NOT NULL"
    }

    /// Gives each to `body`, in the file's order; a hook with its event.
    static func eachTask(
        _ db: Database,
        flow id: Int64,
        _ part: FlowPart,
        _ body: (TaskSpec, HookEvent?) throws -> Void
    ) throws {
        let needs = try FlowRows(db, flow: id, "SELECT need, NULL FROM flow_need")
        let environment = try FlowRows(db, flow: id, "SELECT name, value FROM flow_environment")
        let sql = """
            SELECT * FROM flow_task WHERE flow_id = ? AND \(part.rawValue) ORDER BY position, name
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id])
        while let row = try rows.next() {
            let name: String = row["name"]
            let task = TaskSpec(
                name: name,
                needs: try needs.rows(of: name).map(\.name),
                action: try action(
                    kind: row["kind"],
                    command: row["command"],
                    with: row["arguments"]
                ),
                environment: try environment.rows(of: name),
                timeout: (row["timeout_ms"] as Int64?).map { .stored($0) },
                retries: try retryPolicy(row),
                priority: row["priority"],
                killGrace: (row["kill_grace_ms"] as Int64?).map { .stored($0) },
                pools: try (row["pools"] as String?).map(decodePools) ?? [],
                hold: row["hold"],
                environmentFiles: try (row["environment_files"] as String?).map(decodeFiles) ?? [],
                isIsolated: row["isolate"],
                traits: try StoredTraits.traits(row["traits"])
            )
            try body(task, (row["role"] as String?).flatMap { HookEvent(rawValue: $0) })
        }
    }

    /// The rows of a table that belong to one task of a flow, as pairs of texts.
    private struct FlowRows {
        private let db: Database
        private let statement: HotStatement
        private let isEmpty: Bool

        init(_ db: Database, flow: Int64, _ select: String) throws {
            self.db = db
            let any = try Row.fetchOne(
                db.cachedStatement(sql: "\(select) WHERE flow_id = ? LIMIT 1"),
                arguments: [flow]
            )
            isEmpty = any == nil
            let sql = "\(select) WHERE flow_id = ?1 AND task = ?2 ORDER BY position"
            statement = HotStatement(try db.cachedStatement(sql: sql))
            statement.bind(1, flow)
        }

        /// - Parameter task: empty for the flow's own.
        func rows(of task: String) throws -> [Variable] {
            guard !isEmpty else { return [] }
            statement.bind(2, task)
            var rows: [Variable] = []
            try statement.rows(db) {
                rows.append(Variable(statement.text(0) ?? "", statement.text(1) ?? ""))
            }
            return rows
        }
    }

    /// Of a row of `flow_task` or `task`, whose columns have the same names.
    static func retryPolicy(_ row: Row) throws -> RetryPolicy {
        RetryPolicy(
            limit: row["retry_limit"],
            delay: .stored(row["retry_delay_ms"] as Int64),
            backoff: row["retry_backoff"],
            maxDelay: .stored(row["retry_max_delay_ms"] as Int64),
            jitter: RetryJitter(fraction: row["retry_jitter"], span: row["retry_jitter_ms"]),
            causes: try (row["retry_on"] as String?).map(decodeCauses) ?? .all
        )
    }

    private static func loadSchedules(
        _ db: Database,
        flow id: Int64,
        named name: String
    ) throws -> [ScheduleSpec] {
        let sql = """
            SELECT * FROM schedule WHERE flow_id = ? AND removed_at_ms IS NULL ORDER BY position
            """
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id]).map { row in
            let text: String = row["cron"]
            let expression = try parse(text, flow: name)
            var schedule = ScheduleSpec(
                text: text,
                expression: expression,
                timezone: row["timezone"],
                parameters: try loadVariables(
                    db,
                    "schedule_parameter WHERE schedule_id = ?",
                    [row["id"] as Int64]
                ),
                timing: try loadTiming(db, row)
            )
            // An identity that the expression does not give is a name from the file.
            if schedule.identity != row["identity"] { schedule.name = row["identity"] }
            return schedule
        }
    }

    /// The expression of a schedule, which an edit in SQL may have spoilt.
    static func parse(_ text: String, flow: String) throws -> CronExpression {
        do {
            return try CronExpression(text, hashID: flow)
        } catch {
            throw StorageError(
                .badInput,
                "a schedule of flow '\(flow)' has a bad expression in the database:"
                    + " '\(text)': \(error.problem)",
                hint: "mend it with SQL, or apply its flow file again"
            )
        }
    }
}
