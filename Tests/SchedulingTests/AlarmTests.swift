import Cron
import Flows
import Glibc
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// What no runner waits for: the scheduler wakes one.
@Suite struct AlarmTests {
    let folder: TemporaryFolder
    let clock = FakeClock(Instant(seconds: 1_793_613_600))
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(StateFolder(path: folder.path), create: true)
    }

    private var scheduler: Scheduler { Scheduler(store: store, zones: .host, clock: clock) }

    private var isWoken: Bool { access(store.folder.wakePath, F_OK) == 0 }

    private func register(_ task: TaskSpec, runTimeout: Duration? = nil) throws {
        let flow = Flow(
            name: "a",
            workingDirectory: "/",
            tasks: [task],
            runTimeout: runTimeout
        )
        let source = FlowSource(path: "/flows/a.yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
        let request = RegisterRequest(flow: "a", hostZone: "UTC")
        _ = try store.register(request, by: "test", at: clock.now)
    }

    /// Claims the task and lets it fail.
    private func fail() throws { try store.endTasks(1, exit: 1, at: clock.now) }

    @Test func `a retry that comes due wakes a runner, once`() throws {
        let policy = RetryPolicy(limit: 1, delay: .seconds(90))
        try register(TaskSpec(name: "t", action: .run("x"), retries: policy))
        try fail()
        unlink(store.folder.wakePath)
        let scheduler = scheduler
        let at = try #require(try scheduler.wakeForRetry())
        #expect(at.milliseconds - clock.now.milliseconds == 90_000 && !isWoken)
        clock.advance(seconds: 90)
        #expect(try scheduler.wakeForRetry() == nil && isWoken)
        unlink(store.folder.wakePath)
        #expect(try scheduler.wakeForRetry() == nil && !isWoken)
    }

    @Test func `a run that is over its time wakes a runner`() throws {
        let policy = RetryPolicy(limit: 1, delay: .seconds(600))
        try register(
            TaskSpec(name: "t", action: .run("x"), retries: policy),
            runTimeout: .seconds(30)
        )
        try fail()
        unlink(store.folder.wakePath)
        let scheduler = scheduler
        let at = try #require(try scheduler.wakeForRetry())
        #expect(at.milliseconds - clock.now.milliseconds == 30_000 && !isWoken)
        clock.advance(seconds: 30)
        #expect(try scheduler.wakeForRetry() == nil && isWoken)
    }
}
