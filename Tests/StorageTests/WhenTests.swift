import Cron
import Flows
import Testing

@testable import Storage

@Suite struct WhenTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// Tasks by name: what each needs, and when it is executed.
    private func register(_ tasks: [(String, [String], String)]) throws -> Int64 {
        let specs = try tasks.map { name, needs, when in
            var spec = TaskSpec(name: name, needs: needs, action: .run("true"))
            if !when.isEmpty { spec.traits.when = try Condition(when) }
            return spec
        }
        let flow = Flow(
            name: "test",
            overlap: .allow,
            parameters: [Variable("region", "east")],
            workingDirectory: "/",
            tasks: specs
        )
        try temporary.apply(flow)
        return try temporary.register("test")
    }

    private static let fork: [(String, [String], String)] = [
        ("a", [], ""), ("good", ["a"], "succeeded"), ("bad", ["a"], "failed"),
        ("both", ["a"], "always"), ("end", ["good", "bad", "both"], ""),
    ]

    @Test func `after a success what waits for a failure is skipped`() throws {
        let run = try register(Self.fork)
        #expect(try temporary.drain() == ["a", "good", "both", "end"])
        #expect(try temporary.states(ofRun: run)["bad"] == .skipped)
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `after a failure the others wait for a person`() throws {
        let run = try register(Self.fork)
        let order = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        #expect(order == ["a", "bad", "both"])
        let states = try temporary.states(ofRun: run)
        #expect(states["good"] == .waiting && states["end"] == .waiting)
        #expect(try temporary.store.check() == [])
        #expect(try temporary.store.state(ofRun: run) == .failed)
    }

    @Test func `a rerun of the need carries on where they waited`() throws {
        let run = try register(Self.fork)
        _ = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        _ = try temporary.store.rerun(run, .failed, by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a", "good", "end"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `a rerun from the need judges all of them anew`() throws {
        let run = try register(Self.fork)
        _ = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        _ = try temporary.store.rerun(run, .from("a"), by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a", "good", "both", "end"])
        #expect(try temporary.states(ofRun: run)["bad"] == .skipped)
    }

    @Test(arguments: [
        // Cancelled counts as failed, skipped as succeeded.
        (8, ["bad", "both"]), (9, ["good", "both", "end"]),
    ])
    func `a change in a plain shell counts as the end that it is`(
        status: Int,
        order: [String]
    ) throws {
        _ = try register(Self.fork)
        let sql = "UPDATE task SET status = \(status) WHERE name = 'a'"
        #expect(try temporary.shell(sql) == "")
        #expect(try temporary.drain() == order)
    }

    @Test func `a failed task that is skipped in a plain shell frees the others, and none twice`()
        throws
    {
        let run = try register(Self.fork)
        _ = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name = 'a'") == "")
        #expect(try temporary.shell("SELECT name FROM task WHERE unmet > 0") == "end")
        #expect(try temporary.drain() == ["good", "end"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `counters come back to what they were, through every state`() throws {
        _ = try register(Self.fork)
        let counters =
            "SELECT group_concat(name || unmet, ' ') FROM (SELECT * FROM task ORDER BY id)"
        let before = try temporary.shell(counters)
        for status in [8, 0, 9, 0, 8, 9, 0, 4, 8, 0] {
            let sql = "UPDATE task SET status = \(status) WHERE name = 'a'"
            #expect(try temporary.shell(sql) == "")
        }
        #expect(try temporary.shell(counters) == before)
        #expect(try temporary.drain() == ["a", "good", "both", "end"])
    }

    @Test func `a condition on parameters skips, and skipping goes on`() throws {
        let run = try register([
            ("a", [], #"${region} == "west""#), ("b", ["a"], ""), ("c", ["b"], "failed"),
            ("d", ["c"], ""),
        ])
        #expect(try temporary.drain() == ["b", "d"])
        let states = try temporary.states(ofRun: run)
        #expect(states["a"] == .skipped && states["c"] == .skipped)
    }

    @Test func `a flow in which all is skipped has succeeded in one turn`() throws {
        let run = try register([("a", [], "false"), ("b", ["a"], "failed")])
        #expect(try temporary.claim().isEmpty)
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
        #expect(try !temporary.store.hasWork(at: temporary.now))
    }

    @Test func `a condition on an output`() throws {
        let run = try register([
            ("a", [], ""), ("b", ["a"], "${tasks.a.outputs.n} > 9"),
            ("c", ["a"], "not ${tasks.a.outputs.n} > 9"),
            ("d", ["a"], "${tasks.a.outputs.missing} == 1"),
        ])
        let outputs = [Variable("n", "10")]
        let claims = try temporary.end(temporary.claim(), .exited(0), outputs: outputs, wanting: 9)
            .claims
        #expect(claims.map(\.name) == ["b", "d"])
        #expect(claims[0].fault == nil)
        let fault = "task 'a' gave no output 'missing': it wrote none to $FLOWER_OUTPUT"
        #expect(claims[1].fault == fault)
        #expect(try temporary.states(ofRun: run)["c"] == .skipped)
    }

    @Test func `cancelling a run leaves alone what is always executed`() throws {
        let run = try register(Self.fork + [("last", ["both"], "always")])
        let done = try temporary.store.cancel(run, by: "test", at: temporary.now)
        #expect(done.cancelled == 4)
        #expect(try temporary.store.state(ofRun: run) == .waiting)
        #expect(try temporary.drain() == ["both", "last"])
        #expect(try temporary.store.state(ofRun: run) == .cancelled)
    }

    @Test func `named itself it is cancelled too`() throws {
        let run = try register([("a", [], ""), ("b", ["a"], "always")])
        _ = try temporary.store.cancel(run, task: "b", by: "test", at: temporary.now)
        #expect(try temporary.states(ofRun: run)["b"] == .cancelled)
    }

    @Test func `what the file says comes back from the database`() throws {
        _ = try register(Self.fork)
        let tasks = try temporary.store.flow(named: "test", at: temporary.now).flow.tasks
        #expect(tasks.map { $0.traits.when?.text } == [nil, "succeeded", "failed", "always", nil])
    }
}
