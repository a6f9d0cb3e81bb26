import Components
import Cron
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

/// A runner catches the process's SIGTERM, so that no two are tested at a time.
@Suite(.serialized) struct RunnerTests {
    private let harness: RunnerHarness

    init() throws { harness = try RunnerHarness() }

    @Test func `a run is drained in an order that its needs allow`() throws {
        let run = try harness.register([
            .run("a", "echo a >> order"), .run("b", "echo b >> order", needs: ["a"]),
            .run("c", "echo c >> order", needs: ["a"]),
            .run("d", "cat order", needs: ["b", "c"]),
        ])
        let ending = try harness.runner().run()
        #expect(ending.failedTasks == 0 && ending.launchedTasks == 4 && !ending.isStopped)
        #expect(try harness.store.state(ofRun: run) == .succeeded)
        let order = try harness.lines(ofRun: run, task: "d")
        #expect(order.first == "a" && Set(order) == ["a", "b", "c"])
        #expect(folderNames(harness.folder.state.runnersPath).isEmpty)
        #expect(try harness.store.unendedRunners().isEmpty)
    }

    /// A user has 128 inotify instances, and a loop holds one of them.
    @Test func `a runner that has worked goes with its loop and all that it watched`() throws {
        try harness.register([
            .run("a", "echo a"), .component("b", "echo", ["text": .string("b")]),
        ])
        weak var loop: EventLoop?
        do {
            let runner = try harness.runner()
            loop = runner.loop
            #expect(try runner.run().launchedTasks == 2)
        }
        #expect(loop == nil)
    }

    @Test func `a failing task stops only what needs it`() throws {
        let run = try harness.register([
            .run("bad", "echo out; echo why >&2; exit 3"), .run("after", ":", needs: ["bad"]),
            .run("beside", "echo fine"),
        ])
        #expect(try harness.runner().run().failedTasks == 1)
        let tasks = try harness.tasks(ofRun: run)
        #expect(tasks["bad"]?.state == .failed && tasks["beside"]?.state == .succeeded)
        #expect(tasks["after"]?.state == .waiting && tasks["after"]?.attempts.isEmpty == true)
        let attempt = try #require(tasks["bad"]?.attempts.first)
        #expect(attempt.outcome == "failed" && attempt.exitCode == 3 && attempt.lines == 2)
        #expect(try harness.tail("bad", ofRun: run).contains("why\n"))
        #expect(attempt.sink == "file:logs/\(run)/bad.1.log")
        #expect(attempt.pid != nil && attempt.userCPUMilliseconds != nil)
    }

    @Test func `tasks run side by side as far as workers go`() throws {
        // Each waits until the other has begun.
        let run = try harness.register([
            .run("a", ": > a; while [ ! -e b ]; do sleep 0.01; done", timeout: .seconds(60)),
            .run("b", ": > b; while [ ! -e a ]; do sleep 0.01; done", timeout: .seconds(60)),
        ])
        _ = try harness.runner(workers: 2).run()
        #expect(try harness.store.state(ofRun: run) == .succeeded)
    }

    @Test(arguments: [(1, nil), (8, 1)] as [(Int, Int?)])
    func `no more run at once than workers and concurrency allow`(
        workers: Int,
        concurrency: Int?
    ) throws {
        let tasks = (0..<12).map { TaskSpec.run("t\($0)", "mkdir here; sleep 0.01; rmdir here") }
        let run = try harness.register(tasks, concurrency: concurrency)
        _ = try harness.runner(workers: workers).run()
        #expect(try harness.store.state(ofRun: run) == .succeeded)
    }

    @Test func `hundreds of short tasks each run once`() throws {
        let run = try harness.register(
            (0..<300).map { TaskSpec.run("t\($0)", "echo \($0) >> ran") }
                + [.run("last", "sort -n ran", needs: (0..<300).map { "t\($0)" })]
        )
        #expect(try harness.runner(workers: 8).run().launchedTasks == 301)
        let ran = try harness.lines(ofRun: run, task: "last")
        #expect(ran == (0..<300).map(String.init))
    }

    @Test func `a retry that is to come does not hold the runner`() throws {
        let policy = RetryPolicy(limit: 1, delay: .seconds(600))
        let run = try harness.register([.run("a", "exit 1", retries: policy)])
        let ending = try harness.runner().run()
        #expect(ending.failedTasks == 0 && ending.nextRetryAt != nil)
        #expect(try harness.task("a", ofRun: run).state == .waiting)
    }

    @Test func `a runner that waits makes the retries`() throws {
        let policy = RetryPolicy(limit: 2, delay: .milliseconds(20), backoff: 1)
        let run = try harness.register([
            .run("a", "echo \"$FLOWER_ATTEMPT\"; [ \"$FLOWER_ATTEMPT\" = 3 ]", retries: policy)
        ])
        let ending = try harness.runner { $0.waitsForRetries = true }.run()
        #expect(ending.failedTasks == 0 && ending.nextRetryAt == nil)
        #expect(try harness.task("a", ofRun: run).state == .succeeded)
        #expect(try harness.lines(ofRun: run) == ["1", "2", "3"])
    }

    @Test func `a runner that waits also makes the retries that another left`() throws {
        let policy = RetryPolicy(limit: 1, delay: .milliseconds(300))
        let run = try harness.register([
            .run("a", "[ \"$FLOWER_ATTEMPT\" = 2 ]", retries: policy)
        ])
        #expect(try harness.runner().run().nextRetryAt != nil)
        #expect(try harness.runner { $0.waitsForRetries = true }.run().failedTasks == 0)
        #expect(try harness.task("a", ofRun: run).state == .succeeded)
    }

