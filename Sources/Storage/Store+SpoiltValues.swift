import Flows
import GRDB

/// Values that no reader can use: each row by its key, so that it can be found.
extension Store {
    static func spoiltValues(_ db: Database) throws -> [CheckFinding] {
        try Schema.valueRules.flatMap { rule in
            let key = keys[rule.table] ?? "'id = ' || id"
            let isSpoilt = try condition(db, rule)
            let sql = "SELECT \(key) FROM \(rule.table) WHERE \(isSpoilt) LIMIT \(rowsListed + 1)"
            let rows = try String.fetchAll(db, sql: sql)
            return rows.enumerated().map { place, row in
                guard place < rowsListed else {
                    return CheckFinding(
                        "more rows of \(rule.table) have such a value of \(rule.columns.joined(separator: ", "))",
                        remedy: "mend those first, then look again"
                    )
                }
                let columns = rule.columns.map { "\(rule.table).\($0)" }.joined(separator: ", ")
                return CheckFinding(
                    "\(columns) cannot be used where \(row): \(rule.sentence)",
                    remedy: "mend it: UPDATE \(rule.table) SET … WHERE \(row)",
                    mending: mending(of: rule, row)
                )
            }
        }
    }

    /// Of one rule.
    private static let rowsListed = 100

    /// What a row is known by, as a term that finds it.
    private static let keys = [
        "flow_task": "'flow_id = ' || flow_id || ' AND name = ' || quote(name)",
        "pool": "'name = ' || quote(name)",
    ]

    /// In SQL, of a row: what SQL can tell of it, or the very texts that are found to be of no use by reading
    /// them, each once.
    private static func condition(_ db: Database, _ rule: Schema.ValueRule) throws -> String {
        let isBad = "(\(rule.safeSQL(ofRow: "\(rule.table).")))"
        guard let column = rule.columns.last, let read = readers["\(rule.table).\(column)"] else {
            return isBad
        }
        let sql = """
            SELECT DISTINCT \(column), \(read.besides) FROM \(rule.table)
            WHERE \(column) IS NOT NULL AND NOT \(isBad)
            """
        var terms = [isBad]
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() {
            let (text, besides): (String, String) = (row[0], row[1])
            do {
                try read.read(text, besides)
            } catch is StorageError {
                guard terms.count <= rowsListed else { break }
                terms.append(
                    "(\(column) = \(quoted(text)) AND \(read.besides) = \(quoted(besides)))"
                )
            }
        }
        return terms.joined(separator: " OR ")
    }

    private struct Reader: Sendable {
        /// Another column that it goes by.
        var besides = "''"
        let read: @Sendable (_ text: String, _ besides: String) throws -> Void
    }

