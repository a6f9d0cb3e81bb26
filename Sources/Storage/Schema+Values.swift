/// Migration 14: what no runner could use is refused where it is written, and a row that is deleted in a bare
/// shell takes with it what belongs to it.
///
/// Such a shell has foreign keys switched off, and one row that no reader understood stopped all flows. A change
/// of a task's state meets none of these triggers: they are of other columns. That of a value which stood there
/// already costs nothing either, so that a spoilt row can be mended column by column. The master's values are
/// refused where a run is made of them (`checkEdited`): SQLite reads all triggers at each start.
extension Schema {
    static let values = clampedPriorities + valueTriggers + deletionTriggers

    /// A value that a reader could not use.
    struct ValueRule: Sendable {
        let table: String
        let columns: [String]
        /// In SQL, of a row whose columns stand behind `{row}`: whether it is so. Fails of text that is no JSON,
        /// where that is what the last of the columns holds.
        let isBad: String
        var isJSON = false
        /// Of JSON that holds texts and nothing else: its type, and how many of them at the least.
        var texts: (type: String, least: Int)?
        /// What the column holds, said where it does not.
        let sentence: String

        var refusal: String { "RAISE(ABORT, '\(replacing(sentence, "'", "''"))')" }

        /// Of a change, as one of the terms of a CASE.
        var check: String {
            let changed = columns.map { "NEW.\($0) IS NOT OLD.\($0)" }.joined(separator: " OR ")
            return """
                    WHEN (\(changed)) AND (\(sql(ofRow: "NEW.")))
                      THEN \(refusal)
                """
        }

        func sql(ofRow row: String) -> String { replacing(isBad, "{row}", row) }

        /// The same for rows that may hold anything.
        func safeSQL(ofRow row: String) -> String {
            guard isJSON, let column = columns.last else { return sql(ofRow: row) }
            let isText =
                columns.first == "kind" ? "\(row)kind = 'exec'" : "\(row)\(column) IS NOT NULL"
            return """
                CASE WHEN \(isText) THEN
                  CASE WHEN json_valid(\(row)\(column)) THEN \(sql(ofRow: row)) ELSE 1 END ELSE 0 END
                """
        }

        var label: String { "\(table).\(columns.joined(separator: ", "))" }
    }

    /// The rules, of which migrations 14 and 15 made triggers: one that is changed here needs a migration that
    /// makes them anew.
    static let valueRules: [ValueRule] = flowRules + masterRules + runRules + taskRules

    /// What the tables' own CHECKs refuse, and more than a flow file may say: stands there where CHECKs were
    /// switched off, or before there were any.
    private static let masterRules = [
        range("flow", "priority", "-20", "19"), range("flow", "queue_limit", "1", "10000"),
        range("flow", "concurrency", "1", "100000"),
        range("flow_task", "priority", "-20", "19"), range("flow_task", "retry_limit", "0", "1000"),
        range("flow_task", "retry_backoff", "1", "100"),
        range("flow_task", "retry_jitter", "0", "1"),
        range("pool", "slots", "0", "100000"),
        choice("flow", "overlap", ["skip", "queue", "allow", "replace"]),
        choice("flow_task", "kind", ["run", "exec", "component"]),
        choice("flow_task", "role", ["on_failure", "on_success", "always", "notify"]),
        choice("schedule", "catchup", ["skip", "latest", "all"]),
        ValueRule(
            table: "flow",
            columns: ["working_directory"],
            isBad: "{row}working_directory NOT LIKE '/%'",
            sentence: "working_directory is a path that begins with /"
        ),
        ValueRule(
            table: "flow_task",
            columns: ["isolate"],
            isBad: "{row}isolate <> 0 AND ({row}isolate <> 1 OR {row}kind <> 'component')",
            sentence: "isolate is 0, or of a component 1"
        ),
    ]

    private static let flowRules = [
        span("flow", "kill_grace_ms"), span("flow", "run_timeout_ms", least: 1),
        texts("flow", "shell", least: 1), texts("flow", "environment_files"),
        texts("flow", "secrets"),
        variables("flow", "outputs"),
        words("flow_task"), span("flow_task", "timeout_ms", least: 1),
        span("flow_task", "retry_delay_ms"), span("flow_task", "retry_max_delay_ms"),
        span("flow_task", "retry_jitter_ms"), span("flow_task", "kill_grace_ms"),
        texts("flow_task", "environment_files"), object("flow_task", "retry_on"),
        object("flow_task", "traits"), object("flow_task", "arguments"), pools("flow_task"),
        span("schedule", "catchup_window_ms", least: 1), span("schedule", "deadline_ms", least: 1),
        span("schedule", "jitter_ms"),
    ]

