import Cron
import Flows
import Testing

@testable import Storage

/// `flow:`, a task that waits for a run of another flow.
@Suite struct StartedRunTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    private func flow(
        _ name: String,
        starts child: String? = nil,
        _ parameters: [Variable] = [],
        _ change: (inout Flow) -> Void = { _ in }
    ) -> Flow {
        var flow = Flow.nothing(["a": [], "c": ["b"]], named: name)
        flow.overlap = .allow
        if let child {
            flow.tasks[1].action = .flow(name: child, parameters: parameters)
            flow.tasks[1].needs = ["a"]
        }
        change(&flow)
        return flow
    }

    private func apply(_ flows: Flow...) throws {
        let sources = flows.map {
            FlowSource(path: "/flows/\($0.name).yaml", digest: "\($0)", flows: [$0])
        }
        _ = try temporary.store.apply(sources, by: "test", at: temporary.now)
    }

    /// `up`, whose task `b` needs `a`, is needed by `c` and starts `down`.
    private func register(
        _ parameters: [Variable] = [],
        _ change: (inout Flow) -> Void = { _ in }
    ) throws -> Int64 {
        try apply(flow("up", starts: "down", parameters, change), flow("down"))
        return try temporary.register("up")
    }

    /// Tasks of all runs in the order of their claims; those that waited have ended as a runner ends them.
    private func drain(_ outcome: (Claim) -> Outcome = { _ in .exited(0) }) throws -> [String] {
        try temporary.drain { claim in
            claim.child.map { .exited($0.state == .succeeded ? 0 : 1) } ?? outcome(claim)
        }
    }

    @Test func `the run that it starts has settled before the task has`() throws {
        let run = try register()
        #expect(try drain() == ["a", "a", "b", "c", "b", "c"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
        #expect(try temporary.store.state(ofRun: run + 1) == .succeeded)
    }

    @Test func `what hangs on a run that fails is over with it`() throws {
        let run = try register {
            var alert = TaskSpec(name: "d", needs: ["b", "c"], action: .run("true"))
            alert.traits.when = try? Condition("failed")
            $0.tasks.append(alert)
        }
        #expect(
            try drain { $0.run.flow == "down" ? .exited(1) : .exited(0) } == [
                "a", "a", "b", "b", "d",
            ]
        )
        #expect(try temporary.states(ofRun: run)["c"] == .waiting)
        #expect(try temporary.store.check() == [])
    }

    @Test func `it waits without a worker, and its run is waiting, not settled`() throws {
        let run = try register()
        let claims = try temporary.end(temporary.claim(), .exited(0), wanting: 9).claims
        #expect(claims.map(\.run.flow) == ["down", "down"])
        #expect(try temporary.store.state(ofRun: run) == .waiting)
        #expect(try temporary.states(ofRun: run)["b"] == .waiting)
        #expect(try temporary.store.timedWork(at: temporary.now).nextAt == nil)
        try temporary.end(claims, .exited(0))
        let last = try temporary.end(temporary.claim(), .exited(0), wanting: 9).claims
        #expect(last.map(\.name) == ["b"])
        #expect(last.first?.child?.id == run + 1 && last.first?.child?.state == .succeeded)
    }

    @Test func `status links both ways`() throws {
        let run = try register()
        try temporary.end(temporary.claim(), .exited(0))
        let task = try temporary.store.run(run).tasks[1]
        #expect(task.child?.id == run + 1 && task.child?.flow == "down")
        #expect(task.retryAt == nil)
        let parent = try temporary.store.run(run + 1).parent
        #expect(parent?.run == run && parent?.task == TaskName("b"))
        #expect(try temporary.store.run(run).parent == nil)
    }

    @Test func `its parameters are handed on, filled`() throws {
        let given = [Variable("region", "<${tasks.a.outputs.r} ${region} ${run.id}>")]
        _ = try register(given)
        let outputs = [Variable("r", "x")]
        let claims = try temporary.end(
            temporary.claim(),
            .exited(0),
            outputs: outputs,
            wanting: 9
        ).claims
        #expect(claims.first?.run.parameters == [Variable("region", "<x all 1>")])
    }

    @Test func `a run that fails fails the task, and retries start another`() throws {
        let run = try register { $0.tasks[1].retries = RetryPolicy(limit: 1, delay: .zero) }
        var starts = 0
        let order = try drain { claim in
            if claim.run.flow == "down", claim.name == "a" { starts += 1 }
            return claim.run.flow == "down" && claim.name == "b" && starts == 1
                ? .exited(1) : .exited(0)
        }
        #expect(order == ["a", "a", "b", "b", "a", "b", "c", "b", "c"])
        #expect(
            try temporary.store.run(run).tasks[1].attempts.map(\.outcome) == [
                "failed", "succeeded",
            ]
        )
        #expect(try temporary.store.run(run).tasks[1].child?.id == run + 2)
    }

    @Test func `a rerun starts another run`() throws {
        let run = try register()
        _ = try drain()
        _ = try temporary.store.rerun(run, .from("b"), by: "test", at: temporary.now)
        #expect(try drain() == ["a", "b", "c", "b", "c"])
        #expect(try temporary.store.run(run).tasks[1].child?.id == run + 2)
    }

    @Test(arguments: [nil, "b"])
    func `cancelling goes down`(task: String?) throws {
        let run = try register()
        let claims = try temporary.end(temporary.claim(), .exited(0), wanting: 1).claims
        _ = try temporary.store.cancel(run, task: task, by: "test", at: temporary.now)
        var turn = Turn()
        turn.started = []
        let told = try temporary.store.turn(turn, by: temporary.runner, at: temporary.now)
        #expect(told.toCancel == claims.map(\.taskID))
        try temporary.end(claims, .cancelled)
        #expect(try temporary.store.state(ofRun: run + 1) == .cancelled)
        #expect(try temporary.states(ofRun: run)["b"] == .cancelled)
        #expect(try temporary.claim().isEmpty)
        _ = try temporary.store.rerun(run, .all, by: "test", at: temporary.now)
        #expect(try drain() == ["a", "a", "b", "c", "b", "c"])
    }

    @Test func `a run that is cancelled itself fails the task`() throws {
        let run = try register()
        try temporary.end(temporary.claim(), .exited(0))
        _ = try temporary.store.cancel(run + 1, by: "test", at: temporary.now)
        let claims = try temporary.claim()
        #expect(claims.map(\.name) == ["b"] && claims.first?.child?.state == .cancelled)
    }

    @Test func `held meanwhile it goes on when it is released`() throws {
        let run = try register()
        try temporary.end(temporary.claim(), .exited(0))
        #expect(
            try temporary.shell("UPDATE task SET status = 4 WHERE name = 'b' AND run_id = 1") == ""
        )
        #expect(try drain() == ["a", "b", "c"])
        #expect(try temporary.store.state(ofRun: run) == .held)
        #expect(
            try temporary.shell("UPDATE task SET status = 0 WHERE name = 'b' AND run_id = 1") == ""
        )
        #expect(try drain() == ["b", "c"])
        #expect(try temporary.store.runs().count == 2)
        #expect(try temporary.store.check() == [])
    }

    @Test func `while it waits it cannot be run again`() throws {
        let run = try register()
        try temporary.end(temporary.claim(), .exited(0))
        let error = #expect(throws: StorageError.self) {
            try temporary.store.rerun(run, .from("a"), by: "test", at: temporary.now)
        }
        #expect(error?.code == .refused && error?.message == "task 'b' of run 1 waits for run 2")
    }

    @Test func `each item has a run of its own`() throws {
        let run = try register([Variable("region", "${item}")]) {
            $0.tasks[1].traits.forEach = .texts(["x", "y"])
        }
        var regions: [String] = []
        _ = try drain { claim in
            if claim.run.flow == "down", claim.name == "a" {
                regions += claim.run.parameters.map(\.value)
            }
            return .exited(0)
        }
        #expect(regions == ["x", "y"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `where the flow may not run now, the attempt says why`() throws {
        try apply(flow("up", starts: "down"), flow("down") { $0.overlap = .skip })
        _ = try temporary.register("down")
        _ = try temporary.register("up")
        let down = try temporary.claim()
        let claims = try temporary.end(down.filter { $0.run.flow == "up" }, .exited(0), wanting: 9)
            .claims
        #expect(
            claims.map(\.fault) == [
                "no run of flow 'down': run 1 is still active, and its overlap is skip"
            ]
        )
    }

    @Test func `a queued run starts in its turn`() throws {
        try apply(flow("up", starts: "down"), flow("down") { $0.overlap = .queue })
        _ = try temporary.register("down")
        _ = try temporary.register("up")
        #expect(try drain().count == 9)
        #expect(try temporary.store.runs().map(\.state) == [.succeeded, .succeeded, .succeeded])
    }

    @Test func `flows that start each other in a circle are refused, and nothing is applied`()
        throws
    {
        let error = #expect(throws: StorageError.self) {
            try apply(
                flow("up", starts: "mid"),
                flow("mid", starts: "down"),
                flow("down", starts: "up")
            )
        }
        #expect(error?.code == .badInput)
        #expect(
            error?.message == "flows start each other in a circle: up → mid → down → up"
        )
        #expect(try temporary.store.flows(at: temporary.now).isEmpty)
    }

    @Test(
        arguments: [
            ("dawn", [], "there is no flow 'dawn'", "did you mean 'down'?"),
            (
                "down", [Variable("reigon", "x")], "the flow has no parameter 'reigon'",
                "did you mean 'region'?"
            ),
        ] as [(String, [Variable], String, String)]
    )
    func `what it starts must be there`(
        name: String,
        parameters: [Variable],
        message: String,
        hint: String
    ) throws {
        let error = #expect(throws: StorageError.self) {
            try apply(flow("up", starts: name, parameters), flow("down"))
        }
        #expect(error?.code == .badInput && error?.hint == hint)
        #expect(error?.message == "task 'b' of flow 'up' starts flow '\(name)': \(message)")
    }

    @Test func `a circle made with SQL ends at the limit`() throws {
        try apply(flow("up", starts: "down"), flow("down"))
        let sql = """
            INSERT INTO flow_task (flow_id, name, position, kind, command, arguments, traits)
            SELECT (SELECT id FROM flow WHERE name = 'down'), 'again', 9, kind, command,
              json_set(arguments, '$.flow', 'up'), traits FROM flow_task WHERE command = '@flow'
            """
        #expect(try temporary.shell(sql) == "")
        _ = try temporary.register("up")
        var faults: Set<String> = []
        _ = try drain { claim in
            if let fault = claim.fault { faults.insert(fault) }
            return claim.fault == nil ? .exited(0) : .exited(1)
        }
        #expect(try temporary.store.runs().count == Limit.flowDepth)
        #expect(faults.count == 1)
        #expect(faults.first?.contains("16 runs have started each other, and no more may") == true)
        #expect(try temporary.store.runs().allSatisfy { $0.state == .failed })
    }

    @Test func `the due instant and its zone are the whole's`() throws {
        let run = try register()
        #expect(
            try temporary.shell("UPDATE run SET due_at_ms = 123000, timezone = 'Asia/Tokyo'") == ""
        )
        let claims = try temporary.end(temporary.claim(), .exited(0), wanting: 9).claims
        #expect(claims.first?.run.dueAt == Instant(milliseconds: 123_000))
        #expect(claims.first?.run.timezone == "Asia/Tokyo" && claims.first?.run.runID == run + 1)
    }

    @Test func `what the file says comes back from the database`() throws {
        _ = try register([Variable("region", "x")])
        let task = try temporary.store.flow(named: "up", at: temporary.now).flow.tasks[1]
        #expect(task.action == .flow(name: "down", parameters: [Variable("region", "x")]))
    }
}