    @Test func `a task is ended after its time`() throws {
        let run = try harness.register([
            .run("a", "echo begun; sleep 600", timeout: .milliseconds(300)),
            .run("b", "sleep 0.01", timeout: .seconds(600)),
        ])
        #expect(try harness.runner().run().failedTasks == 1)
        let attempt = try #require(try harness.task("a", ofRun: run).attempts.first)
        #expect(try attempt.outcome == "timed-out" && harness.tail(ofRun: run) == "begun\n")
        #expect(attempt.durationMilliseconds ?? 0 >= 300)
    }

    @Test func `a task that cannot start says why`() throws {
        let run = try harness.register([
            TaskSpec(name: "a", action: .exec(["no-such-program"]))
        ])
        #expect(try harness.runner().run().failedTasks == 1)
        let attempt = try #require(try harness.task("a", ofRun: run).attempts.first)
        #expect(attempt.outcome == "not-started")
        #expect(attempt.note?.contains("no program 'no-such-program'") == true)
    }

    @Test func `a program that turns out to be none is told, and is no attempt's process`() throws {
        try harness.folder.write("echo hi\n", "bare", mode: 0o755)
        let run = try harness.register([
            TaskSpec(name: "a", action: .exec(["\(harness.folder.path)/bare"]))
        ])
        #expect(try harness.runner().run().failedTasks == 1)
        let attempt = try #require(try harness.task("a", ofRun: run).attempts.first)
        #expect(attempt.outcome == "not-started")
        #expect(attempt.note?.contains("bare is no program") == true)
        #expect(attempt.userCPUMilliseconds == nil)
    }

    @Test func `nothing to do leaves nothing behind`() throws {
        harness.folder.state.touchWake()
        let ending = try harness.runner().run()
        #expect(ending == Runner.Ending())
        #expect(access(harness.folder.state.wakePath, F_OK) != 0)
        #expect(folderNames(harness.folder.state.runnersPath).isEmpty)
    }

    @Test func `work that comes while it runs is taken up at once`() throws {
        // The first run ends only when the second has run.
        try harness.register(
            [
                .run(
                    "a",
                    ": > begun; while [ ! -e second ]; do sleep 0.01; done",
                    timeout: .seconds(60)
                )
            ],
            flow: "first"
        )
        let harness = harness
        let path = harness.folder.path
        let store = harness.store
        let registrar = try WorkerThread(name: "registrar") {
            while access("\(path)/begun", F_OK) != 0 { sched_yield() }
            let flow = Flow(
                name: "second",
                workingDirectory: path,
                tasks: [.run("b", ": > second")]
            )
            let source = FlowSource(path: "/flows/second.yaml", digest: "1", flows: [flow])
            // A failure shows in the first flow's time-out.
            _ = try? store.apply([source], by: "test", at: .now)
            let request = RegisterRequest(flow: "second", hostZone: "UTC")
            _ = try? store.register(request, by: "test", at: .now)
        }
        let ending = try harness.runner().run()
        registrar.join()
        #expect(ending.failedTasks == 0 && ending.launchedTasks == 2)
    }

    @Test func `a fire that is near is waited for`() throws {
        let now = Instant.now.milliseconds
        try harness.folder.write("\(now + 100)", "state/wake")
        _ = try harness.runner { $0.linger = .milliseconds(200) }.run()
        #expect(Instant.now.milliseconds - now >= 300)
        try harness.folder.write("\(now + 86_400_000)", "state/wake")
        #expect(try harness.runner { $0.linger = .milliseconds(200) }.run() == Runner.Ending())
    }

    @Test func `asked to stop it lets tasks end and hands the rest back`() throws {
        let tasks = (0..<6).map {
            TaskSpec.run("t\($0)", "kill -TERM $PPID; while [ ! -e stopped ]; do sleep 0.01; done")
        }
        let run = try harness.register(
            [
                .run(
                    "a",
                    """
                    kill -TERM $PPID
                    i=0; while [ $i -lt 10 ]; do sleep 0.01; i=$((i+1)); done
                    echo ended
                    """
                )
            ]
                + tasks.map {
                    var task = $0
                    task.priority = 19
                    return task
                }
        )
        let ending = try harness.runner(workers: 1).run()
        #expect(ending.isStopped && ending.failedTasks == 0 && ending.launchedTasks == 1)
        let states = try harness.tasks(ofRun: run)
        #expect(states["a"]?.state == .succeeded)
        #expect(states.values.filter { $0.state == .waiting }.count == 6)
        #expect(states.values.allSatisfy { $0.name == "a" || $0.attempts.isEmpty })
    }

    @Test func `asked twice it ends what runs`() throws {
        let run = try harness.register([
            .run("a", "kill -TERM $PPID; kill -INT $PPID; echo asked; sleep 600")
        ])
        let ending = try harness.runner().run()
        #expect(ending.isStopped)
        let task = try harness.task("a", ofRun: run)
        #expect(task.state == .cancelled && task.attempts.first?.outcome == "cancelled")
    }

    @Test func `beyond the drain limit what runs is ended`() throws {
        let run = try harness.register([.run("a", "kill -INT $PPID; sleep 600")])
        let ending = try harness.runner { $0.drain = .milliseconds(50) }.run()
        #expect(ending.isStopped)
        #expect(try harness.task("a", ofRun: run).state == .cancelled)
    }
}