    private static let runRules = [
        variables("run", "parameters"), variables("run", "environment"),
        texts("run", "shell", least: 1), texts("run", "environment_files"), texts("run", "secrets"),
        variables("run", "outputs"), texts("run", "carried"),
        span("run", "timeout_ms", least: 1), pools("lane"),
    ]

    private static let taskRules = [
        range("task", "priority", "-20", "19", note: ", lower first"),
        words("task"), object("task", "arguments"), variables("task", "environment"),
        span("task", "timeout_ms", least: 1), span("task", "retry_delay_ms"),
        span("task", "retry_max_delay_ms"),
        range("task", "retry_backoff", "1", "100"),
        object("task", "control"), object("task", "traits"),
        ValueRule(
            table: "task",
            columns: ["lane"],
            isBad: """
                {row}lane <> 0 AND NOT EXISTS (SELECT 1 FROM lane WHERE id = {row}lane)
                  AND NOT EXISTS (SELECT 1 FROM flow WHERE id = {row}lane)
                """,
            sentence: "lane is 0, a flow with a concurrency, or a row of table lane"
        ),
    ]

    // MARK: - Kinds of values

    /// Of `DurationText`'s limit, 366 days; NULL is no value.
    private static func span(_ table: String, _ column: String, least: Int = 0) -> ValueRule {
        ValueRule(
            table: table,
            columns: [column],
            isBad: "{row}\(column) NOT BETWEEN \(least) AND 31622400000",
            sentence: "\(column) is \(least) to 31622400000, a year in milliseconds"
        )
    }

    /// Of a number; NULL is no value.
    private static func range(
        _ table: String,
        _ column: String,
        _ least: String,
        _ most: String,
        note: String = ""
    ) -> ValueRule {
        ValueRule(
            table: table,
            columns: [column],
            isBad: "{row}\(column) NOT BETWEEN \(least) AND \(most)",
            sentence: "\(column) is \(least) to \(most)\(note)"
        )
    }

    private static func choice(_ table: String, _ column: String, _ words: [String]) -> ValueRule {
        let quoted = words.map { "'\($0)'" }.joined(separator: ", ")
        return ValueRule(
            table: table,
            columns: [column],
            isBad: "{row}\(column) NOT IN (\(quoted))",
            sentence: "\(column) is one of \(words.joined(separator: ", "))"
        )
    }

    private static func json(_ column: String, _ kind: String, _ fault: String? = nil) -> String {
        let isOther = "json_type({row}\(column)) <> '\(kind)'"
        return fault.map { "(\(isOther) OR \($0))" } ?? isOther
    }

    private static func texts(_ table: String, _ column: String, least: Int = 0) -> ValueRule {
        ValueRule(
            table: table,
            columns: [column],
            isBad: json(
                column,
                "array",
                """
                \(least > 0 ? "json_array_length({row}\(column)) < \(least) OR " : "")EXISTS
                  (SELECT 1 FROM json_each({row}\(column)) WHERE type <> 'text')
                """
            ),
            isJSON: true,
            texts: ("array", least),
            sentence: "\(column) is a JSON array of texts, \(least) or more"
        )
    }

    private static func object(_ table: String, _ column: String) -> ValueRule {
        ValueRule(
            table: table,
            columns: [column],
            isBad: json(column, "object"),
            isJSON: true,
            sentence: "\(column) is a JSON object"
        )
    }

    private static func variables(_ table: String, _ column: String) -> ValueRule {
        ValueRule(
            table: table,
            columns: [column],
            isBad: json(
                column,
                "object",
                "EXISTS (SELECT 1 FROM json_each({row}\(column)) WHERE type <> 'text')"
            ),
            isJSON: true,
            texts: ("object", 0),
            sentence: "\(column) is a JSON object of texts"
        )
    }

    private static func words(_ table: String) -> ValueRule {
        let texts = texts(table, "command", least: 1)
        return ValueRule(
            table: table,
            columns: ["kind", "command"],
            isBad: "{row}kind = 'exec' AND \(texts.isBad)",
            isJSON: true,
            sentence: "command of kind 'exec' is a JSON array of texts, 1 or more"
        )
    }

    private static func pools(_ table: String) -> ValueRule {
        ValueRule(
            table: table,
            columns: ["pools"],
            isBad: json(
                "pools",
                "object",
                """
                EXISTS (SELECT 1 FROM json_each({row}pools)
                      WHERE type <> 'integer' OR value NOT BETWEEN 1 AND 100000)
                """
            ),
            isJSON: true,
            sentence: "pools is a JSON object of slots by name, 1 to 100000 each"
        )
    }

    // MARK: - Triggers

    /// With any other, sums of ranks overflow in triggers that have long been there.
    private static let clampedPriorities = """
        UPDATE task SET priority = max(-20, min(19, priority)) WHERE priority NOT BETWEEN -20 AND 19;

        """

