import Foundation
import Testing

extension EndToEnd {
    /// The runner as the parent of what tasks leave behind.
    @Suite struct LeftBehindRunTests {
        private let sandbox: Sandbox

        init() throws { sandbox = try Sandbox() }

        private func register(_ text: String) async throws {
            let body = text.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
            let flow = "flow: f\ntasks:\n  only:\n    timeout: 60s\n    run: |\n\(body)\n"
            try sandbox.write(flow, to: "f.yaml")
            try await sandbox.succeed("apply", "f.yaml")
            try await sandbox.succeed("register", "f")
        }

        private static let daemon = """
            env -i setsid /bin/sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 600' &
            until [ -e pid ]; do sleep 0.01; done
            """

        @Test func `a daemon that has forgotten all of its task is ended with it`() async throws {
            try await register(Self.daemon)
            let ending = try await sandbox.flower("run")
            #expect(ending.code == 0, "\(ending)")
            let pid = try sandbox.text(of: "pid").trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
            let status = try await sandbox.succeed("status", "1")
            #expect(status.contains("processes that it left behind were ended"))
        }

        /// Whoever stops a daemon waits until its process is gone, which a zombie is not.
        @Test func `what ends while its task goes on is waited for at once`() async throws {
            try await register(
                """
                (setsid sh -c 'echo $$ > pid.new; mv pid.new pid' &)
                until [ -e pid ]; do sleep 0.01; done
                while kill -0 "$(cat pid)" 2> /dev/null; do sleep 0.01; done
                """
            )
            let ending = try await sandbox.flower("run")
            #expect(ending.code == 0, "\(ending)")
        }

        /// A container's single command: nobody else waits for anybody there.
        @Test(.enabled(if: Host.canMount))
        func `as process 1 it waits for strangers too`() async throws {
            try await register(
                """
                until [ -e stranger ]; do sleep 0.01; done
                while kill -0 "$(cat stranger)" 2> /dev/null; do sleep 0.01; done
                \(Self.daemon)
                """
            )
            // Like what docker-exec(1) leaves, it has another session, and whoever made it ends.
            let script = """
                (sleep 0.1; setsid -f sh -c 'echo $$ > s.new; mv s.new stranger; sleep 0.1') &
                exec "$flower" run
                """
            let words = ["/usr/bin/unshare", "-pf", "--mount-proc", "/bin/sh", "-c", script]
            let ending = try await sandbox.start(words).ended()
            #expect(ending.code == 0, "\(ending)")
        }
    }
}
