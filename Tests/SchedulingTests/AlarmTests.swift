import CLinux
import Cron
import Flows
import Glibc
import HostTime
import TestSupport
import Testing

@testable import Scheduling
@testable import Storage

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

    private func isSoon(_ seconds: Int64, _ scheduler: Scheduler) throws {
        let look = try scheduler.wakeForAlarm()
        let at = try #require(look.nextAt)
        #expect(at.milliseconds - clock.now.milliseconds == seconds * 1000)
        #expect(!look.hasRung && !isWoken)
    }

    @Test func `a retry that comes due wakes a runner, once`() throws {
        let policy = RetryPolicy(limit: 1, delay: .seconds(90))
        try register(TaskSpec(name: "t", action: .run("x"), retries: policy))
        try fail()
        unlink(store.folder.wakePath)
        let scheduler = scheduler
        try isSoon(90, scheduler)
        clock.advance(seconds: 90)
        #expect(try scheduler.wakeForAlarm() == .init(hasRung: true, nextAt: nil) && isWoken)
        unlink(store.folder.wakePath)
        #expect(try scheduler.wakeForAlarm() == .init(hasRung: false, nextAt: nil) && !isWoken)
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
        try isSoon(30, scheduler)
        clock.advance(seconds: 30)
        let look = try scheduler.wakeForAlarm()
        #expect(look.hasRung && isWoken && look.nextAt?.seconds == clock.now.seconds + 570)
    }

    /// One that nobody answers, the retry, must not hide the next.
    @Test func `what comes due later rings too, though the first was not seen to`() throws {
        let policy = RetryPolicy(limit: 1, delay: .seconds(10))
        try register(
            TaskSpec(name: "t", action: .run("x"), retries: policy),
            runTimeout: .seconds(30)
        )
        try fail()
        let scheduler = scheduler
        clock.advance(seconds: 10)
        #expect(try scheduler.wakeForAlarm().hasRung)
        unlink(store.folder.wakePath)
        try isSoon(20, scheduler)
        clock.advance(seconds: 20)
        #expect(try scheduler.wakeForAlarm() == .init(hasRung: true, nextAt: nil) && isWoken)
    }

    @Test func `the latest start of a run rings when it is over`() throws {
        try register(TaskSpec(name: "t", action: .run("x")))
        let startBy = clock.now.milliseconds + 45_000
        try store.write { try $0.execute(sql: "UPDATE run SET start_by_ms = \(startBy)") }
        unlink(store.folder.wakePath)
        let scheduler = scheduler
        #expect(try scheduler.wakeForAlarm().nextAt?.milliseconds == startBy + 1)
        clock.advance(seconds: 45)
        #expect(try scheduler.wakeForAlarm().hasRung == false)
        clock.advance(seconds: 1)
        #expect(try scheduler.wakeForAlarm() == .init(hasRung: true, nextAt: nil) && isWoken)
    }
}

/// `flower scheduler --run`, without a scheduler.
@Suite struct RunnerSupervisorTests {
    private let folder: TemporaryFolder
    private let clock = FakeClock(Instant(seconds: 1_793_613_600))
    private let store: Store
    private var children = Children()

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(StateFolder(path: folder.path), create: true)
    }

    /// Programs that end at once.
    private final class Children {
        var started = 0
        var last: pid_t = 0
    }

    private struct Ended: Error {}

    private final class Child: RunnerChild {
        let pid: pid_t
        init(pid: pid_t) { self.pid = pid }
        func askToStop() {}
    }

    private func supervisor() -> RunnerSupervisor {
        let children = children
        return RunnerSupervisor(clock: clock, report: { _ in }) {
            children.started += 1
            var pid: pid_t = 0
            var words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
            defer { free(words[0]) }
            guard posix_spawn(&pid, "/bin/true", nil, nil, &words, nil) == 0 else { throw Ended() }
            children.last = pid
            return Child(pid: pid)
        }
    }

    /// Looks, and lets the child end that it has started, if any.
    private func attend(_ supervisor: RunnerSupervisor) throws {
        _ = try supervisor.attend(store, at: clock.now)
        guard supervisor.isRunning else { return }
        var info = siginfo_t()
        // Waits for its end and leaves it to be waited for.
        waitid(P_PID, id_t(children.last), &info, WEXITED | WNOWAIT)
        supervisor.hear()
    }

    private func register() throws {
        let flow = Flow(
            name: "a",
            workingDirectory: "/",
            tasks: [TaskSpec(name: "t", action: .run("x"))]
        )
        let source = FlowSource(path: "/flows/a.yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
        let request = RegisterRequest(flow: "a", isForced: true, hostZone: "UTC")
        _ = try store.register(request, by: "test", at: clock.now)
    }

    /// Somebody else's runner that is busy takes each wake, and cannot take what it was woken for.
    @Test func `a wake that another runner has taken starts one while there is work`() throws {
        let supervisor = supervisor()
        // At its start, and then the look of each minute.
        for _ in 0..<2 { try attend(supervisor) }
        #expect(children.started == 1)
        try register()
        unlink(store.folder.wakePath)
        try attend(supervisor)
        #expect(children.started == 1)
        supervisor.expectWork()
        try attend(supervisor)
        #expect(children.started == 2)
        // Not again for what no runner can take, a pool that is closed: only when somebody is woken.
        try attend(supervisor)
        #expect(children.started == 2)
    }

    @Test func `what a dead runner of somebody else's has left starts one, once a minute`() throws {
        let supervisor = supervisor()
        try register()
        try attend(supervisor)
        unlink(store.folder.wakePath)
        let file = "\(store.folder.runnersPath)/7"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(clinux_ofd_lock_try(descriptor, Int16(F_WRLCK)) == 0)
        var turn = Turn()
        turn.wanted = 1
        let runner = RunnerIdentity(id: 7, pid: 7, bootID: "boot", workers: 1)
        #expect(try store.turn(turn, by: runner, at: clock.now).claims.count == 1)
        try attend(supervisor)
        let before = children.started
        close(descriptor)
        try attend(supervisor)
        #expect(children.started == before + 1)
        try attend(supervisor)
        #expect(children.started == before + 1)
        clock.advance(seconds: 61)
        try attend(supervisor)
        #expect(children.started == before + 2)
    }
}
