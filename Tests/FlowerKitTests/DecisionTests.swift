import Flows
import Storage
import Testing

@testable import FlowerKit

/// Holds, skips, pools and secrets as a person meets them.
@Suite struct DecisionTests {
    private let fixture: CommandFixture

    init() throws { fixture = try CommandFixture() }

    private func held() throws {
        var flow = Flow.nothing(["b": ["a"], "c": ["b"]])
        flow.tasks[1].hold = "a person looks"
        try fixture.apply(flow)
        try fixture.flower("register", "test")
    }

    @Test func `status tells of a held task why, what it needs and how it goes on`() throws {
        try held()
        var text = try fixture.flower("status", "1").output
        #expect(
            text.contains("a person looks; needs a (waiting); flower release 1 b"),
            "\(text)"
        )
        try fixture.drain()
        text = try fixture.flower("status", "1").output
        #expect(text.contains("a person looks; flower release 1 b"), "\(text)")
        #expect(text.contains("state: held"))
        let json = try fixture.flower("status", "1", "-o", "json").output
        #expect(json.contains("\"hold\" : \"a person looks\""))
    }

    /// What a person decides makes something ready, for which somebody must come.
    @Test(arguments: [
        ["rerun", "1"], ["rerun", "1", "--failed"], ["rerun", "1", "--from", "a"],
        ["skip", "1", "a"], ["release", "1"],
    ])
    func `a decision says that a runner must follow, unless one comes by itself`(
        words: [String]
    ) throws {
        for isAlone in [false, true] {
            let fixture = try CommandFixture()
            var flow = Flow.nothing(["b": ["a"]])
            if words[0] == "release" { flow.tasks[0].hold = "a person looks" }
            try fixture.apply(flow)
            try fixture.flower("register", "test")
            try fixture.drain { _ in .exited(3) }
            if isAlone { fixture.endScheduler() }
            let result = try fixture.flower(words)
            #expect(result.code == .success)
            let said = isAlone ? "flower: \(Trouble.noRunner)\nhint: flower run" : ""
            #expect(isAlone ? result.errors.hasPrefix(said) : result.errors == said, "\(result)")
        }
    }

    @Test func `release, hold and skip say what they did`() throws {
        try held()
        #expect(try fixture.flower("release", "1").output == "1 task of run 1 released\n")
        #expect(try fixture.flower("hold", "1").output == "3 tasks of run 1 held\n")
        #expect(try fixture.flower("release", "1", "a").output == "1 task of run 1 released\n")
        #expect(try fixture.flower("skip", "1", "b").output == "1 task of run 1 skipped\n")
        let text = try fixture.flower("status", "1").output
        #expect(text.contains("skipped") && text.contains("held"))
    }

    @Test func `what cannot be ends with 75, what is not there with 66`() throws {
        try held()
        let refused = try fixture.flower("release", "1", "a")
        #expect(refused.code == .refused)
        #expect(
            refused.errors == """
                flower: task 'a' of run 1 cannot be released: it waits, and is not held
                hint: flower status 1 shows its tasks

                """
        )
        #expect(try fixture.flower("skip", "1", "x").code == .notFound)
        #expect(try fixture.flower("hold", "7").code == .notFound)
        #expect(try fixture.flower("skip", "1").code == .misuse)
    }

    @Test func `pools are set, listed and removed`() throws {
        #expect(try fixture.flower("pool", "set", "gpu", "2").output == "pool gpu has 2 slots\n")
        #expect(try fixture.flower("pool", "set", "workers", "1").output.hasSuffix("1 slot\n"))
        var flow = Flow.nothing(["a": [], "b": [], "c": []])
        for index in flow.tasks.indices { flow.tasks[index].pools = [PoolDemand("gpu", 2)] }
        let store = try fixture.apply(flow)
        try fixture.flower("register", "test")
        var turn = Turn()
        turn.wanted = 1
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
        _ = try store.turn(turn, by: runner, at: fixture.now)
        #expect(
            try fixture.flower("pools").output == """
                POOL     SLOTS  TAKEN  WAITING  NOTES
                gpu          2      2        2
                workers      1      1        2  every task takes one

                2 pools listed.

                """
        )
        let listed = try fixture.flower("pool", "list")
        #expect(listed == (try fixture.flower("pools")))
        let text = try fixture.flower("status", "1").output
        #expect(text.contains("waits for 2 slots of pool gpu (2 of 2 taken)"), "\(text)")
        let set = try fixture.flower("pool", "set", "gpu", "1")
        #expect(set.errors == "flower: flow 'test' has a task that takes more: it waits\n")
        let less = try fixture.flower("status", "1").output
        #expect(less.contains("waits: takes 2 slots of pool gpu, which has 1"), "\(less)")
        #expect(try fixture.flower("pool", "set", "gpu", "0").code == .success)
        #expect(try fixture.flower("status", "1").output.contains("waits: pool gpu is closed"))
        #expect(try fixture.flower("pool", "remove", "gpu").code == .refused)
        // What its own pools let go, the one of all tasks may keep.
        try fixture.flower("pool", "set", "gpu", "9")
        let full = try fixture.flower("status", "1").output
        #expect(full.contains("waits for a slot of pool workers (1 of 1 taken)"), "\(full)")
        #expect(try fixture.flower("pool", "remove", "workers").output == "pool workers removed\n")
        #expect(try fixture.flower("pool", "remove", "gpuu").errors.contains("did you mean 'gpu'?"))
        let json = try fixture.flower("pools", "-o", "json").output
        #expect(json.contains("\"taken\" : 2"))
    }

    @Test(arguments: [
        (["set", "GPU", "1"], "pool: 'GPU' is not a name"),
        (["set", "gpu", "-1"], "hint: usage"), (["set", "gpu"], "hint: usage"),
        (["set", "gpu", "100001"], "a pool has 0 to 100000 slots"),
    ])
    func `misuse of a pool is refused`(arguments: [String], message: String) throws {
        let result = try fixture.flower(["pool"] + arguments)
        #expect(result.code == .misuse && result.errors.contains(message), "\(result.errors)")
    }

    @Test func `a pool that is not there is told at apply`() throws {
        try fixture.flower("pool", "set", "gpu", "1")
        var flow = Flow.nothing(["a": []])
        flow.tasks[0].pools = [PoolDemand("gup")]
        let error = #expect(throws: StorageError.self) { try fixture.apply(flow) }
        #expect(error?.hint == "flower pool set gup 1; then apply again")
    }

    @Test func `secret values are shown nowhere`() throws {
        var flow = Flow.nothing(["a": []])
        flow.parameters = [Variable("token", "s3cr3t"), Variable("plain", "seen")]
        flow.environment = [Variable("AUTH", "Bearer ${token}"), Variable("KEY", "k3y-value")]
        flow.tasks[0].environment = [Variable("KEY", "k3y-of-task")]
        flow.tasks[0].hold = "why"
        flow.secrets = ["token", "KEY"]
        try fixture.apply(flow)
        try fixture.flower("register", "test", "-p", "token=0th3r")
        let commands = [
            ["show", "test"], ["show", "test", "-o", "json"], ["status", "1"],
            ["status", "1", "-o", "json"], ["runs"], ["runs", "-o", "json"], ["env", "test", "a"],
            ["env", "test", "a", "-p", "token=0th3r"],
        ]
        for command in commands {
            let output = try fixture.flower(command).output
            for value in ["s3cr3t", "0th3r", "k3y"] {
                #expect(!output.contains(value), "\(command): \(output)")
            }
            #expect(output.contains("***") && output.contains("seen"), "\(command): \(output)")
        }
        #expect(try fixture.flower("env", "test", "a").output.contains("AUTH='Bearer ***'"))
    }

    @Test func `show has what a task is under`() throws {
        var flow = Flow.nothing(["a": [], "b": []])
        flow.tasks[0].retries = RetryPolicy(
            limit: 2,
            causes: RetryCauses(exits: .these([75]), signals: .these([9]), timeout: true)
        )
        flow.tasks[0].killGrace = .seconds(3)
        flow.tasks[0].hold = "a person looks"
        flow.tasks[1].action = .component(name: "noop", with: .object([:]))
        flow.tasks[1].isIsolated = true
        flow.runTimeout = .seconds(7200)
        try fixture.apply(flow)
        let text = try fixture.flower("show", "test").output
        let limits =
            "2 retries from 1s, only after exit 75, SIGKILL, a timeout, kill grace 3s,"
            + " held: a person looks"
        #expect(text.contains(limits), "\(text)")
        #expect(text.contains("isolated") && text.contains("run timeout: 2h"), "\(text)")
        let json = try fixture.flower("show", "test", "-o", "json").output
        #expect(
            json.contains("\"isolate\" : true") && json.contains("\"run_timeout_ms\" : 7200000")
        )
    }

    @Test func `a run that took too long says so`() throws {
        var flow = Flow.nothing(["a": [], "b": ["a"]])
        flow.runTimeout = .seconds(60)
        let store = try fixture.apply(flow)
        try fixture.flower("register", "test")
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
        var turn = Turn()
        turn.wanted = 1
        let claims = try store.turn(turn, by: runner, at: Fixture.ago(120)).claims
        #expect(claims.count == 1)
        _ = try store.turn(Turn(), by: runner, at: fixture.now)
        let text = try fixture.flower("status", "1").output
        #expect(text.contains("timed out: its run_timeout of 1m was over at"), "\(text)")
        #expect(text.contains("not started: its run took longer than its run_timeout"), "\(text)")
    }
}