    /// One for each table.
    private static var valueTriggers: String {
        ["run", "task", "lane"].map { table in
            let rules = valueRules.filter { $0.table == table }
            let columns = rules.flatMap(\.columns).joined(separator: ", ")
            return """
                CREATE TRIGGER \(table)_values BEFORE UPDATE OF \(columns) ON \(table)
                BEGIN
                  SELECT CASE
                \(rules.map(\.check).joined(separator: "\n"))
                  END;
                END;

                """
        }.joined()
    }

    private static func replacing(_ text: String, _ part: Character, _ other: String) -> String {
        text.split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }

    private static func replacing(_ text: String, _ part: String, _ other: String) -> String {
        text.split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }

    /// With foreign keys on, all that these delete has gone by then: SQLite follows them first.
    private static let deletionTriggers = """
        CREATE TRIGGER run_delete_guard BEFORE DELETE ON run
        WHEN EXISTS (SELECT 1 FROM task WHERE run_id = OLD.id AND status = 1)
        BEGIN
          SELECT RAISE(ABORT, 'a task of the run is running (1): end it with flower cancel, then delete the run');
        END;

        -- A task that waited for it goes on, and fails.
        CREATE TRIGGER run_deleted AFTER DELETE ON run
        BEGIN
          DELETE FROM attempt WHERE task_id IN (SELECT id FROM task WHERE run_id = OLD.id);
          DELETE FROM task_output WHERE task_id IN (SELECT id FROM task WHERE run_id = OLD.id);
          DELETE FROM task_need WHERE need_id IN (SELECT id FROM task WHERE run_id = OLD.id);
          DELETE FROM task_need WHERE task_id IN (SELECT id FROM task WHERE run_id = OLD.id);
          UPDATE run SET parent_task_id = NULL
            WHERE parent_task_id IN (SELECT id FROM task WHERE run_id = OLD.id);
          DELETE FROM task WHERE run_id = OLD.id;
          DELETE FROM settling WHERE run_id = OLD.id;
          UPDATE task SET retry_at_ms = NULL, judged_ms = \(rank),
            rank_ms = CASE WHEN unmet = 0 THEN \(rank) END
            WHERE id = OLD.parent_task_id AND OLD.awaited = 1 AND status = 0
              AND retry_at_ms = 253402214400000;
        END;

        CREATE TRIGGER task_delete_guard BEFORE DELETE ON task
        WHEN EXISTS (SELECT 1 FROM run WHERE id = OLD.run_id)
        BEGIN
          SELECT RAISE(ABORT, 'a task goes only with its run: to go on without it set it skipped (9)');
        END;

        CREATE TRIGGER flow_delete_guard BEFORE DELETE ON flow
        WHEN EXISTS (SELECT 1 FROM run WHERE flow_id = OLD.id)
        BEGIN
          SELECT RAISE(ABORT, 'the flow has runs, which tell its name: delete them first');
        END;

        CREATE TRIGGER flow_deleted AFTER DELETE ON flow
        BEGIN
          DELETE FROM flow_need WHERE flow_id = OLD.id;
          DELETE FROM flow_task WHERE flow_id = OLD.id;
          DELETE FROM flow_environment WHERE flow_id = OLD.id;
          DELETE FROM flow_parameter WHERE flow_id = OLD.id;
          DELETE FROM schedule WHERE flow_id = OLD.id;
          DELETE FROM pause WHERE flow_id = OLD.id;
          DELETE FROM expectation WHERE flow_id = OLD.id;
        END;

        CREATE TRIGGER schedule_deleted AFTER DELETE ON schedule
        BEGIN
          DELETE FROM schedule_parameter WHERE schedule_id = OLD.id;
          DELETE FROM schedule_except WHERE schedule_id = OLD.id;
          UPDATE run SET fire_id = NULL
            WHERE fire_id IN (SELECT id FROM fire WHERE schedule_id = OLD.id);
          DELETE FROM fire WHERE schedule_id = OLD.id;
        END;

        CREATE TRIGGER fire_deleted AFTER DELETE ON fire
        BEGIN
          UPDATE run SET fire_id = NULL WHERE fire_id = OLD.id;
        END;

        CREATE TRIGGER runner_delete_guard BEFORE DELETE ON runner
        WHEN EXISTS (SELECT 1 FROM task WHERE status = 1 AND runner_id = OLD.id)
        BEGIN
          SELECT RAISE(ABORT, 'the runner has tasks that run (1): flower run rescues them once it is dead');
        END;

        CREATE TRIGGER lane_delete_guard BEFORE DELETE ON lane
        WHEN EXISTS (SELECT 1 FROM task WHERE lane = OLD.id AND status IN (0, 1, 4))
        BEGIN
          SELECT RAISE(ABORT, 'tasks that have not ended queue in this lane');
        END;

        """
}
