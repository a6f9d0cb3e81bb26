import Cron
import Flows
import GRDB
import Testing

@testable import Storage

/// Whatever number or text stands in a column, no reader traps, and another flow's tasks are executed.
@Suite struct AnyValueTests {
    let temporary: TemporaryStore
    private var store: Store { temporary.store }

    private static let tables = [
        "flow", "flow_task", "flow_need", "flow_parameter", "flow_environment", "schedule",
        "schedule_parameter", "schedule_except", "fire", "expectation", "run", "task", "task_need",
        "attempt", "task_output", "lane", "pool", "settling", "runner", "pause", "source_file",
    ]

    init() throws { temporary = try TemporaryStore() }

    /// A flow with everything that a column is read for, in the midst of its work; and one to be executed.
    private func makeRuns() throws {
        let expression = try CronExpression("@hourly", hashID: "test")
        var flow = Flow.nothing(["b": ["a"], "c": ["b"], "d": []], retries: RetryPolicy(limit: 1))
        flow.tasks[0].environment = [Variable("X", "1")]
        flow.tasks[1].killGrace = .seconds(3)
        flow.tasks[1].timeout = .seconds(9)
        flow.tasks[2].traits.when = try Condition("${region} == \"all\"")
        flow.tasks[3].pools = [PoolDemand("gpu", 1)]
        flow.runTimeout = .seconds(600)
        flow.secrets = ["region"]
        flow.schedules = [
            ScheduleSpec(text: "@hourly", expression: expression, timing: ScheduleTiming())
        ]
        flow.expectation = Expectation(every: .seconds(60), register: nil)
        flow.hooks = [Hook(.always, TaskSpec(name: "@always", action: .exec(["true"])))]
        _ = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        try temporary.apply(flow)
        let now = temporary.now.milliseconds
        #expect(
            try temporary.shell(
                """
                INSERT INTO fire (schedule_id, due_at_ms, outcome, recorded_at_ms)
                  VALUES (1, \(now), 'missed', \(now));
                INSERT INTO pause (flow_id, begun_at_ms, ended_at_ms) VALUES (1, 1, 2);
                INSERT INTO source_file (path, source_path, digest, flows, seen_at_ms)
                  VALUES ('/flows/test.yaml', '/flows/test.yaml', '1', 1, \(now));
                """
            ) == ""
        )
        _ = try temporary.register("test")
        let claims = try temporary.claim(1)
        try temporary.end(claims, .exited(0), outputs: [Variable("rows", "7")])
        _ = try temporary.register("test", force: true)
        try temporary.apply(.nothing(["x": []], named: "other"))
        _ = try temporary.register("other")
    }

    @Test(arguments: tables) func `no value of any column keeps another flow waiting`(table: String)
        throws
    {
        try makeRuns()
        let others: [Row] = try openly { db in
            // Those that refuse it, and those that would keep it from being undone.
            let triggers = """
                SELECT name FROM sqlite_schema WHERE type = 'trigger' AND (name LIKE '%_values'
                  OR name LIKE '%_guard' OR name LIKE '%_deleted' OR name LIKE '%_edits'
                  OR name LIKE '%_edited' OR name = 'expectation_changed')
                """
            for name in try String.fetchAll(db, sql: triggers) {
                try db.execute(sql: "DROP TRIGGER \(name)")
            }
            for table in Self.tables {
                try db.execute(sql: "CREATE TEMP TABLE kept_\(table) AS SELECT * FROM \(table)")
            }
            return try Row.fetchAll(
                db,
                sql: "SELECT name, type FROM pragma_table_info('\(table)') WHERE pk = 0"
            )
        }
        let isEmpty = try temporary.shell("SELECT count(*) FROM \(table)") == "0"
        var looks = 0
        for row in others {
            let (column, type): (String, String) = (row["name"], row["type"])
            // What is no JSON at all a CHECK refuses, and SQLite's own functions in triggers cannot read.
            let isJSON = "\(table).\(column)" == "task.traits"
            for value in Self.values[type] ?? [] where !(isJSON && value == "''") {
                guard try spoil(table, column, value) else { continue }
                try look("\(table).\(column) = \(value)")
                try restore()
                looks += 1
            }
        }
        #expect(looks > 0 || others.isEmpty || isEmpty)
    }

    private static let values = [
        "INTEGER": ["-9223372036854775808", "9223372036854775807"], "REAL": ["-9e999", "9e999"],
        "TEXT": ["''", "'7'", "'{\"a\":7}'"], "BLOB": ["x'00ff'"],
    ]

    /// Of all rows but those of the other flow.
    private func spoil(_ table: String, _ column: String, _ value: String) throws -> Bool {
        let rows =
            switch table {
            case "run": "flow_id <> 2"
            case "task": "run_id <> 3"
            case "flow": "id <> 2"
            case "flow_task", "flow_parameter": "flow_id <> 2"
            default: "TRUE"
            }
        return try openly { db in
            do {
                try db.execute(sql: "UPDATE \(table) SET \(column) = \(value) WHERE \(rows)")
                return db.changesCount > 0
            } catch is DatabaseError {
                // What a trigger or the table's own type refuses does not come to stand there.
                return false
            }
        }
    }

    private func openly<Result>(_ work: (Database) throws -> Result) throws -> Result {
        try store.queue.inDatabase { db in
            try db.execute(
                sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON"
            )
            defer {
                try? db.execute(
                    sql: "PRAGMA foreign_keys = ON; PRAGMA ignore_check_constraints = OFF"
                )
            }
            return try work(db)
        }
    }

    private func look(_ place: String) throws {
        store.contexts.removeAll()
        store.lanes.removeAll()
        let now = temporary.now
        // What they refuse, they refuse with a sentence: only a trap or a drain that stops is a fault.
        for look in [
            { _ = try store.flows(at: now) }, { _ = try store.flow(named: "test", at: now) },
            { _ = try store.runs() }, { _ = try store.run(1) },
            { _ = try store.fires(flow: "test") },
            { _ = try store.schedules() }, { _ = try store.sourceFiles(in: "/flows") },
            { _ = try store.pools() }, { _ = try store.timedWork(at: now) },
            { _ = try store.check() },
            { _ = try store.checkExpectations(at: now) }, { _ = try store.unendedRunners() },
            { _ = try store.abandoned(by: temporary.runner) },
        ] as [() throws -> Void] {
            do { try look() } catch is StorageError {}
        }
        do {
            let claims = try temporary.claim()
            #expect(claims.contains { $0.name == "x" && $0.fault == nil }, "\(place)")
            try temporary.end(claims, .exited(1))
        } catch {
            Issue.record("\(place): \(error)")
        }
    }

    private func restore() throws {
        try openly { db in
            try db.inTransaction {
                for table in Self.tables {
                    try db.execute(
                        sql:
                            "DELETE FROM main.\(table); INSERT INTO main.\(table) SELECT * FROM kept_\(table)"
                    )
                }
                return .commit
            }
        }
    }
}
