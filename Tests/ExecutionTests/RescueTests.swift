import Cron
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

extension RunnerTests {
    /// Promise 2: what a dead runner left running is ended before anything of it is tried again.
    @Suite struct RescueOfDeadRunners {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        /// A runner that claims and launches by hand, so that it can die at any point.
        private final class Victim {
            let loop: EventLoop
            let file: RunnerFile
            let launcher: ProcessLauncher
            let identity: RunnerIdentity
            private let store: Store
            private var results: [ObjectIdentifier: AttemptResult] = [:]
            private let sink: MemorySink
            private let log: any LogSink

            /// - Parameter files: where its lines go too.
            init(
                _ store: Store,
                bootID: String = Machine.bootID,
                files: FileLogSink? = nil
            ) throws {
                self.store = store
                let sink = MemorySink()
                self.sink = sink
                log = try files.map { PairedLogSink($0, sink, room: try Signal()) } ?? sink
                loop = try EventLoop()
                file = try RunnerFile(in: store.folder, workers: 4)
                launcher = try ProcessLauncher(loop, log, file)
                identity = RunnerIdentity(id: file.id, pid: 1, bootID: bootID, workers: 4)
                launcher.result = { [unowned self] in results[ObjectIdentifier($0)] = $1 }
            }

            func claim() throws -> [Claim] {
                var turn = Turn()
                turn.wanted = 10
                return try store.turn(turn, by: identity, at: .now).claims
            }

            /// Launches, and waits until the process has printed a line.
            func launch(_ claim: Claim) throws -> Attempt {
                let world = try RunWorld(
                    claim.run,
                    account: .current,
                    zone: .utc,
                    outputs: OutputFolder(store.folder, instance: store.instance)
                )
                let output = AttemptOutput(LogSource(claim), log)
                let attempt = Attempt(claim, output, slot: file.takeSlot())
                try launcher.start(attempt, try TaskWorld(claim, of: world))
                try turn(until: { output.lines > 0 })
                return attempt
            }

            func waitForEnd(of attempt: Attempt) throws {
                try turn(until: { self.results[ObjectIdentifier(attempt)] != nil })
            }

            func line(_ attempt: Attempt) throws -> String {
                try #require(sink.lines(of: attempt.output.source, .output).first)
            }

            private func turn(until condition: () -> Bool) throws {
                let deadline = MonotonicTime.now + .seconds(60)
                while !condition() {
                    try #require(MonotonicTime.now < deadline)
                    try loop.turn(limit: .milliseconds(10))
                }
            }
        }

        /// Claims the only task, launches it, and dies.
        private func leave(_ text: String, retries: RetryPolicy = .none) throws -> (
            run: Int64, line: String, pid: pid_t
        ) {
            let run = try harness.register([.run("a", text, retries: retries)])
            let victim = try Victim(harness.store)
            let claim = try #require(try victim.claim().first)
            let attempt = try victim.launch(claim)
            return (run, try victim.line(attempt), try #require(attempt.pid))
        }

        @Test func `a task that still runs is ended and interrupted`() throws {
            let left = try leave("sleep 600 & echo $!; wait")
            #expect(ProcessTable.entry(left.pid) != nil)
            #expect(try harness.runner().run().failedTasks == 1)
            #expect(ProcessTable.entry(left.pid) == nil)
            #expect(ProcessTable.entry(try #require(pid_t(left.line))) == nil)
            let task = try harness.task("a", ofRun: left.run)
            #expect(task.state == .failed && task.attempts.count == 1)
            let attempt = try #require(task.attempts.first)
            #expect(attempt.outcome == "interrupted" && attempt.pid == left.pid)
            #expect(attempt.note?.contains("its runner was killed") == true)
            #expect(folderNames(harness.folder.state.runnersPath).isEmpty)
            #expect(try harness.store.unendedRunners().isEmpty)
        }

        @Test func `what it had printed is counted and kept, and what may be missing is said`()
            throws
        {
            let run = try harness.register([
                .run("a", "echo begun; exec sleep 600"), .run("b", "echo one; printf two"),
                .run("c", "echo begun; exec sleep 600"),
            ])
            let files = try FileLogSink(harness.folder.state)
            do {
                let victim = try Victim(harness.store, files: files)
                let attempts = try victim.claim().map { try victim.launch($0) }
                try victim.waitForEnd(of: attempts[1])
                #expect(files.finish(limit: .seconds(30)) == nil)
            }
            // As if nothing of the third had reached its file.
            unlink("\(harness.folder.state.logsPath)/\(run)/c.1.log")
            _ = try harness.runner().run()
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks["a"]?.attempts.map(\.lines) == [1])
            #expect(try harness.tail("a", ofRun: run) == "begun\n")
            // Its end was known; what it printed last, not for sure.
            #expect(tasks["b"]?.state == .succeeded && tasks["b"]?.attempts.map(\.lines) == [2])
            #expect(try harness.tail("b", ofRun: run) == "one\ntwo")
            #expect(tasks["c"]?.attempts.map(\.lines) == [0])
            for name in ["a", "b", "c"] {
                let note = tasks[name]?.attempts.first?.note
                #expect(note?.contains("the last of its output may be missing") == true, "\(name)")
            }
            let printed = try harness.store.printedLines(ofRun: run, task: nil)
            #expect(printed.map(\.lines) == [1, 2, nil])
        }