    private static let readers: [String: Reader] = {
        let traits = Reader { text, _ in
            _ = try decode(StoredTraits.self, text).condition
        }
        let arguments = Reader(besides: "kind || ' ' || command") { text, besides in
            guard besides.hasPrefix("component ") else { return }
            let command = String(besides.dropFirst("component ".count))
            _ = try action(kind: "component", command: command, with: text)
        }
        return [
            "task.control": Reader { text, _ in
                _ = try decode(TaskControl.self, text).checked
            },
            "task.traits": traits, "flow_task.traits": traits,
            "task.arguments": arguments, "flow_task.arguments": arguments,
            "flow_task.retry_on": Reader { text, _ in _ = try decodeCauses(text) },
        ]
    }()

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }

    // MARK: - Mending

    private static func mending(of rule: Schema.ValueRule, _ row: String) -> Mending? {
        let table = rule.table
        guard let column = rule.columns.last else { return nil }
        func set(_ value: String) -> String {
            "UPDATE \(table) SET \(column) = \(value) WHERE \(row)"
        }
        if let range = ranges["\(table).\(column)"] ?? ranges[column] {
            return Mending(
                "sets it to the nearest that is allowed",
                set("max(\(range.least), min(\(range.most), \(column)))")
            )
        }
        switch table {
        case "task":
            guard let value = taskValues[column] else { return nil }
            return Mending(
                "takes it from its flow, or empties it, and holds the task until a person has looked",
                set("coalesce(\(value.master), \(value.empty))"),
                hold("id = (SELECT id FROM task WHERE \(row))")
            )
        case "run":
            guard let value = runValues[column] else { return nil }
            return Mending(
                "takes it from its flow, or empties it, and holds what waits until a person has looked",
                set(value),
                hold("run_id = (SELECT id FROM run WHERE \(row))")
            )
        case "lane":
            let lane = "(SELECT id FROM lane WHERE \(row))"
            return Mending(
                "takes its tasks out of it, and holds those that wait until a person has looked",
                hold("lane = \(lane)"),
                "UPDATE task SET lane = 0 WHERE lane = \(lane)",
                "DELETE FROM lane WHERE \(row)"
            )
        case "schedule": return Mending("sets it to what it is by default", set("'latest'"))
        case "flow", "flow_task":
            let flow = table == "flow" ? row : "id = (SELECT flow_id FROM flow_task WHERE \(row))"
            let value = masterValues[column] ?? "NULL"
            return Mending(
                "empties it, until its flow file is applied again",
                "UPDATE flow SET source_digest = NULL WHERE \(flow)",
                set(value)
            )
        default: return nil
        }
    }

    private static func hold(_ tasks: String) -> String {
        """
        UPDATE task SET status = 4, hold = coalesce(hold, 'its row was mended by flower check')
        WHERE status = 0 AND \(tasks)
        """
    }

    private static let ranges: [String: (least: String, most: String)] = {
        let year = "\(Limit.durationMilliseconds)"
        var ranges = [
            "priority": ("-20", "19"), "retry_backoff": ("1.0", "100.0"),
            "retry_jitter": ("0.0", "1.0"), "retry_limit": ("0", "\(Limit.retries)"),
            "queue_limit": ("1", "\(Limit.queuedRunsAtMost)"),
            "concurrency": ("1", "\(Limit.concurrency)"), "slots": ("0", "\(Limit.poolSlots)"),
        ]
        for column in ["timeout_ms", "run_timeout_ms", "catchup_window_ms", "deadline_ms"] {
            ranges[column] = ("1", year)
        }
        for column in [
            "kill_grace_ms", "retry_delay_ms", "retry_max_delay_ms", "retry_jitter_ms", "jitter_ms",
        ] { ranges[column] = ("0", year) }
        return ranges.mapValues { (least: $0.0, most: $0.1) }
    }()

    /// Of a row of `task`: as its flow has it now, where that is of the same kind and can be used; and without.
    private static let taskValues: [String: (master: String, empty: String)] = {
        func master(_ value: String, _ rule: String) -> String {
            let isBad = Schema.valueRules.first { $0.label == rule }?.safeSQL(ofRow: "t.") ?? "0"
            return """
                (SELECT \(value) FROM run JOIN flow f ON f.id = run.flow_id
                  JOIN flow_task t ON t.flow_id = f.id AND t.name = task.name AND t.kind = task.kind
                  WHERE run.id = task.run_id AND NOT coalesce((\(isBad)), 0))
                """
        }
        let environment = """
            (SELECT json_group_object(name, value) FROM flow_environment
              WHERE flow_id = f.id AND task = t.name GROUP BY task)
            """
        return [
            "command": (master("t.command", "flow_task.kind, command"), "'[\"false\"]'"),
            "arguments": (master("t.arguments", "flow_task.arguments"), "'{}'"),
            "environment": (master(environment, ""), "NULL"),
            "control": (master(TaskControl.sql, "flow_task.retry_on"), "NULL"),
            "traits": (master("iif(task.item = 0, t.traits, NULL)", "flow_task.traits"), "NULL"),
            "lane": ("NULL", "0"),
        ]
    }()

    private static let runValues: [String: String] = {
        func master(_ column: String, _ empty: String) -> String {
            let isBad =
                Schema.valueRules.first { $0.label == "flow.\(column)" }?.safeSQL(ofRow: "f.")
                ?? "0"
            return """
                coalesce((SELECT f.\(column) FROM flow f
                  WHERE f.id = flow_id AND NOT coalesce((\(isBad)), 0)), \(empty))
                """
        }
        return [
            "parameters": """
            (SELECT json_group_object(name, value) FROM flow_parameter p
              WHERE p.flow_id = run.flow_id)
            """,
            "environment": """
            (SELECT json_group_object(name, value) FROM flow_environment e
              WHERE e.flow_id = run.flow_id AND task = '')
            """,
            "shell": master("shell", "'[\"sh\",\"-eu\"]'"),
            "environment_files": master("environment_files", "NULL"),
            // Of what is not known to be none, everything is.
            "secrets": """
            (SELECT json_group_array(DISTINCT name) FROM (
              SELECT key AS name FROM json_each(run.parameters)
              UNION ALL SELECT value FROM flow f, json_each(f.secrets) WHERE f.id = run.flow_id))
            """,
            "outputs": master("outputs", "NULL"),
        ]
    }()

    private static let masterValues = [
        "shell": "'[\"sh\",\"-eu\"]'", "command": "'[\"false\"]'", "arguments": "'{}'",
        "overlap": "'skip'", "isolate": "0",
        // There nothing can be executed, least of all in a folder that was not meant.
        "working_directory": "'/nonexistent'",
        // Nor is a command executed in another way than it was meant.
        "kind": "'run', command = 'false', arguments = NULL, isolate = 0",
        // A hook's name is its event after an @.
        "role": """
        CASE WHEN substr(name, 2) IN ('on_failure', 'on_success', 'always', 'notify')
          AND name LIKE '@%' THEN substr(name, 2) END
        """,
    ]
}
