import Foundation
import Testing

extension EndToEnd {
    /// `isolate: true`, and what may be seen of a secret.
    @Suite struct IsolatedComponentTests {
        private func sandbox(_ flow: String) async throws -> Sandbox {
            let sandbox = try Sandbox()
            try sandbox.write(flow, to: "flow.yaml")
            try await sandbox.succeed("apply", "flow.yaml")
            let name = flow.split(separator: "\n")[0].dropFirst("flow: ".count)
            try await sandbox.succeed("register", String(name))
            return sandbox
        }

        @Test func `a component in a process of its own is a task like any other`() async throws {
            let sandbox = try await sandbox(
                """
                flow: apart
                parameters: {who: Ada, token: s3cr3t-value}
                secrets: [token]
                tasks:
                  hello: {component: echo, isolate: true, with: {text: "hello ${who}, ${token}"}}
                  slow:
                    component: sleep
                    isolate: true
                    timeout: 300ms
                    with: {duration: 1h}
                  wrong: {component: echo, isolate: true, with: {text: "${who}"}}
                """
            )
            let ending = try await sandbox.flower("run")
            #expect(ending.code == 1, "\(ending)")
            let report = try await sandbox.status(1)
            let hello = try report.task("hello")
            #expect(hello.state == "succeeded" && hello.attempts[0].pid != nil)
            #expect(try await sandbox.succeed("logs", "1", "hello") == "hello Ada, ***\n")
            // TERM cancels it: it need not be killed.
            let slow = try report.task("slow").attempts[0]
            #expect(slow.outcome == "timed-out")
            let took = "SELECT duration_ms < 5000 FROM attempt WHERE outcome = 'timed-out'"
            #expect(try await sandbox.sqlite(took) == "1")
        }

        @Test func `one whose runner was killed is ended by the next`() async throws {
            let sandbox = try await sandbox(
                """
                flow: left
                tasks:
                  long: {component: sleep, isolate: true, with: {duration: 1h}}
                """
            )
            let runner = try sandbox.startFlower("run")
            var pid = ""
            // The pid is in the database once the process is made; until its exec it is the runner's image.
            var words: [Substring] = []
            for _ in 0..<10_000 where words.last != "sleep" {
                pid = try await sandbox.sqlite("SELECT pid FROM attempt")
                let text = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
                words = text?.split(separator: "\0") ?? []
            }
            #expect(words == ["flower", "component-process", "sleep"])
            runner.signal(SIGKILL)
            _ = try await runner.ended()
            #expect(try await sandbox.flower("run").code == 1)
            let report = try await sandbox.status(1)
            #expect(try report.task("long").attempts.map(\.outcome) == ["interrupted"])
            #expect(access("/proc/\(pid)", F_OK) != 0 || zombie(pid))
        }

        private func zombie(_ pid: String) -> Bool {
            let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return text?.contains(") Z ") ?? true
        }

        @Test func `a secret is in no argument, log, page or tail`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write("API_KEY=k3y-of-the-file\n", to: "key.env")
            try sandbox.write(
                """
                flow: secretive
                parameters: {token: ""}
                secrets: [token, API_KEY]
                environment_file: key.env
                tasks:
                  tell:
                    run: |
                      echo "$token and $API_KEY"
                      # Every command line of the machine, this runner's and its children's.
                      cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' > seen
                      exit 1
                """,
                to: "flow.yaml"
            )
            try await sandbox.succeed("apply", "flow.yaml")
            // As the API would: a value on the command line is seen there while it is registered.
            try await sandbox.succeed("register", "secretive", "-p", "token=s3cr3t-of-run")
            #expect(try await sandbox.flower("run").code == 1)
            #expect(try await sandbox.succeed("logs", "1", "tell") == "*** and ***\n")
            var shown = try sandbox.text(of: "seen")
            for command in ["status", "runs"] {
                let words = command == "status" ? [command, "1"] : [command]
                for more in [[], ["-o", "json"]] {
                    let ending = try await sandbox.start([Sandbox.flower] + words + more).ended()
                    shown += ending.output
                }
            }
            shown += try await sandbox.sqlite("SELECT tail FROM attempt")
            #expect(shown.contains("***"))
            for value in ["s3cr3t", "k3y-of"] { #expect(!shown.contains(value)) }
        }
    }
}