        @Test func `with retries left it is tried again, after its end`() throws {
            let policy = RetryPolicy(limit: 1, delay: .milliseconds(1))
            let left = try leave(
                """
                [ "$FLOWER_ATTEMPT" = 2 ] || { echo first; exec sleep 600; }
                echo second
                """,
                retries: policy
            )
            let ending = try harness.runner { $0.waitsForRetries = true }.run()
            #expect(ending.failedTasks == 0)
            let task = try harness.task("a", ofRun: left.run)
            #expect(task.state == .succeeded)
            #expect(task.attempts.map(\.outcome) == ["interrupted", "succeeded"])
        }

        @Test func `a daemon that left the group is found by its environment`() throws {
            let left = try leave("setsid sh -c 'echo $$; exec sleep 600' & wait")
            let daemon = try #require(pid_t(left.line))
            // The group itself is gone: only the daemon is left.
            kill(-left.pid, SIGKILL)
            #expect(ProcessTable.entry(daemon) != nil)
            #expect(try harness.runner().run().failedTasks == 1)
            #expect(ProcessTable.entry(daemon) == nil)
        }

        @Test func `one that has cleared its environment too is found by its mark`() throws {
            let left = try leave("env -i setsid sh -c 'echo $$; exec sleep 600' & wait")
            let daemon = try #require(pid_t(left.line))
            kill(-left.pid, SIGKILL)
            #expect(ProcessTable.entry(daemon) != nil)
            #expect(try harness.runner().run().failedTasks == 1)
            #expect(ProcessTable.entry(daemon) == nil)
        }

        @Test func `an end that was recorded and not committed is known`() throws {
            let run = try harness.register([.run("a", "echo begun; exit 7"), .run("b", "echo b")])
            do {
                let victim = try Victim(harness.store)
                // All at once: a place in the record is used again once its attempt is let go.
                let attempts = try victim.claim().map { try victim.launch($0) }
                for attempt in attempts { try victim.waitForEnd(of: attempt) }
            }
            let ending = try harness.runner().run()
            #expect(ending.failedTasks == 1 && ending.launchedTasks == 0)
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks["a"]?.attempts.map(\.exitCode) == [7])
            #expect(tasks["b"]?.state == .succeeded)
            #expect(tasks["b"]?.attempts.first?.userCPUMilliseconds != nil)
        }

