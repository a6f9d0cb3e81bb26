import Foundation
import Testing

extension EndToEnd {
    /// A runner that is killed, or asked to stop, while it works.
    @Suite struct StoppedRunnerTests {
        /// `long` tells its pid and waits for a word; from the second attempt on it just ends.
        private final class Scene {
            let sandbox: Sandbox
            let began: Channel
            let end: Channel

            init(retries: Int) async throws {
                sandbox = try Sandbox()
                began = try sandbox.channel("began")
                end = try sandbox.channel("end")
                let flow = """
                    flow: long
                    tasks:
                      long:
                        retries: {limit: \(retries), delay: 10ms}
                        run: |
                          if [ "$FLOWER_ATTEMPT" -gt 1 ]; then exit 0; fi
                          echo "$$" > began
                          read -r word < end
                      after: {needs: [long], run: "echo after"}
                    """
                try sandbox.write(flow, to: "long.yaml")
                try await sandbox.succeed("apply", "long.yaml")
                try await sandbox.succeed("register", "long")
            }

            /// The runner, and the process of the task that it has started.
            func start() async throws -> (runner: Program, task: pid_t) {
                let runner = try sandbox.startFlower("run")
                return (runner, try #require(pid_t(try await began.line())))
            }
        }

        /// proc(5): a process that has ended but was not waited for is a zombie.
        private func isAlive(_ pid: pid_t) -> Bool {
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            else {
                return false
            }
            return text.split(separator: ")").last?.hasPrefix(" Z") == false
        }

        @Test func `what a killed runner left is ended, and fails without retries`() async throws {
            let scene = try await Scene(retries: 0)
            let (runner, task) = try await scene.start()
            runner.signal(SIGKILL)
            #expect(try await runner.ended().code == 128 + SIGKILL)
            #expect(isAlive(task))

            let next = try await scene.sandbox.flower("run")
            #expect(next.code == 1, "\(next)")
            #expect(!isAlive(task))
            let report = try await scene.sandbox.status(1)
            #expect(report.states == ["long": "failed", "after": "waiting"])
            #expect(try report.task("long").attempts.map(\.outcome) == ["interrupted"])
            #expect(try await scene.sandbox.succeed("status", "1").contains("interrupted"))
        }

        @Test func `what a killed runner left is tried again where retries allow`() async throws {
            let scene = try await Scene(retries: 1)
            let (runner, task) = try await scene.start()
            runner.signal(SIGKILL)
            _ = try await runner.ended()

            let next = try await scene.sandbox.flower("run", "--wait")
            #expect(next.code == 0, "\(next)")
            #expect(!isAlive(task))
            let report = try await scene.sandbox.status(1)
            #expect(report.state == "succeeded")
            #expect(
                try report.task("long").attempts.map(\.outcome) == ["interrupted", "succeeded"]
            )
        }

        @Test func `whoever follows a run that nobody works on is told so`() async throws {
            let sandbox = try Sandbox()
            let said = try sandbox.channel("said")
            try sandbox.write("flow: talk\ntasks: {only: {run: 'echo hello'}}\n", to: "talk.yaml")
            try await sandbox.succeed("apply", "talk.yaml")
            try await sandbox.succeed("register", "talk")
            let follower = try sandbox.start(
                ["/bin/sh", "-c", "exec \"$0\" logs 1 -f 2>&1", Sandbox.flower],
                output: said
            )
            let nobody = "no runner is alive: what is ready waits for the next flower run"
            #expect(try await said.line(with: "run 1: ") == "flower: run 1: \(nobody)")
            try await sandbox.succeed("run")
            #expect(try await said.line(with: "hello") == "only | hello")
            #expect(try await follower.ended().code == 0)
        }

        @Test func `whoever waits for a run takes over when its runner dies`() async throws {
            let scene = try await Scene(retries: 0)
            try scene.sandbox.write("flow: quick\ntasks: {only: {run: 'true'}}\n", to: "quick.yaml")
            try await scene.sandbox.succeed("apply", "quick.yaml")
            let runner = try scene.sandbox.startFlower("run", "--workers", "1")
            _ = try await scene.began.line()
            let told = try scene.sandbox.channel("told")
            let waiter = try scene.sandbox.startFlower("register", "quick", "--wait", output: told)
            #expect(try await told.line() == "2")
            runner.signal(SIGKILL)
            #expect(try await waiter.ended().code == 0)
            #expect(try await scene.sandbox.status(2).state == "succeeded")
            #expect(try await scene.sandbox.status(1).states["long"] == "failed")
        }

