import Cron
import Flows
import Testing

@testable import Storage

@Suite struct HookTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    private func apply(_ needs: [String: [String]] = ["b": ["a"]], overlap: OverlapPolicy = .skip)
        throws
    {
        var flow = Flow.nothing(needs)
        flow.overlap = overlap
        flow.hooks = HookEvent.allCases.map { event in
            event == .notify
                ? .mail(to: ["ops@example.org"])
                : Hook(event, TaskSpec(name: event.taskName, action: .run("true")))
        }
        try temporary.apply(flow)
    }

    private func register() throws -> Int64 {
        try apply()
        return try temporary.register("test")
    }

    @Test func `a run that succeeds has its hooks once, after its last task`() throws {
        let run = try register()
        #expect(try temporary.drain() == ["a", "b", "@on_success", "@always"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
        #expect(try temporary.drain() == [])
    }

    @Test func `a run that fails has others, told how it settled`() throws {
        let run = try register()
        var told: [[String: String]] = []
        let order = try temporary.drain { claim in
            if !claim.values.isEmpty { told.append(claim.values) }
            return claim.name == "a" ? .exited(1) : .exited(0)
        }
        #expect(order == ["a", "@on_failure", "@always", "@notify"])
        #expect(
            told == Array(repeating: ["run.state": "failed", "run.failed_tasks": "a"], count: 3)
        )
        #expect(try temporary.store.state(ofRun: run) == .failed)
    }

    @Test func `the turn that commits the last end makes them ready`() throws {
        _ = try register()
        try temporary.end(temporary.claim(), .exited(0))
        let claims = try temporary.end(temporary.claim(), .exited(0), wanting: 10).claims
        #expect(claims.map(\.name) == ["@on_success", "@always"])
    }

    @Test func `what becomes of them is told, and is not the run's`() throws {
        let run = try register()
        _ = try temporary.drain { $0.name.hasPrefix("@") ? .exited(7) : .exited(0) }
        let detail = try temporary.store.run(run)
        #expect(detail.summary.state == .succeeded)
        #expect(detail.summary.counts == [.succeeded: 2])
        #expect(detail.tasks.map(\.name) == ["a", "b", "@on_success", "@always"])
        #expect(detail.tasks.map(\.state) == [.succeeded, .succeeded, .failed, .failed])
        #expect(try temporary.store.failures(ofRun: run, limit: 9).count == 0)
    }

    @Test func `a run that settles again has them again, with the next attempt`() throws {
        let run = try register()
        _ = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        _ = try temporary.store.rerun(run, .failed, by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a", "b", "@on_success", "@always"])
        _ = try temporary.store.rerun(run, .all, by: "test", at: temporary.now)
        var attempts: [String: Int] = [:]
        _ = try temporary.drain { claim in
            attempts[claim.name] = claim.attempt
            return .exited(0)
        }
        #expect(attempts == ["a": 3, "b": 2, "@on_success": 2, "@always": 3])
        #expect(try temporary.store.check() == [])
    }

    @Test func `a rerun in a plain shell arms them too`() throws {
        _ = try register()
        _ = try temporary.drain()
        #expect(try temporary.shell("UPDATE task SET status = 0 WHERE name = 'b'") == "")
        #expect(try temporary.drain() == ["b", "@on_success", "@always"])
    }

    @Test func `skipped in a plain shell it has settled: the next turn sees it`() throws {
        let run = try register()
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try temporary.drain() == ["@on_failure", "@always", "@notify"])
        let sql = "UPDATE task SET status = 9 WHERE name IN ('a', 'b')"
        #expect(try temporary.shell(sql) == "")
        #expect(try temporary.store.hasWork(at: temporary.now))
        #expect(try temporary.drain() == ["@on_success", "@always"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `those of one settling are ready by one clock, in the file's order`() throws {
        _ = try register()
        _ = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name IN ('a', 'b')") == "")
        var turn = Turn()
        turn.wanted = 10
        // `always` was executed before and is reset, by a trigger that asks SQLite's clock.
        let later = Instant(milliseconds: temporary.now.milliseconds + 60_000)
        let claims = try temporary.store.turn(turn, by: temporary.runner, at: later).claims
        #expect(claims.map(\.name) == ["@on_success", "@always"])
    }

    @Test func `cancelled it has only what is always executed`() throws {
        let run = try register()
        let done = try temporary.store.cancel(run, by: "test", at: temporary.now)
        #expect(done.cancelled == 2)
        #expect(try temporary.store.state(ofRun: run) == .cancelled)
        #expect(try temporary.drain() == ["@always"])
        #expect(throws: StorageError.self) {
            try temporary.store.cancel(run, by: "test", at: temporary.now)
        }
    }

    @Test func `a rescue that ends the last task settles the run`() throws {
        _ = try register()
        try temporary.end(temporary.claim(), .exited(0))
        let claims = try temporary.claim()
        let start = AttemptStart(claim: claims[0], startedAt: temporary.now, pid: 7, sink: "")
        let end = AttemptEnd(
            start: start,
            endedAt: temporary.now,
            duration: .zero,
            outcome: .interrupted
        )
        let states = try temporary.store.rescue(
            temporary.runner,
            ended: [end],
            returned: [],
            at: temporary.now
        )
        #expect(states == [.failed])
        #expect(try temporary.claim().map(\.name) == ["@on_failure", "@always", "@notify"])
    }

    @Test func `a held run has not settled, nor has one before its retry`() throws {
        let run = try register()
        #expect(try temporary.shell("UPDATE task SET status = 4 WHERE name = 'b'") == "")
        #expect(try temporary.drain() == ["a"])
        #expect(try temporary.store.state(ofRun: run) == .held)
        #expect(try temporary.shell("UPDATE task SET status = 0 WHERE name = 'b'") == "")
        #expect(try temporary.drain() == ["b", "@on_success", "@always"])
    }

    @Test func `a run of which all is skipped settles in its first turn`() throws {
        var flow = Flow.nothing(["b": ["a"]])
        flow.tasks[0].traits.when = try Condition("false")
        flow.tasks[1].traits.when = try Condition("failed")
        flow.hooks = [Hook(.success, TaskSpec(name: "@on_success", action: .run("true")))]
        try temporary.apply(flow)
        _ = try temporary.register("test")
        #expect(try temporary.claim().map(\.name) == ["@on_success"])
    }

    @Test func `hooks that run hold nobody up, and one still at work is executed again after`()
        throws
    {
        let run = try register()
        _ = try temporary.drain { _ in .exited(0) }
        _ = try temporary.store.rerun(run, .all, by: "test", at: temporary.now)
        try temporary.end(temporary.claim(), .exited(0))
        let hooks = try temporary.end(temporary.claim(), .exited(0), wanting: 9).claims
        #expect(hooks.count == 2)
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
        #expect(try temporary.register("test") == run + 1)
        _ = try temporary.store.cancel(run + 1, by: "test", at: temporary.now)
        #expect(try temporary.claim().map(\.name) == ["@always"])
        _ = try temporary.store.rerun(run, .from("b"), by: "test", at: temporary.now)
        try temporary.end(temporary.claim(), .exited(0))
        #expect(try temporary.claim().isEmpty)
        let again = try temporary.end(hooks, .exited(0), wanting: 9).claims
        #expect(Set(again.map(\.name)) == ["@on_success", "@always"])
        #expect(again.allSatisfy { $0.run.runID == run && $0.attempt == 3 })
    }

    @Test func `a queued run's hooks wait for its own end`() throws {
        try apply(overlap: .queue)
        let first = try temporary.register("test")
        let second = try temporary.register("test")
        var runs: [Int64] = []
        _ = try temporary.drain { claim in
            if claim.name == "@always" { runs.append(claim.run.runID) }
            return .exited(0)
        }
        #expect(runs == [first, second])
    }

    @Test func `a flow without hooks has nothing of them`() throws {
        try temporary.apply(.diamond)
        _ = try temporary.register("test")
        _ = try temporary.drain()
        let sql = """
            SELECT count(*) FROM task WHERE role IS NOT NULL OR traits IS NOT NULL
              OR judged_ms IS NOT NULL;
            SELECT count(*) FROM run WHERE armed IS NOT NULL; SELECT count(*) FROM settling
            """
        #expect(try temporary.shell(sql) == "0\n0\n0")
    }

    @Test func `what the file says comes back from the database, and counts no task`() throws {
        try apply()
        let flow = try temporary.store.flow(named: "test", at: temporary.now).flow
        #expect(flow.hooks.map(\.event) == HookEvent.allCases)
        #expect(flow.hooks.last?.addresses == ["ops@example.org"])
        #expect(flow.tasks.map(\.name) == ["a", "b"])
        #expect(try temporary.store.flows(at: temporary.now).map(\.tasks) == [2])
    }
}