        @Test func `outputs of an end that was recorded and not committed are known`() throws {
            let write = "echo begun; echo \"k=$0\" > \"$FLOWER_OUTPUT\""
            let run = try harness.register([.run("a", write), .run("b", "\(write); exit 1")])
            let folder = OutputFolder(harness.store.folder, instance: harness.store.instance)
            folder.make(like: harness.store.folder.logsPath)
            do {
                let victim = try Victim(harness.store)
                let attempts = try victim.claim().map { try victim.launch($0) }
                for attempt in attempts { try victim.waitForEnd(of: attempt) }
            }
            let left = harness.store.folder.path + "/outputs"
            #expect(folderNames(left).count == 2)
            _ = try harness.runner().run()
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks["a"]?.outputs == [Variable("k", "sh")])
            #expect(tasks["b"]?.state == .failed)
            #expect(tasks["b"]?.outputs == [Variable("k", "sh")])
            #expect(folderNames(left).isEmpty)
        }

        @Test func `what they hold of secrets is known to whoever takes them over`() throws {
            try harness.folder.write("KEY=s3cr3t-value\n", "k.env")
            let files = [VariableFile("\(harness.folder.path)/k.env")]
            var good = TaskSpec.run("a", "echo begun; echo \"k=<$KEY>\" > $FLOWER_OUTPUT")
            var bad = TaskSpec.run("b", "echo begun; echo \"$KEY\" > $FLOWER_OUTPUT")
            (good.environmentFiles, bad.environmentFiles) = (files, files)
            let run = try harness.register([good, bad]) { $0.secrets = ["KEY"] }
            let folder = OutputFolder(harness.store.folder, instance: harness.store.instance)
            folder.make(like: harness.store.folder.logsPath)
            do {
                let victim = try Victim(harness.store)
                let attempts = try victim.claim().map { try victim.launch($0) }
                for attempt in attempts { try victim.waitForEnd(of: attempt) }
            }
            _ = try harness.runner().run()
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks["a"]?.outputs == [Variable("k", "<***>")])
            #expect(
                tasks["b"]?.attempts.first?.note?.contains("line 1: '***' is no output") == true
            )
        }

        @Test func `a claim that was never launched goes back and costs no retry`() throws {
            let run = try harness.register([.run("a", "echo ran")])
            do { _ = try Victim(harness.store).claim() }
            #expect(try harness.runner().run().failedTasks == 0)
            let task = try harness.task("a", ofRun: run)
            #expect(task.state == .succeeded && task.attempts.map(\.number) == [1])
        }

        @Test func `after a power cut a claim counts as interrupted`() throws {
            let run = try harness.register([.run("a", "echo ran")])
            do { _ = try Victim(harness.store, bootID: "another boot").claim() }
            #expect(try harness.runner().run().failedTasks == 1)
            let attempts = try harness.task("a", ofRun: run).attempts
            #expect(attempts.map(\.outcome) == ["interrupted"])
        }

        @Test func `a file that was lost counts like a power cut`() throws {
            let run = try harness.register([.run("a", "echo ran")])
            do {
                let victim = try Victim(harness.store)
                _ = try victim.claim()
                victim.file.remove()
            }
            #expect(try harness.runner().run().failedTasks == 1)
            #expect(try harness.task("a", ofRun: run).state == .failed)
        }

        @Test func `a living runner's tasks are not touched, however slow it is`() throws {
            let run = try harness.register([.run("a", "echo begun; sleep 600")])
            let victim = try Victim(harness.store)
            let attempt = try victim.launch(try #require(try victim.claim().first))
            let pid = try #require(attempt.pid)
            #expect(try harness.runner().run() == Runner.Ending())
            #expect(ProcessTable.entry(pid) != nil)
            #expect(try harness.task("a", ofRun: run).state == .running)
            victim.launcher.end(attempt, byForce: true)
            try victim.waitForEnd(of: attempt)
        }

        @Test func `of a runner that claimed nothing only the file is left, and goes`() throws {
            do { _ = try Victim(harness.store) }
            #expect(folderNames(harness.folder.state.runnersPath).count == 1)
            _ = try harness.runner().run()
            #expect(folderNames(harness.folder.state.runnersPath).isEmpty)
        }

        @Test func `a process of the recorded number that was made at another time is not the one`()
        {
            let tick: Int64 = 10_000_000
            let entry = ProcessTable.Entry(pid: 7, parent: 1, group: 7, startTicks: 100)
            #expect(entry.isMade(from: 100 * tick, until: 100 * tick))
            #expect(entry.isMade(from: 99 * tick + 1, until: 101 * tick))
            #expect(!entry.isMade(from: 101 * tick, until: 102 * tick))
            #expect(!entry.isMade(from: 90 * tick, until: 99 * tick))
            #expect(
                entry.isMade(from: 90 * tick, until: 0),
                "the runner died before it wrote the end"
            )
        }
    }
}
