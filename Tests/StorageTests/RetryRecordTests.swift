import Cron
import Flows
import Testing

@testable import Storage

@Suite struct RetryRecordTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    private func register(_ policy: RetryPolicy, tasks: [String] = ["a"]) throws -> Int64 {
        let needs = Dictionary(uniqueKeysWithValues: tasks.map { ($0, [String]()) })
        try temporary.apply(.nothing(needs, retries: policy))
        return try temporary.register("test")
    }

    @Test(arguments: [
        (Outcome.exited(75), TaskState.waiting), (.exited(1), .failed), (.signalled(9), .waiting),
        (.signalled(15), .failed), (.timedOut, .waiting), (.interrupted, .failed),
        (.notStarted(reason: "x"), .failed),
    ])
    func `only the ends that are listed are tried again`(
        outcome: Outcome,
        state: TaskState
    ) throws {
        let causes = RetryCauses(exits: .these([75]), signals: .these([9]), timeout: true)
        let run = try register(RetryPolicy(limit: 1, delay: .seconds(60), causes: causes))
        try temporary.end(temporary.claim(), outcome)
        #expect(try temporary.states(ofRun: run) == ["a": state])
    }

    @Test func `left out, every end is tried again, an interruption too`() throws {
        let run = try register(RetryPolicy(limit: 1, delay: .seconds(60)))
        try temporary.end(temporary.claim(), .interrupted)
        #expect(try temporary.states(ofRun: run) == ["a": .waiting])
    }

    @Test func `retries of tasks that failed together are spread over the jitter`() throws {
        let names = (0..<50).map { "t\($0)" }
        let policy = RetryPolicy(limit: 1, delay: .seconds(100), jitter: .fraction(0.5))
        let run = try register(policy, tasks: names)
        let before = temporary.now.milliseconds
        try temporary.end(temporary.claim(), .exited(1))
        let after = temporary.now.milliseconds
        let instance = temporary.store.instance
        for task in try temporary.store.run(run).tasks {
            let spread = RetryPolicy.spread(instance: instance, task: task.id, attempt: 1)
            let wait = 100_000 + Int64(50_000 * spread)
            let at = try #require(task.retryAt).milliseconds
            #expect((before + wait...after + wait).contains(at))
        }
    }

    @Test func `what a file says comes back as it was applied`() throws {
        var flow = Flow.nothing(["a": [], "b": []])
        flow.tasks[0].retries = RetryPolicy(
            limit: 2,
            jitter: .span(.seconds(3)),
            causes: RetryCauses(exits: .any, signals: .these([9, 15]), notStarted: true)
        )
        flow.tasks[1].retries = RetryPolicy(limit: 1, jitter: .fraction(0.25))
        flow.tasks[1].killGrace = .seconds(3)
        flow.tasks[1].environmentFiles = [
            VariableFile("/a"), VariableFile("/b", mayBeMissing: true),
        ]
        flow.tasks[1].action = .component(name: "noop", with: .object([:]))
        flow.tasks[1].isIsolated = true
        flow.tasks[0].hold = "why"
        flow.killGrace = .seconds(5)
        flow.runTimeout = .seconds(60)
        flow.environmentFiles = [VariableFile("/c")]
        flow.secrets = ["region"]
        try temporary.apply(flow)
        #expect(try temporary.store.flow(named: "test", at: temporary.now).flow == flow)
        // So that an unchanged flow of a changed file is known as unchanged.
        #expect(try temporary.apply(flow, digest: "2").changes.map(\.change) == [.unchanged])
        _ = try temporary.register("test")
        let claim = try #require(try temporary.claim().first)
        #expect(claim.name == "b" && claim.killGrace == .seconds(3) && claim.isIsolated)
        #expect(claim.environmentFiles == flow.tasks[1].environmentFiles)
        #expect(claim.retries.jitter == .fraction(0.25) && claim.run.timeout == .seconds(60))
        #expect(claim.run.environmentFiles == flow.environmentFiles)
        #expect(claim.run.secrets == ["region"])
    }

    @Test(arguments: [RetryPolicy.none, RetryPolicy(limit: 3, delay: .zero)])
    func `a cancelled task whose runner died is cancelled, and neither failed nor tried again`(
        retries: RetryPolicy
    ) throws {
        let run = try register(retries)
        let claims = try temporary.claim()
        _ = try temporary.store.cancel(run, by: "test", at: temporary.now)
        try temporary.end(claims, .interrupted)
        #expect(try temporary.states(ofRun: run) == ["a": .cancelled])
    }

    @Test func `a cancelled claim that was never launched is cancelled when it is handed back`()
        throws
    {
        let run = try register(.none)
        var turn = Turn()
        turn.returned = try temporary.claim()
        _ = try temporary.store.cancel(run, by: "test", at: temporary.now)
        _ = try temporary.store.turn(turn, by: temporary.runner, at: temporary.now)
        #expect(try temporary.states(ofRun: run) == ["a": .cancelled])
        #expect(try temporary.claim().isEmpty)
    }
}
