import Cron
import Flows
import Testing

@testable import Storage

@Suite struct DrainTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    @Test func `every commit reaches the disk`() throws {
        #expect(try temporary.store.setting("journal_mode") == "wal")
        #expect(try temporary.store.setting("synchronous") == "2")  // FULL
        #expect(try temporary.store.setting("foreign_keys") == "1")
    }

    /// Many ends are one statement, which must not touch what somebody else has taken meanwhile.
    @Test(arguments: [false, true])
    func `of many ends at once those that are no longer ours change nothing`(isLost: Bool) throws {
        let names = (1...20).map { "t\($0)" }
        try temporary.apply(.nothing(Dictionary(uniqueKeysWithValues: names.map { ($0, []) })))
        let run = try temporary.register("test")
        let claims = try temporary.claim()
        #expect(claims.count == 20)
        if isLost {
            let output = try temporary.shell(
                """
                INSERT INTO runner VALUES (77, 1, 'boot', 1, 1, NULL);
                UPDATE task SET runner_id = 77 WHERE name = 't7';
                """
            )
            #expect(output.isEmpty)
        }
        let result = try temporary.end(claims, .exited(0))
        for (claim, state) in zip(claims, result.endStates) {
            #expect(state == (isLost && claim.name == "t7" ? nil : .succeeded))
        }
        var expected = Dictionary(uniqueKeysWithValues: names.map { ($0, TaskState.succeeded) })
        if isLost { expected["t7"] = .running }
        #expect(try temporary.states(ofRun: run) == expected)
    }

    @Test func `a diamond is drained from its top to its bottom`() throws {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        #expect(try temporary.claim().map(\.name) == ["a"])
        #expect(try temporary.store.state(ofRun: run) == .running)
    }

    @Test func `what a task frees is claimed in the same turn`() throws {
        try temporary.apply(.diamond)
        _ = try temporary.register("test")
        let first = try temporary.claim()
        let second = try temporary.end(first, .exited(0), wanting: 10).claims
        #expect(second.map(\.name) == ["b", "c"])
        #expect(try temporary.end([second[0]], .exited(0), wanting: 10).claims.isEmpty)
        let third = try temporary.end([second[1]], .exited(0), wanting: 10).claims
        #expect(third.map(\.name) == ["d"])
    }

    @Test func `a failed task stops only what needs it`() throws {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        let order = try temporary.drain { $0.name == "b" ? .exited(3) : .exited(0) }
        #expect(order == ["a", "b", "c"])
        let states = try temporary.states(ofRun: run)
        #expect(states == ["a": .succeeded, "b": .failed, "c": .succeeded, "d": .waiting])
        #expect(try temporary.store.state(ofRun: run) == .failed)
    }

    @Test func `retries are counted from the last reset and never reuse a number`() throws {
        let policy = RetryPolicy(limit: 1, delay: .zero)
        try temporary.apply(.nothing(["a": []], retries: policy))
        let run = try temporary.register("test")
        #expect(try temporary.drain { _ in .exited(1) } == ["a", "a"])
        #expect(try temporary.store.rerun(run, .failed, by: "test", at: temporary.now) == 1)
        #expect(try temporary.drain { _ in .signalled(9) } == ["a", "a"])
        let attempts = try temporary.store.run(run).tasks[0].attempts
        #expect(attempts.map(\.number) == [1, 2, 3, 4])
        #expect(attempts.map(\.outcome) == ["failed", "failed", "signalled", "signalled"])
    }

    @Test func `a retry waits for its instant`() throws {
        let policy = RetryPolicy(limit: 1, delay: .seconds(60))
        try temporary.apply(.nothing(["a": []], retries: policy))
        let run = try temporary.register("test")
        let result = try temporary.end(temporary.claim(), .timedOut, wanting: 1)
        #expect(result.claims.isEmpty)
        #expect(result.failedTasks == 0)
        let retryAt = try #require(result.nextRetryAt)
        #expect(try temporary.store.state(ofRun: run) == .waiting)
        var turn = Turn()
        turn.wanted = 1
        let later = try temporary.store.turn(turn, by: temporary.runner, at: retryAt)
        #expect(later.claims.map(\.attempt) == [2])
    }

    @Test func `a retry whose need is reset meanwhile waits for that need, and nobody spins`()
        throws
    {
        let policy = RetryPolicy(limit: 1, delay: .milliseconds(1))
        try temporary.apply(.nothing(["b": ["a"]], retries: policy))
        let run = try temporary.register("test")
        try temporary.end(temporary.claim(), .exited(0))
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try temporary.shell("UPDATE task SET status = 0 WHERE name = 'a'") == "")
        let later = Instant(milliseconds: temporary.now.milliseconds + 1000)
        var turn = Turn()
        turn.wanted = 9
        let result = try temporary.store.turn(turn, by: temporary.runner, at: later)
        #expect(result.claims.map(\.name) == ["a"])
        #expect(result.nextRetryAt == nil)
        try temporary.end(result.claims, .exited(0))
        #expect(try temporary.drain() == ["b"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `a claim handed back costs nothing`() throws {
        try temporary.apply(.nothing(["a": []]))
        _ = try temporary.register("test")
        var turn = Turn()
        turn.returned = try temporary.claim()
        turn.wanted = 1
        let again = try temporary.store.turn(turn, by: temporary.runner, at: temporary.now)
        #expect(again.claims.map(\.attempt) == [1])
    }

    @Test func `a flow's concurrency holds over all its runs, and its overflow holds up nobody`()
        throws
    {
        try temporary.apply(.nothing(["a": [], "b": [], "c": []], named: "narrow", concurrency: 2))
        try temporary.apply(.nothing(["x": [], "y": []], named: "wide"))
        _ = try temporary.register("narrow")
        _ = try temporary.register("narrow", force: true)
        _ = try temporary.register("wide")
        let claims = try temporary.claim()
        #expect(claims.map(\.name) == ["a", "b", "x", "y"])
        let next = try temporary.end([claims[0]], .exited(0), wanting: 10).claims
        #expect(next.map(\.name) == ["c"])
    }

    @Test func `a step of priority is worth a minute of waiting`() throws {
        var flow = Flow.nothing(["a": [], "b": [], "c": []])
        flow.tasks[1].priority = -1
        flow.tasks[0].priority = 5
        try temporary.apply(flow)
        _ = try temporary.register("test")
        #expect(try temporary.claim().map(\.name) == ["b", "c", "a"])
    }

    @Test func `a runner with nothing to claim writes nothing`() throws {
        try temporary.apply(.diamond)
        let before = try temporary.shell("PRAGMA data_version; SELECT count(*) FROM runner")
        #expect(try temporary.claim().isEmpty)
        #expect(try temporary.shell("PRAGMA data_version; SELECT count(*) FROM runner") == before)
    }
}
