import Flows
import Glibc
@testable import Storage
import Testing

@testable import Execution

extension RunnerTests {
    /// Hooks as processes, and the mail as sendmail(8) would get it.
    @Suite struct Hooks {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        private func register(
            _ hooks: [Hook],
            _ tasks: [TaskSpec],
            _ change: (inout Flow) -> Void = { _ in }
        ) throws -> Int64 {
            var flow = Flow(
                name: "sales",
                workingDirectory: harness.folder.path,
                tasks: tasks,
                hooks: hooks
            )
            change(&flow)
            let source = FlowSource(path: "/flows/sales.yaml", digest: "1", flows: [flow])
            _ = try harness.store.apply([source], by: "test", at: .now)
            let request = RegisterRequest(flow: "sales", hostZone: "UTC")
            return try harness.store.register(request, by: "test", at: .now).runID
        }

        private func run(_ text: String, on event: HookEvent) -> Hook {
            Hook(event, .run(event.taskName, text))
        }

        @Test func `a hook's environment tells how the run settled`() throws {
            let run = try register(
                [
                    run(
                        #"echo "$FLOWER_RUN_STATE: $FLOWER_FAILED_TASKS, $FLOWER_TASK""#,
                        on: .failure
                    )
                ],
                [.run("a", "exit 3"), .run("b", ":"), .run("c", "exit 4")]
            )
            #expect(try harness.runner().run().failedTasks == 2)
            #expect(try harness.tail("@on_failure", ofRun: run) == "failed: a c, @on_failure\n")
        }

        @Test func `a hook that fails is told and leaves the run as it is`() throws {
            let run = try register([run("exit 9", on: .always)], [.run("a", ":")])
            let ending = try harness.runner().run()
            #expect(ending.failedTasks == 0 && ending.failedHooks == 1)
            let told = "hook '@always' of run \(run) of flow 'sales' failed with exit code 9"
            #expect(ending.hookFailures == [told])
            #expect(try harness.store.state(ofRun: run) == .succeeded)
            #expect(try harness.store.run(run).summary.failedHooks == ["@always"])
            #expect(try harness.task("@always", ofRun: run).attempts.first?.exitCode == 9)
        }

        /// A program in the place of sendmail that keeps what it is given.
        private func fakeSendmail(_ text: String = "") throws -> String {
            try harness.folder.write(
                "#!/bin/sh\nprintf '%s\\n' \"$@\" > arguments\ncat > message\n\(text)\n",
                "sendmail",
                mode: 0o755
            )
        }

