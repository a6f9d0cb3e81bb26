import Flows
import Foundation
import Glibc
import Storage
import Synchronization
import Testing

@testable import Execution
@testable import FlowerKit

/// Commands with a runner in this process, one after another.
@Suite(.serialized) struct RunTests {
    private let fixture: CommandFixture

    init() throws {
        fixture = try CommandFixture()
        var flow = Flow.nothing(["b": ["a"]])
        flow.parameters = [Variable("code", "0")]
        flow.tasks[0].action = .run("echo out; echo err >&2")
        flow.tasks[1].action = .run("echo last; exit \"$code\"")
        try fixture.apply(flow)
    }

    @Test func `register with wait drains the run itself`() throws {
        let result = try fixture.flower("register", "test", "--wait")
        #expect(result == .init(code: .success, output: "1\n", errors: ""))
        #expect(try fixture.flower("status", "1").output.contains("state: succeeded"))
    }

    @Test func `register with wait tells which task failed`() throws {
        let result = try fixture.flower("register", "test", "-p", "code=3", "--wait")
        #expect(result.code == .taskFailed)
        #expect(result.output == "1\n")
        #expect(
            result.errors == """
                flower: run 1 failed: task b: exit code 3
                hint: flower status 1 shows it

                """
        )
    }

    @Test func `following prints every line, the last included`() throws {
        let result = try fixture.flower("register", "test", "-f", "-p", "code=3")
        #expect(result.code == .taskFailed)
        let lines = Set(result.output.split(separator: "\n"))
        #expect(lines == ["1", "a | out", "a | err", "b | last"])
    }

    @Test func `run tells how much it ran, and ends with 1 where a task failed`() throws {
        try fixture.flower("register", "test")
        #expect(try fixture.flower("run").output == "ran 2 tasks\n")
        try fixture.flower("register", "test", "-p", "code=3")
        let failed = try fixture.flower("run", "--workers", "2")
        #expect(failed == .init(code: .taskFailed, output: "ran 2 tasks, 1 failed\n", errors: ""))
        try fixture.flower("rerun", "2", "--failed")
        #expect(try fixture.flower("run").output == "ran 1 task, 1 failed\n")
    }

    @Test func `with nothing to do run is silent, but to a person`() throws {
        #expect(try fixture.flower("run") == .init(code: .success, output: "", errors: ""))
        fixture.terminal = Terminal(environment: [:], isTerminal: true, columns: 80)
        #expect(try fixture.flower("run").output == "nothing is ready to run\n")
    }

    @Test func `that it waits for the database is told once`() {
        var told: [String] = []
        let notifier = TroubleNotifier { told.append($0) }
        let locked = "waiting for the database lock held by pid 7"
        for text in ["1 running, 0 claimed, 0 failed", locked, locked] { notifier.status(text) }
        #expect(told == [locked])
    }

    @Test func `a run that was stopped says so`() {
        var ending = Runner.Ending()
        ending.launchedTasks = 3
        ending.isStopped = true
        let summary = RunCommand.summary(of: ending, isTerminal: false)
        #expect(summary == "ran 3 tasks, stopped")
        ending.leavesWork = true
        #expect(
            RunCommand.summary(of: ending, isTerminal: false)
                == "ran 3 tasks, stopped; the next flower run carries on"
        )
    }

    @Test(arguments: [
        (["run", "--workers", "0"], "--workers takes a number from 1 to"),
        (
            ["run", "--linger", "5"],
            "the value '5' is invalid for '--linger <duration>': write a number with its unit: 250ms, 30s, 10m, 2h, 90d, 1h30m"
        ),
    ])
    func `misuse of run is told`(arguments: [String], message: String) throws {
        let result = try fixture.flower(arguments)
        #expect(result.code == .misuse)
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
    }

    @Test func `a component of the user's own is checked, and runs`() throws {
        fixture.registry.add(Greet.self)
        let path = "\(fixture.folder.path)/greet.yaml"
        func write(_ with: String) throws {
            let text = "flow: greet\ntasks:\n  a: {component: greet, with: \(with)}\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        try write("{persn: you}")
        let refused = try fixture.flower("apply", path)
        #expect(refused.code == .badInput)
        #expect(refused.errors.contains("\(path):3:"), "\(refused.errors)")
        try write("{person: you}")
        #expect(try fixture.flower("apply", path).code == .success)
        #expect(try fixture.flower("register", "greet", "-f").output == "1\na | hello you\n")
    }

    private func flaky(_ change: (inout Flow) -> Void) throws {
        var flow = Flow.nothing(["a": []], named: "flaky")
        change(&flow)
        try fixture.apply(flow)
    }

    /// Far below the minute that it takes to look again in any case, and far above what it takes.
    private static let patience: Duration = .seconds(40)

    @Test(arguments: ["--wait", "-f"])
    func `register that waits makes each retry when it comes due`(option: String) throws {
        try flaky { flow in
            flow.tasks[0].action = .run("echo \"$FLOWER_ATTEMPT\"; [ \"$FLOWER_ATTEMPT\" = 4 ]")
            flow.tasks[0].retries = RetryPolicy(limit: 3, delay: .milliseconds(300), backoff: 1)
        }
        let begun = ContinuousClock.now
        #expect(try fixture.flower("register", "flaky", option).code == .success)
        #expect(ContinuousClock.now - begun < Self.patience)
    }

    @Test func `register that waits ends a run when its time is over`() throws {
        try flaky { flow in
            flow.tasks[0].action = .run("exit 1")
            flow.tasks[0].retries = RetryPolicy(limit: 3, delay: .seconds(600))
            flow.runTimeout = .milliseconds(1_500)
        }
        let begun = ContinuousClock.now
        let result = try fixture.flower("register", "flaky", "--wait")
        #expect(result.code == .taskFailed)
        #expect(result.errors.hasPrefix("flower: run 1 took longer than its run_timeout\n"))
        #expect(ContinuousClock.now - begun < Self.patience)
        let why = "exit code 1; not tried again: its run took longer than its run_timeout"
        let status = try fixture.flower("status", "1").output
        #expect(status.contains(why), "\(status)")
    }

    /// A runner that lives and has not been told of the retry is woken for it; when it has gone, what waits is
    /// run here.
    @Test func `register that waits beside a runner wakes it for a retry`() throws {
        try flaky { flow in
            flow.tasks[0].action = .run("[ \"$FLOWER_ATTEMPT\" = 2 ]")
            flow.tasks[0].retries = RetryPolicy(limit: 1, delay: .milliseconds(1_500))
        }
        let folder = fixture.state
        let store = try Store.open(folder, create: false)
        var file: RunnerFile? = try RunnerFile(in: folder, workers: 1)
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
        let result = Mutex<CommandFixture.Result?>(nil)
        let ended = DispatchSemaphore(value: 0)
        let waiter = Waiter(fixture)
        Thread.detachNewThread {
            result.withLock { $0 = waiter.wait() }
            ended.signal()
        }
        var turn = Turn()
        turn.wanted = 1
        while turn.ended.isEmpty {
            guard let claim = try store.turn(turn, by: runner, at: .now).claims.first else {
                continue
            }
            let start = AttemptStart(claim: claim, startedAt: .now, pid: 7, sink: "")
            turn.ended = [
                AttemptEnd(start: start, endedAt: .now, duration: .zero, outcome: .exited(1))
            ]
        }
        turn.wanted = 0
        _ = try store.turn(turn, by: runner, at: .now)
        unlink(folder.wakePath)
        let begun = ContinuousClock.now
        while access(folder.wakePath, F_OK) != 0 {
            try #require(ContinuousClock.now - begun < Self.patience)
            sched_yield()
        }
        withExtendedLifetime(file) {}
        file = nil
        #expect(ended.wait(timeout: .now() + 40) == .success)
        #expect(result.withLock { $0?.code } == .success)
    }

    /// A hook does not count for its run; that it failed is told as the hook's, the same everywhere.
    @Test func `a hook that fails is told as the hook's, and the run stays as it is`() throws {
        try flaky { flow in
            let hook = TaskSpec(name: "@always", action: .run("echo last words; exit 9"))
            flow.hooks = [Hook(.always, hook)]
        }
        try fixture.flower("register", "flaky")
        let run = try fixture.flower("run")
        #expect(run.code == .taskFailed)
        #expect(run.output == "ran 2 tasks, 1 hook failed\n")
        let told = "flower: hook '@always' of run 1 of flow 'flaky' failed with exit code 9\n"
        #expect(run.errors.hasPrefix(told), "\(run.errors)")
        #expect(try fixture.flower("runs").output.contains("succeeded"))
        #expect(try fixture.flower("runs").output.contains("1, @always failed"))
        let status = try fixture.flower("status", "1").output
        #expect(status.contains("state: succeeded\n") && status.contains("hooks: @always failed\n"))
        for command in [["runs"], ["status", "1"]] {
            let json = try fixture.flower(command + ["-o", "json"]).output
            #expect(json.contains("\"state\" : \"succeeded\""), "\(json)")
            #expect(json.contains("@always"), "\(json)")
        }
        let waited = try fixture.flower("register", "flaky", "--wait")
        #expect(waited.code == .success && waited.output == "2\n")
        #expect(waited.errors.hasPrefix("flower: hook @always of run 2 failed: exit code 9\n"))
        // Mended, it is told no more.
        try fixture.apply(Flow.nothing(["a": []], named: "other"))
        try fixture.flower("register", "other")
        #expect(try fixture.flower("run").code == .success)
    }

    /// Somebody holds a runner's file: waiting is left to that runner.
    @Test func `a living runner is seen, and a dead one's file is not taken for it`() throws {
        let folder = fixture.state
        #expect(!folder.hasLivingRunner)
        var file: RunnerFile? = try RunnerFile(in: folder, workers: 1)
        #expect(folder.hasLivingRunner)
        withExtendedLifetime(file) {}
        file = nil
        #expect(!folder.hasLivingRunner)
    }
}

/// Of one thread at a time, one after the other.
private final class Waiter: @unchecked Sendable {
    private let fixture: CommandFixture
    init(_ fixture: CommandFixture) { self.fixture = fixture }
    func wait() -> CommandFixture.Result? { try? fixture.flower("register", "flaky", "--wait") }
}

private struct Greet: Component {
    static let name = "greet"
    let person: String

    func run(in context: ComponentContext) async throws { context.print("hello \(person)") }
}