        @Test func `a stopped runner is not dead: its peers leave what it runs alone`() async throws
        {
            let scene = try await Scene(retries: 1)
            let (runner, task) = try await scene.start()
            let launches = "SELECT count(*) FROM attempt"
            while try await scene.sandbox.sqlite(launches) != "1" {}
            runner.signal(SIGSTOP)
            try await until { state(of: runner.pid) == "T" }
            let peer = try await scene.sandbox.flower("run", "--wait")
            #expect(peer.code == 0 && peer.output.isEmpty, "\(peer)")
            #expect(isAlive(task))
            #expect(try await scene.sandbox.status(1).states["long"] == "running")
            // Not even when its task has ended, of which only it can know how.
            try scene.end.send("go")
            try await until { !isAlive(task) }
            let second = try await scene.sandbox.flower("run")
            #expect(second.code == 0 && second.output.isEmpty, "\(second)")
            #expect(try await scene.sandbox.status(1).states["long"] == "running")
            runner.signal(SIGCONT)
            #expect(try await runner.ended().code == 0)
            let report = try await scene.sandbox.status(1)
            #expect(report.state == "succeeded" && report.attempts == ["long": 1, "after": 1])
        }

        private func until(_ condition: () -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(Program.patience)
            while !condition() {
                try #require(ContinuousClock.now < deadline)
                sched_yield()
            }
        }

        /// proc(5): the letter behind the name.
        private func state(of pid: pid_t) -> String? {
            let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return text?.split(separator: ")").last?.split(separator: " ").first.map(String.init)
        }

        /// A terminal that is closed sends SIGHUP, its shell and the kernel each.
        @Test(arguments: [[SIGTERM], [SIGHUP, SIGHUP]])
        func `a signal lets run what runs and begins nothing more`(numbers: [Int32]) async throws {
            let scene = try await Scene(retries: 0)
            let (runner, _) = try await scene.start()
            for number in numbers { try runner.signalAndWait(number) }
            try scene.end.send("go")
            let ending = try await runner.ended()
            #expect(ending.code == 0)
            #expect(ending.output == "ran 1 task, stopped; the next flower run carries on\n")
            let states = try await scene.sandbox.status(1).states
            #expect(states == ["long": "succeeded", "after": "waiting"])
            #expect(try await scene.sandbox.flower("run").code == 0)
            #expect(try await scene.sandbox.status(1).state == "succeeded")
        }

        @Test func `a second SIGINT ends what runs`() async throws {
            let scene = try await Scene(retries: 0)
            let (runner, task) = try await scene.start()
            try runner.signalAndWait(SIGINT)
            #expect(isAlive(task))
            try runner.signalAndWait(SIGINT)
            let ending = try await runner.ended()
            // What waits for the task waits for a person now: there is nothing to carry on with.
            let told = "ran 1 task, 1 cancelled (flower rerun sets a run back), stopped\n"
            #expect(ending.code == 1 && ending.output == told, "\(ending)")
            #expect(!isAlive(task))
            let report = try await scene.sandbox.status(1)
            #expect(report.states == ["long": "cancelled", "after": "waiting"])
            #expect(try report.task("long").attempts.map(\.outcome) == ["cancelled"])
            #expect(report.state == "cancelled")
            // A person's rerun goes on from there.
            try await scene.sandbox.succeed("rerun", "1", "--failed")
            #expect(try await scene.sandbox.flower("run").code == 0)
        }

        @Test func `cancel ends a run that another process works on`() async throws {
            let scene = try await Scene(retries: 1)
            let (runner, task) = try await scene.start()
            try await scene.sandbox.succeed("cancel", "1")
            _ = try await runner.ended()
            #expect(!isAlive(task))
            let report = try await scene.sandbox.status(1)
            #expect(report.state == "cancelled")
            #expect(report.states == ["long": "cancelled", "after": "cancelled"])
            #expect(try report.task("long").attempts.map(\.outcome) == ["cancelled"])
            // Nothing of it is tried again.
            let next = try await scene.sandbox.flower("run")
            #expect(next.code == 0 && next.output.isEmpty, "\(next)")
        }

        @Test func `a running task is changed by nobody else`() async throws {
            let scene = try await Scene(retries: 0)
            let (runner, _) = try await scene.start()
            let change = "UPDATE task SET status = 0 WHERE name = 'long'"
            let refused = try await scene.sandbox.trySQLite(change)
            #expect(refused.code != 0)
            #expect(refused.errors.contains("where it is running wait until it ends"))
            #expect(try await scene.sandbox.flower("rerun", "1").code == 75)
            #expect(try await scene.sandbox.status(1).state == "running")
            try scene.end.send("go")
            #expect(try await runner.ended().code == 0)
        }
    }
}
