import Foundation
import Testing

extension EndToEnd {
    /// What each signal does to a runner and to a scheduler: none leaves tasks that nobody watches.
    @Suite struct SignalTests {
        private static let strays: [Int32] = [SIGUSR1, SIGUSR2, SIGXFSZ, SIGIO, 16, 34, 62, 64]

        private final class Scene {
            let sandbox: Sandbox
            let began: Channel
            let end: Channel

            init() async throws {
                sandbox = try Sandbox()
                began = try sandbox.channel("began")
                end = try sandbox.channel("end")
                let flow = """
                    flow: long
                    tasks:
                      long: {run: 'echo "$$" > began; read -r word < end'}
                      after: {needs: [long], run: "echo after"}
                    """
                try sandbox.write(flow, to: "long.yaml")
                try await sandbox.succeed("apply", "long.yaml")
                try await sandbox.succeed("register", "long")
            }

            func start(_ words: String...) async throws -> Program {
                let runner = try sandbox.start([Sandbox.flower] + words)
                _ = try await began.line()
                return runner
            }
        }

        @Test func `signals that ask nothing of a runner do nothing`() async throws {
            let scene = try await Scene()
            let runner = try await scene.start("run")
            for signal in Self.strays { try runner.signalAndWait(signal) }
            try scene.end.send("go")
            #expect(try await runner.ended().code == 0)
            #expect(
                try await scene.sandbox.status(1).states == [
                    "long": "succeeded", "after": "succeeded",
                ]
            )
        }

        @Test(arguments: [SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGPWR])
        func `others let tasks end, and nothing begins after`(signal: Int32) async throws {
            let scene = try await Scene()
            let runner = try await scene.start("run")
            // All but SIGQUIT may come again and again, and end nothing.
            for _ in 0..<(signal == SIGQUIT ? 1 : 3) { try runner.signalAndWait(signal) }
            try scene.end.send("go")
            let ending = try await runner.ended()
            #expect(ending.code == 0 && ending.output.contains("stopped"), "\(ending)")
            #expect(
                try await scene.sandbox.status(1).states == [
                    "long": "succeeded", "after": "waiting",
                ]
            )
        }

        @Test func `a second SIGQUIT ends what runs`() async throws {
            let scene = try await Scene()
            let runner = try await scene.start("run")
            for _ in 0..<2 { try runner.signalAndWait(SIGQUIT) }
            #expect(try await runner.ended().code == 1)
            #expect(try await scene.sandbox.status(1).states["long"] == "cancelled")
        }

        @Test func `a task has every signal at its default, whatever the runner does`() async throws
        {
            let scene = try await Scene()
            let flow = "flow: masks\ntasks: {only: {run: \"grep '^Sig[IB]' /proc/self/status\"}}\n"
            try scene.sandbox.write(flow, to: "masks.yaml")
            try await scene.sandbox.succeed("apply", "masks.yaml")
            try await scene.sandbox.succeed("register", "masks")
            let runner = try await scene.start("run")
            try scene.end.send("go")
            _ = try await runner.ended()
            let lines = try await scene.sandbox.succeed("logs", "2", "-o", "cat").split(
                separator: "\n"
            )
            #expect(lines.count == 2 && lines.allSatisfy { $0.hasSuffix("\t0000000000000000") })
        }

        @Test func `a scheduler and its runner outlive strays, and end in order`() async throws {
            let scene = try await Scene()
            let service = try await scene.start("scheduler", "--run", "--schedules", ".")
            for signal in Self.strays { try service.signalAndWait(signal) }
            try scene.end.send("go")
            try service.signalAndWait(SIGQUIT)
            #expect(try await service.ended().code == 0)
            #expect(try await scene.sandbox.status(1).states["long"] == "succeeded")
        }
    }
}
