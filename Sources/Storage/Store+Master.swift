import Cron
import Flows
import FoundationEssentials
import GRDB

/// The master's rows ⇄ `Flow`.
extension Store {
    /// Replaces the rows of one flow; schedules that keep their identity keep their row.
    static func writeMaster(
        _ db: Database,
        _ flow: Flow,
        from source: FlowSource,
        at now: Instant
    ) throws {
        let id = try writeFlow(db, flow, from: source, at: now)
        for table in ["flow_parameter", "flow_environment", "flow_need", "flow_task"] {
            try db.cachedStatement(sql: "DELETE FROM \(table) WHERE flow_id = ?")
                .execute(arguments: [id])
        }
        try writeVariables(db, flow.parameters, into: "flow_parameter (flow_id", id)
        try writeEnvironment(db, flow.environment, flow: id, task: "")
        for (position, task) in flow.tasks.enumerated() {
            try writeTask(db, task, flow: id, position: position)
        }
        for (index, hook) in flow.hooks.enumerated() {
            let position = flow.tasks.count + index
            try writeTask(db, hook.task, flow: id, position: position, role: hook.event)
        }
        let sql = "INSERT INTO flow_need (flow_id, task, need, position) VALUES (?, ?, ?, ?)"
        let statement = try db.cachedStatement(sql: sql)
        for task in flow.tasks {
            for (position, need) in task.needs.enumerated() {
                try statement.execute(arguments: [id, task.name, need, position])
            }
        }
        try makeLanes(db, flow: id)
        try writeSchedules(db, flow.schedules, flow: id, at: now)
        try writeExpectation(db, flow.expectation, flow: id, at: now)
        try db.cachedStatement(sql: "UPDATE flow SET edited_at_ms = NULL WHERE id = ?")
            .execute(arguments: [id])
    }

    private static func writeFlow(
        _ db: Database,
        _ flow: Flow,
        from source: FlowSource,
        at now: Instant
    ) throws -> Int64 {
        let sql = """
            INSERT INTO flow (name, description, overlap, queue_limit, concurrency, priority,
              working_directory, shell, source_path, source_digest, applied_at_ms,
              kill_grace_ms, run_timeout_ms, environment_files, secrets, outputs)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET description = excluded.description,
              overlap = excluded.overlap, queue_limit = excluded.queue_limit,
              concurrency = excluded.concurrency,
              priority = excluded.priority, working_directory = excluded.working_directory,
              shell = excluded.shell, source_path = excluded.source_path,
              source_digest = excluded.source_digest, applied_at_ms = excluded.applied_at_ms,
              removed_at_ms = NULL, kill_grace_ms = excluded.kill_grace_ms,
              run_timeout_ms = excluded.run_timeout_ms,
              environment_files = excluded.environment_files, secrets = excluded.secrets,
              outputs = excluded.outputs
            RETURNING id
            """
        var arguments: StatementArguments = [
            flow.name, flow.description, flow.overlap.rawValue, flow.queueLimit, flow.concurrency,
            flow.priority,
            flow.workingDirectory, try encode(flow.shell), source.path, source.digest,
            now.milliseconds,
        ]
        arguments += [
            flow.killGrace?.milliseconds, flow.runTimeout?.milliseconds,
            try stored(flow.environmentFiles),
            try flow.secrets.isEmpty ? nil : encode(flow.secrets),
            try flow.outputs.isEmpty ? nil : encode(flow.outputs),
        ]
        guard let id = try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else {
            throw StorageError.unwritten("flow")
        }
        return id
    }

