import Cron
import Flows
import Foundation
import GRDB
import Testing

@testable import Storage

/// One row that plain SQL has deleted or spoilt stops nothing but what it is of.
@Suite struct SpoiltRowTests {
    let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    /// As a file has it that was changed before these values were refused.
    private func spoil(_ sql: String) throws {
        let drops = ["flow", "flow_task", "run", "task", "lane", "schedule"]
            .map { "DROP TRIGGER IF EXISTS \($0)_values;" }.joined()
        let guards = ["run", "task", "flow", "runner", "lane"]
            .map { "DROP TRIGGER IF EXISTS \($0)_delete_guard;" }.joined()
        let deletions = ["run", "flow", "schedule", "fire"]
            .map { "DROP TRIGGER IF EXISTS \($0)_deleted;" }.joined()
        #expect(try temporary.shell(drops + guards + deletions + sql) == "")
    }

    private func fault(of task: String, inRun run: Int64) throws -> String {
        let detail = try #require(try store.run(run).tasks.first { $0.name == task })
        #expect(detail.state == .failed)
        return detail.attempts.last?.note ?? ""
    }

    // MARK: - Rows that are gone

    /// Both had listed the same runs; the second found them gone, and trapped.
    @Test func `two prunes at once delete each run once`() async throws {
        try temporary.apply(.diamond)
        let runs = try (0..<60).map { _ in try temporary.register("test", force: true) }
        _ = try temporary.drain()
        let folder = temporary.folder
        let before = Instant(milliseconds: temporary.now.milliseconds + 1000)
        let deleted = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = try Store.open(folder, create: false)
                    return try store.prune(PruneRequest(before: before), by: "t", at: before).runs
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(deleted.sorted() == runs)
        #expect(try store.check() == [])
    }

