import Components
import Cron
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

extension RunnerTests {
    /// Time-outs of runs, the time between TERM and KILL, files of variables and secrets.
    @Suite struct ControlTasks {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        @Test func `a run over its time ends what runs and cancels what waits`() throws {
            let run = try harness.register([
                .run(
                    "a",
                    "sleep 600 & echo $!; wait",
                    retries: RetryPolicy(limit: 3, delay: .zero)
                ),
                .run("b", "echo never", needs: ["a"]),
                .component("c", "sleep", ["duration": .string("1h")]),
            ]) { $0.runTimeout = .milliseconds(300) }
            let ending = try harness.runner().run()
            #expect(ending.failedTasks == 2 && !ending.isStopped)
            let tasks = try harness.tasks(ofRun: run)
            for name in ["a", "c"] {
                #expect(tasks[name]?.state == .failed && tasks[name]?.attempts.count == 1)
                let attempt = tasks[name]?.attempts.first
                #expect(attempt?.outcome == "timed-out", "\(name)")
                #expect(attempt?.note == "its run took longer than its run_timeout")
            }
            #expect(tasks["b"]?.state == .cancelled && tasks["b"]?.attempts.isEmpty == true)
            #expect(try harness.store.state(ofRun: run) == .failed)
            // The whole group was ended, not the shell alone.
            let line = try harness.lines(ofRun: run, task: "a").first
            let child = try #require(line.flatMap { pid_t($0) })
            #expect(ProcessTable.state(of: child) ?? "Z" == "Z")
        }

        @Test func `a runner that waits for retries ends a run over its time`() throws {
            let policy = RetryPolicy(limit: 3, delay: .seconds(600))
            let run = try harness.register([.run("a", "exit 1", retries: policy)]) {
                $0.runTimeout = .milliseconds(200)
            }
            _ = try harness.runner { $0.waitsForRetries = true }.run()
            #expect(try harness.task("a", ofRun: run).state == .cancelled)
            #expect(try harness.store.state(ofRun: run) == .failed)
        }

        @Test(arguments: [nil, Duration.milliseconds(30)])
        func `what ignores TERM is killed after its grace`(own: Duration?) throws {
            var task = TaskSpec.run(
                "a",
                "trap '' TERM; echo $$; while :; do sleep 0.01; done",
                timeout: .milliseconds(200)
            )
            task.killGrace = own
            let run = try harness.register([task]) { $0.killGrace = .milliseconds(40) }
            let before = MonotonicTime.now
            _ = try harness.runner().run()
            #expect(MonotonicTime.now - before < Limit.killGrace)
            let attempt = try #require(try harness.task("a", ofRun: run).attempts.first)
            #expect(attempt.outcome == "timed-out")
            // Not before its grace was over.
            let least = 200 + (own ?? .milliseconds(40)).milliseconds
            #expect(attempt.durationMilliseconds ?? 0 >= least)
        }

        @Test func `a cancelled component returns, and is cancelled`() throws {
            let store = harness.store
            let run = try harness.register([
                .component("a", "sleep", ["duration": .string("1h")]),
                .run("b", ": > begun; while [ ! -e done ]; do sleep 0.01; done"),
            ])
            let path = harness.folder.path
            let person = try WorkerThread(name: "person") {
                while access("\(path)/begun", F_OK) != 0 { sched_yield() }
                // A failure shows: the component would sleep for an hour.
                _ = try? store.cancel(run, task: "a", by: "test", at: .now)
                while (try? store.run(run).tasks[0].state) != .cancelled { sched_yield() }
                close(open("\(path)/done", O_CREAT | O_WRONLY, 0o600))
            }
            _ = try harness.runner().run()
            person.join()
            let task = try harness.task("a", ofRun: run)
            #expect(task.state == .cancelled && task.attempts.first?.outcome == "cancelled")
            #expect(try harness.task("b", ofRun: run).state == .succeeded)
        }

        @Test func `files of variables are read at each launch, later ones winning`() throws {
            try harness.folder.write("A=flow\nB=flow\nC=flow\nP=file\n", "flow.env")
            try harness.folder.write("C=task\nD='a b'\n", "task.env")
            var task = TaskSpec.run("a", "echo $A $B $C \"$D\" $P; echo A=again > flow.env")
            task.environment = [Variable("B", "set")]
            task.environmentFiles = [
                VariableFile("\(harness.folder.path)/task.env"),
                VariableFile("/nonexistent", mayBeMissing: true),
            ]
            var second = TaskSpec.run("b", "echo $A", needs: ["a"])
            second.environmentFiles = []
            let run = try harness.register([task, second]) {
                $0.environment = [Variable("A", "set")]
                $0.parameters = [Variable("P", "parameter")]
                $0.environmentFiles = [VariableFile("\(self.harness.folder.path)/flow.env")]
            }
            #expect(try harness.runner().run().failedTasks == 0)
            #expect(try harness.lines(ofRun: run, task: "a") == ["flow set task a b parameter"])
            #expect(try harness.lines(ofRun: run, task: "b") == ["again"])
        }

