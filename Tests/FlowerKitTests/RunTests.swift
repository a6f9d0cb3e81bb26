import Flows
import Foundation
import Storage
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

    /// Somebody holds a runner's file: waiting is left to that runner.
    @Test func `a living runner is seen, and a dead one's file is not taken for it`() throws {
        let folder = fixture.state
        #expect(!RunnerFile.isAnyHeld(in: folder))
        var file: RunnerFile? = try RunnerFile(in: folder, workers: 1)
        #expect(RunnerFile.isAnyHeld(in: folder))
        withExtendedLifetime(file) {}
        file = nil
        #expect(!RunnerFile.isAnyHeld(in: folder))
    }
}

private struct Greet: Component {
    static let name = "greet"
    let person: String

    func run(in context: ComponentContext) async throws { context.print("hello \(person)") }
}
