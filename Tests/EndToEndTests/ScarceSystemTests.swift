import Foundation
import Testing

extension EndToEnd {
    /// A system that has no room for what a runner would like: no task fails by it that could run later.
    @Suite struct ScarceSystemTests {
        private let sandbox: Sandbox

        init() throws { sandbox = try Sandbox() }

        private func register(_ count: Int, _ task: String) async throws {
            let items = (1...count).map(String.init).joined(separator: ", ")
            let flow = "flow: many\ntasks: {each: {for_each: [\(items)], \(task)}}\n"
            try sandbox.write(flow, to: "many.yaml")
            try await sandbox.succeed("apply", "many.yaml")
            try await sandbox.succeed("register", "many")
        }

        private func outcomes() async throws -> String {
            try await sandbox.sqlite("SELECT outcome, count(*) FROM attempt GROUP BY outcome")
        }

        /// Each has a process and two pipes of the runner's: before, those beyond the limit failed.
        @Test(arguments: ["ulimit -n 64", "ulimit -Sn 64"])
        func `tasks beyond the limit on descriptors wait for those that run`(limit: String)
            async throws
        {
            try await register(150, "exec: [sh, -c, 'ulimit -n; sleep 0.2']")
            let ending = try await sandbox.shell("\(limit); exec $flower run --workers 300")
            #expect(ending.code == 0, "\(ending)")
            #expect(try await outcomes() == "succeeded|150")
            // What the runner has raised for itself is as it was for them.
            let printed = try await sandbox.succeed("logs", "1", "-o", "cat").split(separator: "\n")
            #expect(Set(printed) == ["64"] && printed.count == 150)
        }

        /// By another user's limit, because root has none.
        @Test(.enabled(if: geteuid() == 0))
        func `tasks beyond the limit on processes wait for those that run`() async throws {
            try await register(60, "exec: [sleep, '0.2']")
            let ending = try await sandbox.shell(
                """
                chmod -R a+rX . && chown -R 54321:54321 state home || exit 99
                exec setpriv --reuid 54321 --regid 54321 --clear-groups \
                  sh -c 'ulimit -u 24; exec "$flower" run --workers 60'
                """
            )
            #expect(ending.code == 0, "\(ending)")
            #expect(try await outcomes() == "succeeded|60")
        }

        /// Runs `flower` where the kernel has no room for what it asks by `call`.
        private func run(
            _ words: [String],
            _ call: String,
            _ fault: String
        ) async throws -> (ending: Ending, met: Int) {
            let trace = sandbox.path + "/trace"
            let tracer = [
                "/usr/bin/strace", "-f", "-qq", "-o", trace, "-e", "trace=\(call)",
                "-e", "inject=\(call):error=\(fault)",
            ]
            let ending = try await sandbox.start(tracer + [Sandbox.flower] + words).ended()
            let met = try sandbox.text(of: "trace").split(separator: "\n").count {
                $0.contains("(INJECTED)")
            }
            return (ending, met)
        }

        /// What no limit of a process brings about. A thread is made by clone3, a task's process by clone, and its
        /// pipes, two of them, are the first that its thread makes.
        @Test(
            .enabled(if: Host.canTrace),
            arguments: [
                ("clone", "EAGAIN:when=1..2"), ("clone", "ENOMEM:when=1..2"),
                ("pipe2", "ENFILE:when=1..2"), ("pipe2", "EMFILE:when=2"),
            ]
        )
        func `a launch for which there is no room for a while is tried again`(
            call: String,
            fault: String
        ) async throws {
            try await register(5, "exec: ['true']")
            let (ending, met) = try await run(["run", "--workers", "3"], call, fault)
            #expect(ending.code == 0, "\(ending)")
            #expect(met > 0)
            #expect(try await outcomes() == "succeeded|5")
            #expect(ending.errors.contains("waiting to start a process: "), "\(ending)")
        }

        @Test(
            .enabled(if: Host.canTrace),
            arguments: [
                (
                    "EAGAIN",
                    "no further process is allowed: see ulimit -u, and TasksMax= of the unit"
                ),
                ("ENOMEM", "there is not enough memory for a further process"),
            ]
        )
        func `where nothing makes room the runner ends, and the tasks wait for the next`(
            fault: String,
            reason: String
        ) async throws {
            try await register(3, "exec: ['true']")
            let (ending, met) = try await run(["run", "--drain", "1s"], "clone", fault)
            #expect(ending.code == 75, "\(ending)")
            #expect(met > 1)
            let sentence = "flower: no process could be started for 1s: \(reason)\n"
            #expect(ending.errors.contains(sentence), "\(ending)")
            #expect(try await outcomes() == "")
            let next = try await sandbox.flower("run")
            #expect(next.code == 0, "\(next)")
            #expect(try await outcomes() == "succeeded|3")
        }

        /// The kernel ends whoever writes beyond it, unless the signal is ignored.
        @Test func `a limit on the size of files costs output and no runner`() async throws {
            let flow = """
                flow: loud
                tasks:
                  loud: {run: 'ulimit -f; yes flower | head -c 6000000'}
                  after: {needs: [loud], run: 'echo after'}
                """
            try sandbox.write(flow, to: "loud.yaml")
            try await sandbox.succeed("apply", "loud.yaml")
            try await sandbox.succeed("register", "loud")
            let ending = try await sandbox.shell("ulimit -f 4096; exec $flower run")
            #expect(ending.code == 0, "\(ending)")
            #expect(ending.errors.contains("some output was not kept"), "\(ending)")
            #expect(
                try await sandbox.status(1).states == ["loud": "succeeded", "after": "succeeded"]
            )
        }
    }
}