        @Test(arguments: [
            (nil, "the environment file PATH/x.env cannot be read: No such file or directory"),
            ("A=1\nnonsense\n", "PATH/x.env:2: this line is no NAME=value"),
            ("A=\"1\n", "PATH/x.env:1: the value of A has no closing quote"),
        ])
        func `a file that cannot be read is told with its line`(
            text: String?,
            reason: String
        ) throws {
            if let text { try harness.folder.write(text, "x.env") }
            var task = TaskSpec.run("a", "echo never")
            task.environmentFiles = [VariableFile("\(harness.folder.path)/x.env")]
            let run = try harness.register([task])
            #expect(try harness.runner().run().failedTasks == 1)
            let attempt = try #require(try harness.task("a", ofRun: run).attempts.first)
            let path = harness.folder.path
            #expect(attempt.outcome == "not-started")
            #expect(attempt.note?.replacing(path, with: "PATH") == reason)
        }

        @Test(.enabled(if: geteuid() == 0))
        func `root's task gets no variable that others may have written`() throws {
            try harness.folder.write("LD_PRELOAD=/tmp/theirs.so\n", "x.env")
            let path = "\(harness.folder.path)/x.env"
            #expect(chmod(path, 0o666) == 0)
            var task = TaskSpec.run("a", "echo never")
            task.environmentFiles = [VariableFile(path)]
            let run = try harness.register([task])
            #expect(try harness.runner().run().failedTasks == 1)
            let attempt = try #require(try harness.task("a", ofRun: run).attempts.first)
            #expect(attempt.outcome == "not-started")
            #expect(
                attempt.note
                    == "the environment file \(path) may be written by everybody (mode 0666), and"
                    + " root does nothing that others may change; chmod go-w \(path)"
            )
        }

        @Test func `a pipe in a file's place does not stop the runner`() throws {
            let path = "\(harness.folder.path)/pipe"
            #expect(mkfifo(path, 0o600) == 0)
            var task = TaskSpec.run("a", "echo never")
            task.environmentFiles = [VariableFile(path)]
            let run = try harness.register([task])
            _ = try harness.runner().run()
            let note = try harness.task("a", ofRun: run).attempts.first?.note
            #expect(note == "the environment file \(path) is no file")
        }

        @Test func `secret values are masked in lines, tails and notes`() throws {
            try harness.folder.write("KEY='line one\nline two'\n", "k.env")
            var task = TaskSpec.run(
                "a",
                """
                echo "token=$token;$token, $AUTH"; printf '%s' "$KEY" >&2; echo
                echo $short "$(printf %s "$token" | tr a-z A-Z)"; exit 1
                """
            )
            task.environment = [Variable("AUTH", "Bearer ${token}")]
            task.environmentFiles = [VariableFile("\(harness.folder.path)/k.env")]
            let run = try harness.register(
                [task, .component("c", "echo", ["text": .string("with ${token}")])]
            ) {
                $0.parameters = [Variable("token", "s3cr3t-value"), Variable("short", "xyz")]
                $0.secrets = ["token", "KEY", "short"]
            }
            _ = try harness.runner().run()
            let lines = Set(try harness.lines(ofRun: run, task: "a"))
            // Too short, or changed, cannot be known again.
            #expect(lines == ["token=***;***, Bearer ***", "***", "", "xyz S3CR3T-VALUE"])
            let tail = try harness.tail("a", ofRun: run)
            #expect(!tail.contains("s3cr3t") && !tail.contains("line one"))
            #expect(try harness.lines(ofRun: run, task: "c") == ["with ***"])
            #expect(try harness.tail("c", ofRun: run) == "with ***\n")
        }
    }
}

@Suite struct MaskTests {
    @Test(arguments: [
        (["abcd"], "xabcdabcdy", "x******y"), (["abcd", "abcdef"], "abcdef abcd", "*** ***"),
        (["abc"], "abc", "abc"), ([""], "x", "x"), (["aaaa"], "aaaaaa", "***aa"),
        (["one1\ntwo2\n"], "two2 one1", "*** ***"), (["é-é-"], "é-é-", "***"),
    ])
    func `values are found as they stand`(secrets: [String], text: String, expected: String) {
        #expect(Mask(secrets).applied(to: text) == expected)
    }
}
