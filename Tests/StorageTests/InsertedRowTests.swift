import Cron
import Flows
import Testing

@testable import Storage

/// Rows that plain SQL has inserted meet no trigger of values: what cannot be used of them is named by
/// `flower check`, fails its own task or makes no run, and stops nothing else.
@Suite struct InsertedRowTests {
    let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    private func check(names problem: String) throws {
        let found = try store.check().map(\.problem)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }

    /// Runs everything; the names, and with them why one could not be started.
    private func drain() throws -> [String: String?] {
        var faults: [String: String?] = [:]
        for _ in 0..<20 {
            guard let claim = try temporary.claim(1).first else { return faults }
            faults[claim.name] = .some(claim.fault)
            try temporary.end([claim], claim.fault.map { .notStarted(reason: $0) } ?? .exited(0))
        }
        Issue.record("it comes to no end")
        return faults
    }

    @Test(arguments: [
        ("traits", "'[]'", "task.traits"),
        ("traits", "'{\"when\": 7}'", "task.traits"),
        ("control", "'9223372036854775807'", "task.control"),
        ("environment", "'[]'", "task.environment"),
        ("timeout_ms", "-1", "task.timeout_ms"),
        ("lane", "2199023255552", "task.lane"),
        ("kind, command", "'exec', '[7]'", "task.command"),
        ("kind, command, arguments", "'component', '@flow', '{}'", "task.arguments"),
    ])
    func `a task with a value of no use fails, and the others go on`(
        columns: String,
        values: String,
        named: String
    ) throws {
        try temporary.apply(.nothing(["a": []]))
        try temporary.apply(.nothing(["x": []], named: "other"))
        let run = try temporary.register("test")
        let other = try temporary.register("other")
        let kind = columns.hasPrefix("kind") ? "" : ", kind, command"
        let said = try temporary.shell(
            """
            INSERT INTO task (run_id, position, name, unmet, \(columns)\(kind))
              VALUES (\(run), 9, 'n', 1, \(values)\(kind.isEmpty ? "" : ", 'run', 'true'"));
            INSERT INTO task_need (task_id, need_id)
              SELECT n.id, a.id FROM task n, task a WHERE n.name = 'n' AND a.name = 'a';
            """
        )
        #expect(said == "")
        let row = try temporary.shell("SELECT id FROM task WHERE name = 'n'")
        let columnsTold = named == "task.command" ? "task.kind, task.command" : named
        try check(names: "\(columnsTold) cannot be used where id = \(row): ")
        let faults = try drain()
        #expect(faults.keys.sorted() == ["a", "n", "x"])
        let name = named == "task.lane" ? "lane" : named
        #expect(faults["n"]??.contains(name) == true, "\(faults)")
        #expect(try store.state(ofRun: run) == .failed)
        #expect(try store.state(ofRun: other) == .succeeded)
    }

    /// The rank is the sum of an instant and a priority: of such a one no column holds it, and a task's end,
    /// which makes another ready, could not be recorded.
    @Test(arguments: ["100000000000000000", "-9223372036854775808"])
    func `a priority beyond its range is brought into it when it is first counted with`(
        priority: String
    ) throws {
        try temporary.apply(.nothing(["a": []]))
        try temporary.apply(.nothing(["x": []], named: "other"))
        let run = try temporary.register("test")
        _ = try temporary.register("other")
        let said = try temporary.shell(
            """
            INSERT INTO task (run_id, position, name, unmet, kind, command, priority)
              VALUES (\(run), 9, 'n', 1, 'run', 'true', \(priority));
            INSERT INTO task_need (task_id, need_id)
              SELECT n.id, a.id FROM task n, task a WHERE n.name = 'n' AND a.name = 'a';
            """
        )
        #expect(said == "")
        try check(names: "task.priority cannot be used where id = ")
        #expect(try drain().keys.sorted() == ["a", "n", "x"])
        #expect(try store.state(ofRun: run) == .succeeded)
        #expect(try store.check() == [])
    }

    @Test(arguments: [
        ("parameters", "'[]'", "run.parameters"), ("environment", "'7'", "run.environment"),
        ("shell", "'[7]'", "run.shell"), ("secrets", "'{}'", "run.secrets"),
        ("timeout_ms", "-1", "run.timeout_ms"), ("outputs", "'[1]'", "run.outputs"),
    ])
    func `so does every task of a run with one`(column: String, value: String, named: String) throws
    {
        try temporary.apply(.nothing(["x": []], named: "other"))
        let other = try temporary.register("other")
        var columns = [
            "parameters": "'{}'", "environment": "'{}'", "shell": "'[\"sh\"]'",
        ]
        columns[column] = value
        let names = columns.keys.sorted()
        let said = try temporary.shell(
            """
            INSERT INTO run (id, flow_id, origin, registered_at_ms, timezone, working_directory,
                \(names.joined(separator: ", ")))
              VALUES (7, 1, 'manual', 1, 'UTC', '/', \(names.map { columns[$0]! }.joined(separator: ", ")));
            INSERT INTO task (run_id, position, name, kind, command, rank_ms)
              VALUES (7, 0, 'n', 'run', 'true', 1);
            """
        )
        #expect(said == "")
        try check(names: "\(named) cannot be used where id = 7: ")
        let faults = try drain()
        #expect(faults.keys.sorted() == ["n", "x"])
        // What a run gives is of its callers alone.
        if column != "outputs" {
            #expect(faults["n"]??.contains(named) == true, "\(faults)")
            #expect(try store.state(ofRun: 7) == .failed)
        }
        #expect(try store.state(ofRun: other) == .succeeded)
    }

