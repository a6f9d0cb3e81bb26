import Cron
import Flows
import GRDB
import Testing

@testable import Storage

/// `flower check` finds each spoilt row by its key, and `--mend` mends it so that nothing is found any more.
@Suite struct MendTests {
    let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    /// With what refuses it switched off, as a file of before has it.
    private func spoil(_ sql: String) throws {
        let triggers = try temporary.shell(
            """
            SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'
              AND (name LIKE '%_values' OR name LIKE '%_guard' OR name LIKE '%_deleted')
            """
        )
        let said = try temporary.shell("PRAGMA ignore_check_constraints = ON; \(triggers); \(sql)")
        #expect(said == "")
    }

    private func mend(isRehearsal: Bool = false) throws -> (
        mended: [CheckFinding], left: [CheckFinding]
    ) {
        try store.mend(isRehearsal: isRehearsal, by: "test", at: temporary.now)
    }

    private func makeRun() throws {
        var flow = Flow.nothing(["b": ["a"]], retries: RetryPolicy(limit: 1))
        flow.tasks[0].pools = [PoolDemand("gpu", 1)]
        flow.tasks[0].environment = [Variable("X", "1")]
        flow.tasks[1].killGrace = .seconds(3)
        flow.schedules = [
            ScheduleSpec(
                text: "@hourly",
                expression: try CronExpression("@hourly", hashID: "test"),
                timing: ScheduleTiming()
            )
        ]
        _ = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        try temporary.apply(flow)
        _ = try temporary.register("test")
    }

    @Test(arguments: [
        (
            "UPDATE task SET priority = 1e17 WHERE id = 1",
            "task.priority cannot be used where id = 1"
        ),
        ("UPDATE task SET control = '7' WHERE id = 2", "task.control cannot be used where id = 2"),
        (
            "UPDATE task SET control = '{\"retry_jitter\": 7}' WHERE id = 2",
            "task.control cannot be used where id = 2"
        ),
        ("UPDATE task SET traits = '{\"when\": \"and\"}' WHERE id = 2", "task.traits"),
        ("UPDATE task SET environment = '[]' WHERE id = 1", "task.environment"),
        ("UPDATE task SET kind = 'exec', command = '[7]' WHERE id = 1", "task.kind, task.command"),
        ("UPDATE task SET kind = 'component', arguments = '7' WHERE id = 1", "task.arguments"),
        ("UPDATE task SET timeout_ms = -1 WHERE id = 1", "task.timeout_ms"),
        ("UPDATE task SET retry_backoff = 9e999 WHERE id = 1", "task.retry_backoff"),
        ("UPDATE task SET lane = 9 WHERE id = 1", "task.lane"),
        ("UPDATE lane SET pools = '1'", "lane.pools"),
        ("UPDATE run SET parameters = '[]'", "run.parameters cannot be used where id = 1"),
        ("UPDATE run SET environment = '7'", "run.environment"),
        ("UPDATE run SET shell = '[]'", "run.shell"),
        ("UPDATE run SET secrets = '{}'", "run.secrets"),
        ("UPDATE run SET timeout_ms = 9223372036854775807", "run.timeout_ms"),
        ("UPDATE flow SET shell = '[7]'", "flow.shell cannot be used where id = 1"),
        ("UPDATE flow_task SET retry_on = '{\"exit\": 7}' WHERE name = 'a'", "flow_task.retry_on"),
        ("UPDATE flow_task SET pools = '7' WHERE name = 'a'", "name = 'a'"),
        ("UPDATE flow SET concurrency = -4", "flow.concurrency cannot be used where id = 1"),
        ("UPDATE flow SET queue_limit = 0", "flow.queue_limit"),
        ("UPDATE flow SET priority = 20", "flow.priority"),
        ("UPDATE flow SET overlap = 'x'", "flow.overlap"),
        ("UPDATE flow SET working_directory = 'relative'", "flow.working_directory"),
        (
            "UPDATE flow_task SET priority = 1e17 WHERE name = 'a'",
            "flow_task.priority cannot be used where flow_id = 1 AND name = 'a'"
        ),
        ("UPDATE flow_task SET retry_limit = -1 WHERE name = 'a'", "flow_task.retry_limit"),
        ("UPDATE flow_task SET retry_backoff = 0 WHERE name = 'a'", "flow_task.retry_backoff"),
        ("UPDATE flow_task SET retry_jitter = 7 WHERE name = 'a'", "flow_task.retry_jitter"),
        ("UPDATE flow_task SET isolate = 7 WHERE name = 'a'", "flow_task.isolate"),
        ("UPDATE flow_task SET kind = 'zz' WHERE name = 'a'", "flow_task.kind"),
        ("UPDATE flow_task SET role = 'zz' WHERE name = 'a'", "flow_task.role"),
        ("UPDATE schedule SET catchup = 'zz'", "schedule.catchup cannot be used where id = 1"),
        ("UPDATE pool SET slots = -1", "pool.slots cannot be used where name = 'gpu'"),
        ("UPDATE pool SET slots = 1e17", "pool.slots cannot be used where name = 'gpu'"),
        ("DELETE FROM run", "refers to a row of run that is not there"),
        ("DELETE FROM flow", "refers to a row of flow that is not there"),
        ("DELETE FROM flow_task WHERE name = 'a'", "refers to a row of flow_task"),
        ("DELETE FROM task WHERE id = 1", "refers to a row of task that is not there"),
        ("INSERT INTO settling VALUES (99)", "row 99 of settling refers to a row of run"),
        ("UPDATE task SET unmet = 7", "the count of unmet needs is wrong"),
        ("UPDATE task SET rank_ms = NULL", "stands in no lane"),
        (
            "UPDATE task SET retry_at_ms = 253402214400000, rank_ms = NULL WHERE id = 1",
            "waits for a run"
        ),
        (
            "INSERT INTO attempt (task_id, number, runner_id, started_at_ms) VALUES (1, 1, 1, 1)",
            "an attempt is open"
        ),
    ])
    func `what is found is told by its row, mended, and found no more`(
        sql: String,
        problem: String
    ) throws {
        try makeRun()
        #expect(try store.check() == [])
        try spoil(sql)
        let found = try store.check()
        #expect(found.contains { $0.problem.contains(problem) }, "\(found.map(\.problem))")
        let rehearsed = try mend(isRehearsal: true)
        #expect(rehearsed.left == [] && !rehearsed.mended.isEmpty, "\(rehearsed.left)")
        #expect(try store.check() == found)
        #expect(try mend().mended.map(\.problem) == rehearsed.mended.map(\.problem))
        #expect(try store.check() == [])
    }

