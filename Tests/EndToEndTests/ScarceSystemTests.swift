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