        private func contents(_ name: String) throws -> String {
            let descriptor = open("\(harness.folder.path)/\(name)", O_RDONLY | O_CLOEXEC)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = read(descriptor, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }

        @Test func `a failed run is mailed, with the last words of its tasks`() throws {
            let sendmail = try fakeSendmail()
            let text = #"printf 'fine\nSubject: forged\r\n\nBcc: x\033[2J\n' >&2; exit 3"#
            let run = try register(
                [.mail(to: ["ops@example.org", "root"])],
                [.run("clean", text), .run("after", ":", needs: ["clean"])]
            )
            _ = try harness.runner { $0.sendmail = sendmail }.run()
            #expect(try harness.task("@notify", ofRun: run).state == .succeeded)
            #expect(try contents("arguments") == "-i\nops@example.org\nroot\n")
            let message = try contents("message")
            let expected = """
                To: ops@example.org, root
                Subject: sales run \(run) failed on \(HostName.current)
                Auto-Submitted: auto-generated
                MIME-Version: 1.0
                Content-Type: text/plain; charset=UTF-8
                Content-Transfer-Encoding: 8bit

                Run \(run) of flow 'sales' failed on \(HostName.current): 1 task.

                clean, attempt 1: exit code 3
                  | fine
                  | Subject: forged\u{FFFD}
                  | 
                  | Bcc: x\u{FFFD}[2J

                flower status \(run)
                flower logs \(run) 'clean'
                flower rerun \(run) --failed

                """
            #expect(message == expected)
        }

        @Test func `the mail of a run over its time names what was not done, and why`() throws {
            let sendmail = try fakeSendmail()
            let retries = RetryPolicy(limit: 3, delay: .seconds(600))
            let hooks = [
                Hook.mail(to: ["root"]), self.run(#"echo "$FLOWER_FAILED_TASKS""#, on: .failure),
            ]
            let run = try register(
                hooks,
                [
                    .run("load", "echo no disk; exit 3", retries: retries),
                    .run("after", ":", needs: ["load"]), .run("fine", ":"),
                ]
            ) { $0.runTimeout = .milliseconds(300) }
            _ = try harness.runner {
                $0.sendmail = sendmail
                $0.waitsForRetries = true
            }
            .run()
            #expect(try harness.tail("@on_failure", ofRun: run) == "load after\n")
            let late = "its run took longer than its run_timeout"
            let expected = """
                Run \(run) of flow 'sales' failed on \(HostName.current): it took longer than its \
                run_timeout; 2 tasks not done.

                load, attempt 1: exit code 3; not tried again: \(late)
                  | no disk

                after: not started: \(late)

                flower status \(run)
                flower logs \(run) 'load'
                flower rerun \(run) --failed

                """
            let message = try contents("message")
            #expect(message.hasSuffix("\n\n" + expected), "\(message)")
            #expect(try harness.store.state(ofRun: run) == .failed)
        }

        /// The runner would stay for it, and nothing would tell.
        @Test func `a sendmail that hangs is ended, and asked again`() throws {
            let sendmail = try fakeSendmail("sleep 600")
            var mail = Hook.mail(to: ["root"])
            #expect(mail.task.timeout == Hook.mailTimeout)
            mail.task.timeout = .milliseconds(300)
            let run = try register([mail], [.run("a", "exit 1")])
            let ending = try harness.runner { $0.sendmail = sendmail }.run()
            #expect(ending.failedTasks == 1 && ending.failedHooks == 0)
            let task = try harness.task("@notify", ofRun: run)
            #expect(task.state == .waiting && task.retryAt != nil)
            #expect(task.attempts.map(\.outcome) == ["timed-out"])
        }

        @Test(arguments: [(75, TaskState.waiting), (69, .waiting), (67, .failed), (1, .failed)])
        func `a mail is tried again where sendmail says that it could not for now`(
            code: Int,
            state: TaskState
        ) throws {
            let sendmail = try fakeSendmail("exit \(code)")
            let run = try register([.mail(to: ["root"])], [.run("a", "exit 1")])
            let ending = try harness.runner { $0.sendmail = sendmail }.run()
            #expect(ending.failedHooks == (state == .failed ? 1 : 0))
            #expect(try harness.task("@notify", ofRun: run).state == state)
            #expect((ending.nextRetryAt != nil) == (state == .waiting))
        }

        @Test func `a run that succeeds is not mailed`() throws {
            let sendmail = try fakeSendmail()
            let run = try register([.mail(to: ["root"])], [.run("a", ":")])
            _ = try harness.runner { $0.sendmail = sendmail }.run()
            #expect(try harness.tasks(ofRun: run)["@notify"] == nil)
            #expect(access("\(harness.folder.path)/message", F_OK) != 0)
        }

        @Test func `where there is no sendmail, or it fails, the attempt says so`() throws {
            let run = try register([.mail(to: ["root"])], [.run("a", "exit 1")])
            _ = try harness.runner { $0.sendmail = "/nowhere/sendmail" }.run()
            let attempt = try #require(try harness.task("@notify", ofRun: run).attempts.first)
            #expect(attempt.outcome == "not-started")
            #expect(attempt.note?.contains("/nowhere/sendmail") == true, "\(attempt.note ?? "")")
            let failing = try fakeSendmail("exit 70")
            _ = try harness.store.rerun(run, .from("@notify"), by: "test", at: .now)
            _ = try harness.runner { $0.sendmail = failing }.run()
            #expect(try harness.task("@notify", ofRun: run).attempts.last?.exitCode == 70)
            #expect(try contents("message").contains("a, attempt 1: exit code 1\n"))
        }

        @Test func `a mail's size is bounded, whatever the tasks print`() throws {
            let attempt = AttemptDetail(
                number: 1,
                startedAt: .now,
                endedAt: .now,
                durationMilliseconds: 1,
                outcome: "failed",
                exitCode: 1,
                signal: nil,
                pid: 1,
                userCPUMilliseconds: 0,
                systemCPUMilliseconds: 0,
                maxRSSKiB: nil,
                lines: 1,
                lost: 0,
                sink: nil,
                note: nil
            )
            let tails: [[UInt8]] = [
                [UInt8](repeating: 0x61, count: 64 << 10),
                Array(String(repeating: "é\n", count: 20_000).utf8), [0xFF, 10, 10, 10],
            ]
            let mail = FailureMail(
                host: "h\r\nBcc: x",
                flow: "f",
                run: 1,
                recipients: ["root"],
                failures: RunFailures(
                    shown: tails.map {
                        FailedTask(name: TaskName("t"), attempt: attempt, tail: $0)
                    },
                    count: 12
                )
            )
            let lines = mail.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.utf8.count <= 998 })
            #expect(lines.count < 6 + 3 * (FailureMail.linesTold + 2) + 20)
            #expect(lines[1] == "Subject: f run 1 failed on hBcc:x")
            #expect(mail.text.contains("  | \u{FFFD}\n\n9 more failed.\n"))
        }
    }
}