    /// The second of two that listed the same runs comes to one that is gone.
    @Test func `a run that is not there has no state, and nothing is done with it`() throws {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        #expect(throws: StorageError.self) { try store.state(ofRun: run + 1) }
        #expect(throws: StorageError.self) { try store.run(run + 1) }
        #expect(throws: StorageError.self) {
            try store.cancel(run + 1, by: "test", at: temporary.now)
        }
        // As a run with a hook left one that was deleted in a bare shell.
        #expect(try temporary.shell("INSERT INTO settling (run_id) VALUES (999)") == "")
        #expect(try store.hasWork(at: temporary.now))
        #expect(try temporary.drain() == ["a", "b", "c", "d"])
        #expect(try temporary.shell("SELECT count(*) FROM settling") == "0")
    }

    @Test func `a run deleted in a bare shell takes with it what belongs to it`() throws {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        let other = try temporary.register("test", force: true)
        try temporary.end(temporary.claim(1), .exited(0))
        #expect(try temporary.shell("DELETE FROM run WHERE id = \(run)") == "")
        #expect(try store.check() == [])
        #expect(try temporary.drain() == ["a", "b", "c", "d"])
        #expect(try store.runs().map(\.id) == [other])
    }

    @Test func `what still runs, or tells others' names, is not deleted`() throws {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        let claims = try temporary.claim(1)
        for (sql, sentence) in [
            ("DELETE FROM run", "a task of the run is running (1)"),
            ("DELETE FROM task WHERE name = 'd'", "a task goes only with its run"),
            ("DELETE FROM flow", "the flow has runs"),
            ("DELETE FROM runner", "the runner has tasks that run (1)"),
        ] {
            #expect(try temporary.shell(sql).contains(sentence), "\(sql)")
        }
        try temporary.end(claims, .exited(0))
        #expect(try temporary.drain() == ["b", "c", "d"])
        #expect(try temporary.shell("DELETE FROM runner; DELETE FROM run; DELETE FROM flow") == "")
        #expect(try store.check() == [])
        #expect(throws: StorageError.self) { try store.run(run) }
    }

    @Test func `a schedule or a fire deleted in a bare shell leaves its runs`() throws {
        var flow = Flow.nothing(["a": []])
        let expression = try CronExpression("@hourly", hashID: "test")
        flow.schedules = [
            ScheduleSpec(text: "@hourly", expression: expression, timing: ScheduleTiming())
        ]
        try temporary.apply(flow)
        let run = try temporary.register("test")
        let fire = """
            INSERT INTO fire (schedule_id, due_at_ms, outcome, recorded_at_ms)
              SELECT id, 3600000, 'registered', 3600000 FROM schedule;
            UPDATE run SET fire_id = (SELECT max(id) FROM fire);
            """
        #expect(try temporary.shell("\(fire) DELETE FROM fire") == "")
        #expect(try store.check() == [])
        #expect(try temporary.shell("\(fire) DELETE FROM schedule") == "")
        #expect(try temporary.shell("SELECT count(*), max(fire_id) FROM run, fire") == "0|")
        #expect(try store.check() == [])
        #expect(try temporary.drain() == ["a"])
        #expect(try store.state(ofRun: run) == .succeeded)
    }

    @Test func `a task whose run was deleted by then goes on as one that fails`() throws {
        var inner = Flow.nothing(["a": []], named: "inner")
        inner.tasks[0].hold = "a person looks"
        try temporary.apply(inner)
        var outer = Flow.nothing(["b": ["a"]], named: "outer")
        outer.tasks[0] = TaskSpec(name: "a", action: .flow(name: "inner", parameters: []))
        try temporary.apply(outer)
        let run = try temporary.register("outer")
        #expect(try temporary.drain() == [])
        #expect(try temporary.shell("DELETE FROM run WHERE parent_task_id IS NOT NULL") == "")
        let claim = try #require(try temporary.claim().first)
        #expect(claim.name == "a" && claim.child == nil && claim.run.runID == run)
        #expect(try store.runs().count == 1)
    }

    @Test func `tasks without a run, runs without a flow and claims without a runner stop nobody`()
        throws
    {
        try temporary.apply(.nothing(["a": []]))
        try temporary.apply(.nothing(["a": []], named: "other"))
        try temporary.apply(.nothing(["x": []], named: "third"))
        let gone = try temporary.register("test")
        let flowless = try temporary.register("other")
        let run = try temporary.register("third")
        try spoil("DELETE FROM run WHERE id = \(gone); DELETE FROM flow WHERE name = 'other'")
        let claims = try temporary.claim()
        #expect(claims.map(\.name) == ["a", "a", "x"])
        #expect(claims.prefix(2).allSatisfy { $0.fault?.contains("not there") == true })
        #expect(claims[2].fault == nil)
        try temporary.end(claims, .exited(0))
        #expect(try store.state(ofRun: run) == .succeeded)
        #expect(throws: StorageError.self) { try store.run(flowless) }
        #expect(try store.runs().map(\.id) == [run])
        let next = try temporary.register("third")
        _ = try temporary.claim()
        try spoil("DELETE FROM runner")
        #expect(try store.unendedRunners().map(\.id) == [temporary.runner.id])
        #expect(try store.abandoned(by: temporary.runner).count == 1)
        _ = try store.rescue(
            temporary.runner,
            ended: [],
            returned: store.abandoned(by: temporary.runner).map(\.claim),
            at: temporary.now
        )
        // A runner whose row was deleted while it lives writes it once more.
        #expect(throws: StorageError.self) { try temporary.claim() }
        #expect(try temporary.drain() == ["x"])
        #expect(try store.state(ofRun: next) == .succeeded)
    }

    // MARK: - Values

    @Test(arguments: [
        ("task", "priority = 1e17", "priority is -20 to 19"),
        ("task", "priority = -21", "priority is -20 to 19"),
        ("task", "control = '9223372036854775807'", "control is a JSON object"),
        ("task", "traits = '[]'", "traits is a JSON object"),
        ("task", "kind = 'component', arguments = '1'", "arguments is a JSON object"),
        ("task", "environment = '{\"a\": 1}'", "environment is a JSON object of texts"),
        ("task", "kind = 'exec', command = '[1]'", "command of kind 'exec'"),
        ("task", "timeout_ms = 9223372036854775807", "timeout_ms is 1 to"),
        ("task", "retry_backoff = 9e999", "retry_backoff is 1 to 100"),
        ("task", "lane = 77", "lane is 0"),
        ("run", "parameters = '[]'", "parameters is a JSON object of texts"),
        ("run", "environment = '1'", "environment is a JSON object of texts"),
        ("run", "shell = '[]'", "shell is a JSON array of texts, 1 or more"),
        ("run", "secrets = '[7]'", "secrets is a JSON array of texts"),
        ("run", "timeout_ms = -1", "timeout_ms is 1 to"),
        ("lane", "pools = '1'", "pools is a JSON object of slots by name"),
        ("lane", "pools = '{\"gpu\": 1e17}'", "pools is a JSON object of slots by name"),
    ])
    func `what no runner could use is refused with a sentence`(
        table: String,
        change: String,
        sentence: String
    ) throws {
        var flow = Flow.nothing(["a": []])
        flow.tasks[0].pools = [PoolDemand("gpu", 1)]
        _ = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        try temporary.apply(flow)
        _ = try temporary.register("test")
        let said = try temporary.shell("UPDATE \(table) SET \(change)")
        #expect(said.contains(sentence), "\(said)")
        #expect(try temporary.claim().map(\.fault) == [nil])
    }

    @Test(arguments: [
        ("flow", "run_timeout_ms = 1e17", "run_timeout_ms is 1 to"),
        ("flow", "kill_grace_ms = 1e17", "kill_grace_ms is 0 to"),
        ("flow", "shell = '[0]'", "not the JSON it should be"),
        ("flow_task", "pools = '{\"gpu\": 0}'", "takes 0 slots of pool 'gpu'"),
        ("flow_task", "retry_on = '[]'", "not the JSON it should be"),
        ("flow_task", "timeout_ms = 1e17", "timeout_ms is 1 to"),
        ("flow", "concurrency = 1e17", "concurrency is 1 to 100000"),
        ("flow_task", "retry_limit = 1e17", "retry_limit is 0 to 1000"),
    ])
    func `of a master that no run can be made of none is made`(
        table: String,
        change: String,
        sentence: String
    ) throws {
        try temporary.apply(.nothing(["a": []]))
        #expect(try temporary.shell("UPDATE \(table) SET \(change)") == "")
        let error = #expect(throws: StorageError.self) { try temporary.register("test") }
        #expect(error?.message.contains(sentence) == true, "\(String(describing: error))")
        #expect(try store.runs().isEmpty)
    }

    @Test(arguments: [
        ("UPDATE task SET control = '9223372036854775807'", "task.control"),
        ("UPDATE task SET control = '{\"kill_grace_ms\": 9e15}'", "kill_grace_ms"),
        ("UPDATE task SET traits = '{\"when\": 7}'", "task.traits"),
        ("UPDATE task SET traits = '{\"when\": \"and and\"}', judged_ms = 0", "task.traits"),
        ("UPDATE task SET environment = '[]'", "task.environment"),
        ("UPDATE task SET kind = 'exec', command = '[7]'", "task.command"),
        (
            "UPDATE task SET kind = 'component', command = '@flow', arguments = '{}'",
            "task.arguments"
        ),
        ("UPDATE task SET timeout_ms = 9223372036854775807", "task.timeout_ms"),
        ("UPDATE task SET retry_limit = 1, retry_delay_ms = -5", "task.retry_delay_ms"),
        ("UPDATE task SET retry_limit = 1, retry_backoff = 9e999", "task.retry_backoff"),
        ("UPDATE task SET lane = 1 << 41", "lane"),
        ("UPDATE run SET parameters = '{\"region\": 7}'", "run.parameters"),
        ("UPDATE run SET environment = '[]'", "run.environment"),
        ("UPDATE run SET shell = '[]'", "run.shell"),
        ("UPDATE run SET timeout_ms = 9223372036854775807", "run.timeout_ms"),
        ("UPDATE run SET secrets = '{}'", "run.secrets"),
    ])
    func `a value that stands there already fails its task, and the others go on`(
        sql: String,
        named: String
    ) throws {
        try temporary.apply(.nothing(["a": ["z"]]))
        try temporary.apply(.nothing(["x": []], named: "other"))
        let run = try temporary.register("test")
        let other = try temporary.register("other")
        let row = sql.contains("UPDATE run") ? "id = \(run)" : "run_id = \(run) AND name = 'z'"
        try spoil("\(sql) WHERE \(row)")
        let claims = try temporary.claim()
        #expect(claims.map(\.name).sorted() == ["x", "z"])
        let spoilt = try #require(claims.first { $0.name == "z" })
        let fault = try #require(spoilt.fault)
        #expect(fault.contains(named) && fault.contains("flower check --mend"), "\(fault)")
        try temporary.end([spoilt], .notStarted(reason: fault))
        try temporary.end(claims.filter { $0.name == "x" }, .exited(0))
        #expect(try self.fault(of: "z", inRun: run).contains(named))
        #expect(try store.state(ofRun: other) == .succeeded)
        #expect(try store.runs().count == 2)
    }

    /// It answered with SQLite's own sentence, which names no row.
    @Test(arguments: ["rerun", "release", "hold", "skip", "cancel"])
    func `what a person decides of a row that cannot be used is answered with its row`(
        decision: String
    ) throws {
        var tasks = [
            TaskSpec(name: "a", action: .run("true")),
            TaskSpec(name: "b", action: .run("true")),
            TaskSpec(name: "c", needs: ["a"], action: .run("true")),
        ]
        tasks[1].hold = "a person looks"
        tasks[2].traits.when = try Condition("always")
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        let run = try temporary.register("test")
        if decision == "rerun" { _ = try temporary.drain() }
        try spoil("UPDATE task SET priority = 1e17")
        let now = temporary.now
        func decide() throws -> Int {
            switch decision {
            case "rerun": try store.rerun(run, .all, by: "test", at: now)
            case "release": try store.release(run, by: "test", at: now)
            case "hold": try store.hold(run, task: "a", by: "test", at: now)
            case "skip": try store.skip(run, task: "a", by: "test", at: now)
            default: try store.cancel(run, task: "a", by: "test", at: now).cancelled
            }
        }
        do {
            #expect(try decide() > 0)
            // Nothing of that value is needed.
            #expect(decision == "hold")
        } catch let error as StorageError {
            #expect(error.code == .badInput)
            let sentence = "task.priority cannot be used where id = "
            #expect(error.message.hasPrefix(sentence), "\(error)")
            #expect(error.hint?.contains("flower check --mend") == true, "\(error)")
        }
        _ = try store.mend(isRehearsal: false, by: "test", at: now)
        if decision != "hold" { #expect(try decide() > 0) }
    }

    @Test(arguments: ["UPDATE lane SET pools = '{}'", "DELETE FROM lane"])
    func `a lane that is not there any more is made anew`(sql: String) throws {
        var flow = Flow.nothing(["a": []])
        flow.tasks[0].pools = [PoolDemand("gpu", 1)]
        _ = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        try temporary.apply(flow)
        try spoil(sql)
        let run = try temporary.register("test")
        #expect(try temporary.drain() == ["a"])
        #expect(try store.state(ofRun: run) == .succeeded)
    }

    @Test func `a lane that cannot be read fails its tasks, and those of others go on`() throws {
        var flow = Flow.nothing(["a": []])
        flow.tasks[0].pools = [PoolDemand("gpu", 1)]
        _ = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        try temporary.apply(flow)
        try temporary.apply(.nothing(["x": []], named: "other"))
        _ = try temporary.register("test")
        _ = try temporary.register("other")
        try spoil("UPDATE lane SET pools = '1'")
        let claims = try temporary.claim()
        #expect(claims.map(\.name) == ["a", "x"])
        #expect(claims[0].fault?.contains("lane.pools") == true && claims[1].fault == nil)
        #expect(try store.pools().map(\.taken) == [0])
    }

    @Test func `a priority of before is brought into its range by the migration`() throws {
        try temporary.apply(.nothing(["b": ["a"]]))
        let run = try temporary.register("test")
        try spoil("UPDATE task SET priority = 1e17")
        try store.write { db in
            let sql = try #require(Schema.values.split(separator: ";").first)
            try db.execute(sql: String(sql))
        }
        #expect(try temporary.shell("SELECT DISTINCT priority FROM task") == "19")
        #expect(try temporary.drain() == ["a", "b"])
        #expect(try store.state(ofRun: run) == .succeeded)
    }
}