    /// The sentence of SQLite's own check names the table alone.
    @Test func `a row is told once, by its column`() throws {
        try makeRun()
        try spoil("UPDATE flow SET overlap = 'x'; UPDATE pool SET slots = -1")
        let found = try store.check().map(\.problem)
        let byRow = found.filter { $0.contains(" cannot be used where ") }
        let isByTable = found.contains { $0.contains("a rule of its table") }
        #expect(byRow.count == 2 && !isByTable, "\(found)")
    }

    @Test func `a working directory that is no path is mended to one where nothing can run`() throws
    {
        try makeRun()
        try spoil("UPDATE flow SET working_directory = 'relative', concurrency = 0")
        _ = try mend()
        let mended = try temporary.shell("SELECT working_directory, concurrency FROM flow")
        #expect(mended == "/nonexistent|1")
    }

    @Test func `a value taken anew is the flow's, and its task waits for a person`() throws {
        try makeRun()
        try spoil("UPDATE task SET environment = '[]' WHERE name = 'a'")
        _ = try mend()
        #expect(try temporary.claim().isEmpty)
        #expect(try store.release(1, task: "a", by: "test", at: temporary.now) == 1)
        #expect(try temporary.claim().first?.environment == [Variable("X", "1")])
    }

    @Test func `of values that ended the rest of a run goes on`() throws {
        try makeRun()
        try temporary.end(temporary.claim(1), .exited(0))
        try spoil("UPDATE task SET control = '7' WHERE name = 'a'")
        #expect(try mend().left == [])
        #expect(try temporary.drain() == ["b"])
    }

    @Test func `what only a rescue may do is left to it`() throws {
        try makeRun()
        _ = try temporary.claim(1)
        try spoil("DELETE FROM runner")
        let left = try mend().left
        #expect(left.count == 1 && left[0].remedy.contains("flower run"), "\(left)")
    }
}