    private static func writeTask(
        _ db: Database,
        _ task: TaskSpec,
        flow: Int64,
        position: Int,
        role: HookEvent? = nil
    ) throws {
        let sql = """
            INSERT INTO flow_task (flow_id, name, position, kind, command, arguments, priority,
              timeout_ms, retry_limit, retry_delay_ms, retry_backoff, retry_max_delay_ms,
              retry_jitter, retry_jitter_ms, retry_on, kill_grace_ms, pools, hold,
              environment_files, isolate, traits, role)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        let (command, with) = try stored(task.action)
        var arguments: StatementArguments = [
            flow, task.name, position, task.action.storedKind, command, with, task.priority,
            task.timeout?.milliseconds, task.retries.limit, task.retries.delay.milliseconds,
            task.retries.backoff, task.retries.maxDelay.milliseconds,
        ]
        arguments += try storedControl(task)
        arguments += [try StoredTraits.text(of: task), role?.rawValue]
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
        try writeEnvironment(db, task.environment, flow: flow, task: task.name)
    }

    private static func writeEnvironment(
        _ db: Database,
        _ variables: [Variable],
        flow: Int64,
        task: String
    ) throws {
        let sql = """
            INSERT INTO flow_environment (flow_id, task, name, position, value) VALUES (?, ?, ?, ?, ?)
            """
        for (position, variable) in variables.enumerated() {
            try db.cachedStatement(sql: sql)
                .execute(arguments: [flow, task, variable.name, position, variable.value])
        }
    }

    static func writeVariables(
        _ db: Database,
        _ variables: [Variable],
        into table: String,
        _ owner: Int64
    ) throws {
        let sql = "INSERT INTO \(table), name, position, value) VALUES (?, ?, ?, ?)"
        for (position, variable) in variables.enumerated() {
            try db.cachedStatement(sql: sql)
                .execute(arguments: [owner, variable.name, position, variable.value])
        }
    }

    /// The columns `command` and `arguments` of an action.
    static func stored(_ action: TaskAction) throws -> (command: String, with: String?) {
        switch action {
        case .run(let text): (text, nil)
        case .exec(let words): (try encode(words), nil)
        case .component(let name, let with): (name, try encode(with))
        case .flow(let name, let parameters):
            (
                StoredFlow.command,
                try encode(
                    StoredFlow(
                        flow: name,
                        parameters: Dictionary(parameters.map { ($0.name, $0.value) }) { $1 }
                    )
                )
            )
        }
    }

    /// The action of the columns `kind`, `command` and `arguments`.
    static func action(kind: String, command: String, with: String?) throws -> TaskAction {
        switch kind {
        case "run": .run(command)
        case "exec": .exec(try decode([String].self, command))
        case "component" where command == StoredFlow.command:
            try storedFlow(with)
        case "component":
            // Most components have nothing under `with`, and a decoder takes longer than the statement.
            .component(
                name: command,
                with: with == "{}" ? .object([:]) : try decode(JSONValue.self, with ?? "{}")
            )
        default: throw StorageError(.badInput, "a task's kind is '\(kind)': run, exec or component")
        }
    }

    private static func storedFlow(_ with: String?) throws -> TaskAction {
        let stored = try decode(StoredFlow.self, with ?? "{}")
        return .flow(
            name: stored.flow,
            parameters: stored.parameters.sorted { $0.key < $1.key }.map {
                Variable($0.key, $0.value)
            }
        )
    }

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw StorageError(
                .badInput,
                "the database holds '\(text.prefix(200))', which is not the JSON it should be",
                hint: "mend it with SQL, or apply its flow file again",
                underlyingError: error
            )
        }
    }

    /// Variables as a JSON object, for the rows of runs and tasks.
    static func encode(_ variables: [Variable]) throws -> String {
        // Most have none, and an encoder takes longer than the statement.
        if variables.isEmpty { return "{}" }
        return try encode(Dictionary(variables.map { ($0.name, $0.value) }) { _, last in last })
    }

    static func decodeVariables(_ text: String) throws -> [Variable] {
        if text == "{}" { return [] }
        return try decode([String: String].self, text).sorted { $0.key < $1.key }
            .map { Variable($0.key, $0.value) }
    }
}