    @Test func `so do the tasks of a lane with one`() throws {
        try temporary.apply(.nothing(["a": []]))
        try temporary.apply(.nothing(["x": []], named: "other"))
        let run = try temporary.register("test")
        _ = try temporary.register("other")
        let said = try temporary.shell(
            """
            INSERT INTO lane (id, flow_id, pools) VALUES (4398046511105, 0, '1');
            UPDATE task SET lane = 4398046511105 WHERE run_id = \(run);
            """
        )
        #expect(said == "")
        try check(names: "lane.pools cannot be used where id = 4398046511105")
        let faults = try drain()
        #expect(faults["a"]??.contains("lane.pools") == true && faults["x"] == .some(nil))
    }

    // MARK: - The master

    private static let spoiltMasters = [
        ("UPDATE flow SET shell = '[0]' WHERE id = 1", "not the JSON it should be"),
        ("UPDATE flow SET run_timeout_ms = 1e17 WHERE id = 1", "run_timeout_ms is 1 to"),
        ("UPDATE flow SET secrets = '7' WHERE id = 1", "not the JSON it should be"),
        ("UPDATE flow SET outputs = '[1]' WHERE id = 1", "not the JSON it should be"),
        ("UPDATE flow SET environment_files = '[1]' WHERE id = 1", "not the JSON it should be"),
        ("UPDATE flow_task SET pools = '{\"gpu\": 0}' WHERE flow_id = 1", "pool 'gpu'"),
        ("UPDATE flow_task SET traits = '{\"when\": \"and\"}' WHERE flow_id = 1", "condition"),
        ("DELETE FROM flow_task WHERE flow_id = 1", "it has no tasks"),
        (
            "INSERT INTO flow_need VALUES (1, 'a', 'a', 0)",
            "its tasks need each other in a circle: a → a"
        ),
        (
            "INSERT INTO flow_need VALUES (1, 'a', 'gone', 0)",
            "task 'a' needs 'gone', which is no task of it"
        ),
        (
            """
            INSERT INTO flow_task (flow_id, name, position, kind, command)
              VALUES (1, 'n', 9, 'exec', '[7]')
            """, "not the JSON it should be"
        ),
        (
            "UPDATE schedule SET cron = '61 * * * *' WHERE flow_id = 1",
            "a schedule of flow 'test' has a bad expression"
        ),
        (
            """
            INSERT INTO schedule (flow_id, identity, position, cron, anchor_at_ms, begun_at_ms,
              considered_until_ms) VALUES (1, 'n', 9, 'daily', 1, 1, 1)
            """, "a schedule of flow 'test' has a bad expression"
        ),
    ]

    /// What a trigger could not refuse, because no run can be made of it, or the whole of the flow must be looked
    /// at: `check` says it as `register` does.
    @Test(arguments: spoiltMasters)
    func `a flow that no run can be made of is named by check, and the others run`(
        sql: String,
        sentence: String
    ) throws {
        var flow = Flow.nothing(["a": []])
        let expression = try CronExpression("@hourly", hashID: "test")
        flow.schedules = [ScheduleSpec(text: "@hourly", expression: expression)]
        try temporary.apply(flow)
        try temporary.apply(.nothing(["x": []], named: "other"))
        #expect(try temporary.shell(sql) == "")
        let error = #expect(throws: StorageError.self) { try temporary.register("test") }
        let message = try #require(error?.message)
        #expect(message.contains(sentence), "\(message)")
        try check(names: "no run can be made of flow 'test': \(message)")
        _ = try temporary.register("other")
        #expect(try temporary.drain() == ["x"])
        // As the hint says, though the file is the same.
        #expect(error?.hint?.contains("apply its flow file again") == true)
        #expect(try temporary.apply(flow).changes.map(\.change) == [.changed])
        #expect(try store.check() == [])
        #expect(try temporary.apply(flow).changes.map(\.change) == [.unchanged])
        _ = try temporary.register("test")
        #expect(try temporary.drain() == ["a"])
    }

    @Test func `a task that starts such a flow fails with the sentence, and the others go on`()
        throws
    {
        try temporary.apply(.nothing(["a": []]))
        var caller = Flow.nothing(["b": []], named: "up")
        caller.tasks[0] = TaskSpec(name: "b", action: .flow(name: "test", parameters: []))
        try temporary.apply(caller)
        try temporary.apply(.nothing(["x": []], named: "other"))
        #expect(try temporary.shell("INSERT INTO flow_need VALUES (1, 'a', 'gone', 0)") == "")
        let sentence = "task 'a' needs 'gone', which is no task of it"
        let run = try temporary.register("up")
        let other = try temporary.register("other")
        let faults = try drain()
        #expect(faults.keys.sorted() == ["b", "x"])
        #expect(faults["b"]??.contains(sentence) == true, "\(faults)")
        #expect(try store.state(ofRun: run) == .failed)
        #expect(try store.state(ofRun: other) == .succeeded)
    }

    @Test func `what a run can be made of stays as SQL has it`() throws {
        let flow = Flow.nothing(["a": []])
        try temporary.apply(flow)
        #expect(try temporary.shell("UPDATE flow_task SET command = 'false'") == "")
        #expect(try temporary.apply(flow).changes.map(\.change) == [.edited])
        #expect(try store.check() == [])
    }
}
