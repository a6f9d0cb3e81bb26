import Cron
import Flows
import Glibc
import Testing

@testable import Storage

@Suite struct RunTimeoutTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// `a` and `b` at once, `c` after both, `d` held, `x` after a failed one.
    private func register(retries: RetryPolicy = .none) throws -> Int64 {
        var flow = Flow.nothing(["a": [], "b": [], "c": ["a", "b"], "d": []], retries: retries)
        flow.tasks[3].hold = "why"
        flow.runTimeout = .seconds(60)
        try temporary.apply(flow)
        return try temporary.register("test")
    }

    private func turn(_ turn: Turn = Turn(), after seconds: Int64) throws -> TurnResult {
        let now = Instant(milliseconds: temporary.now.milliseconds + seconds * 1000)
        return try temporary.store.turn(turn, by: temporary.runner, at: now)
    }

    @Test func `the time of a run begins with its first task`() throws {
        _ = try register()
        #expect(try turn(after: 3600).nextLimitAt == nil)
        var first = Turn()
        first.wanted = 1
        let before = temporary.now.milliseconds
        let end = try #require(try turn(first, after: 0).nextLimitAt).milliseconds
        #expect((before + 60_000...temporary.now.milliseconds + 60_000).contains(end))
        // Its second task does not begin it anew.
        #expect(try turn(first, after: 30).nextLimitAt?.milliseconds == end)
        #expect(try temporary.store.timedWork(at: temporary.now).nextAt?.milliseconds == end)
    }

    @Test func `over it, what runs is timed out and what waits or is held is cancelled`() throws {
        let run = try register(retries: RetryPolicy(limit: 5, delay: .zero))
        let claims = try temporary.claim()
        #expect(try turn(after: 59).toTimeOut.isEmpty)
        let result = try turn(after: 61)
        #expect(Set(result.toTimeOut) == Set(claims.map(\.taskID)) && result.toCancel.isEmpty)
        #expect(result.nextLimitAt == nil)
        #expect(
            try temporary.states(ofRun: run)
                == ["a": .running, "b": .running, "c": .cancelled, "d": .cancelled]
        )
        // Ended by its runner, or failed by itself, or its runner died: there is no retry.
        try temporary.end([claims[0]], .timedOut)
        let last = try temporary.end([claims[1]], .interrupted)
        #expect(last.failedTasks == 1)
        #expect(
            try temporary.states(ofRun: run)
                == ["a": .failed, "b": .failed, "c": .cancelled, "d": .cancelled]
        )
        #expect(try temporary.store.state(ofRun: run) == .failed)
        #expect(try temporary.store.run(run).summary.timedOutAt != nil)
    }

    @Test func `a runner that wants nothing ends it all the same`() throws {
        _ = try register()
        _ = try temporary.claim()
        #expect(try temporary.store.hasWork(at: temporary.now) == false)
        let later = Instant(milliseconds: temporary.now.milliseconds + 61_000)
        #expect(try temporary.store.hasWork(at: later))
        #expect(try turn(after: 61).toTimeOut.count == 2)
    }

    @Test func `a run of which nothing ran has failed, not only been cancelled`() throws {
        let run = try register(retries: RetryPolicy(limit: 5, delay: .seconds(600)))
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try temporary.store.state(ofRun: run) == .waiting)
        _ = try turn(after: 61)
        #expect(try Set(temporary.states(ofRun: run).values) == [.cancelled])
        #expect(try temporary.store.state(ofRun: run) == .failed)
    }

    @Test func `a run that settled in time is let be`() throws {
        let run = try register()
        _ = try temporary.store.skip(run, task: "d", by: "test", at: temporary.now)
        _ = try temporary.drain { $0.name == "a" ? .exited(1) : .exited(0) }
        let before = try temporary.states(ofRun: run)
        #expect(before == ["a": .failed, "b": .succeeded, "c": .waiting, "d": .skipped])
        #expect(try turn(after: 61).nextLimitAt == nil)
        #expect(try temporary.states(ofRun: run) == before)
        #expect(try temporary.store.run(run).summary.timedOutAt == nil)
        #expect(try temporary.store.timedWork(at: temporary.now).nextAt == nil)
    }

    @Test func `a rerun has its time anew, also one in plain SQL`() throws {
        let run = try register()
        let claims = try temporary.claim()
        _ = try turn(after: 61)
        try temporary.end(claims, .timedOut)
        #expect(try temporary.shell("UPDATE task SET status = 0") == "")
        #expect(try temporary.store.run(run).summary.timedOutAt == nil)
        #expect(try temporary.shell("SELECT end_by_ms IS NULL FROM run") == "1")
        _ = try temporary.claim()
        #expect(try temporary.shell("SELECT end_by_ms IS NULL FROM run") == "0")
    }

    @Test func `whoever looks first ends it, and wakes the runner that works on it`() throws {
        _ = try register()
        let claims = try temporary.claim()
        unlink(temporary.folder.wakePath)
        let other = RunnerIdentity(id: 2, pid: 2, bootID: "boot", workers: 1)
        let later = Instant(milliseconds: temporary.now.milliseconds + 61_000)
        let seen = try temporary.store.turn(Turn(), by: other, at: later)
        #expect(seen.toTimeOut.isEmpty)
        #expect(access(temporary.folder.wakePath, F_OK) == 0)
        // Its own runner is told, also where nothing is over any more.
        #expect(try turn(after: 62).toTimeOut.count == claims.count)
    }

    @Test func `a release gives no further time`() throws {
        let run = try register()
        _ = try temporary.claim()
        let before = try temporary.shell("SELECT end_by_ms FROM run")
        _ = try temporary.store.release(run, by: "test", at: temporary.now)
        #expect(try temporary.shell("SELECT end_by_ms FROM run") == before)
    }

    /// A run with a hook, over its time: one task timed out, the others cancelled.
    private func timedOut(_ hook: TaskSpec) throws -> Int64 {
        var flow = Flow.nothing(["a": [], "b": [], "c": ["a", "b"]])
        flow.runTimeout = .seconds(60)
        flow.hooks = [Hook(.failure, hook)]
        try temporary.apply(flow)
        let run = try temporary.register("test")
        let claims = try temporary.claim()
        _ = try turn(after: 61)
        try temporary.end(claims, .timedOut)
        #expect(try temporary.store.state(ofRun: run) == .failed)
        return run
    }

    private static let plainHook = TaskSpec(name: "@on_failure", action: .run("true"))

    /// Its launch would begin a new time; over that, the run, settled long ago, was let be and its time-out
    /// forgotten: a failed run was a cancelled one from then on.
    @Test func `a hook leaves a run that was over its time as it is`() throws {
        let run = try timedOut(Self.plainHook)
        let before = try #require(try temporary.store.run(run).summary.timedOutAt)
        let hook = try temporary.claim()
        #expect(hook.map(\.name) == ["@on_failure"])
        #expect(hook[0].values["run.failed_tasks"] == "a b c")
        #expect(try temporary.shell("SELECT end_by_ms IS NULL FROM run") == "1")
        #expect(try turn(after: 200).toTimeOut.isEmpty)
        try temporary.end(hook, .exited(0))
        _ = try turn(after: 400)
        #expect(try temporary.store.state(ofRun: run) == .failed)
        #expect(try temporary.store.run(run).summary.timedOutAt == before)
    }

    @Test func `a hook of such a run has its retries, and its cancel is a person's`() throws {
        var hook = Self.plainHook
        hook.retries = RetryPolicy(limit: 3, delay: .zero)
        let run = try timedOut(hook)
        let first = try temporary.claim()
        try temporary.end(first, .exited(1))
        #expect(try temporary.states(ofRun: run)["@on_failure"] == .waiting)
        let second = try temporary.claim()
        #expect(second.map(\.attempt) == [2])
        _ = try temporary.store.cancel(run, task: "@on_failure", by: "test", at: temporary.now)
        let told = try turn(after: 62)
        #expect(told.toCancel == second.map(\.taskID) && told.toTimeOut.isEmpty)
        try temporary.end(second, .exited(1))
        #expect(try temporary.states(ofRun: run)["@on_failure"] == .cancelled)
        #expect(try temporary.store.state(ofRun: run) == .failed)
    }

    @Test func `a run whose hook runs has its time anew when it is rerun, and not before`() throws {
        let run = try timedOut(Self.plainHook)
        let hook = try temporary.claim()
        _ = try temporary.store.rerun(run, .all, by: "test", at: temporary.now)
        #expect(try temporary.store.run(run).summary.timedOutAt == nil)
        let claims = try temporary.claim()
        #expect(claims.count == 2)
        #expect(try temporary.shell("SELECT end_by_ms IS NULL FROM run") == "0")
        try temporary.end(hook, .exited(0))
        _ = try turn(after: 61)
        try temporary.end(claims, .timedOut)
        #expect(try temporary.store.state(ofRun: run) == .failed)
        let again = try temporary.claim()
        #expect(again.map(\.name) == ["@on_failure"] && again[0].attempt == 2)
        _ = try turn(after: 300)
        #expect(try temporary.store.state(ofRun: run) == .failed)
    }

    @Test func `what was not done is named, with the reason`() throws {
        var flow = Flow.nothing(
            ["a": [], "b": [], "c": ["a", "b"], "d": []],
            retries: RetryPolicy(limit: 5, delay: .seconds(600))
        )
        flow.tasks[3].hold = "why"
        flow.runTimeout = .seconds(60)
        flow.hooks = [Hook(.failure, Self.plainHook)]
        try temporary.apply(flow)
        let run = try temporary.register("test")
        let claims = try temporary.claim()
        try temporary.end([claims[0]], .exited(3))
        try temporary.end([claims[1]], .exited(0))
        _ = try turn(after: 61)
        let failures = try temporary.store.failures(ofRun: run, limit: 2)
        #expect(failures.isTimedOut && failures.count == 3)
        #expect(failures.shown.map { "\($0.name)" } == ["a", "c"])
        #expect(failures.shown.map { $0.attempt?.exitCode } == [3, nil])
        #expect(failures.shown.map(\.isUndone) == [true, true])
        let hook = try temporary.claim()
        #expect(hook.first?.values["run.failed_tasks"] == "a c d")
    }

    @Test func `what a person cancelled is not told as failed`() throws {
        var flow = Flow.nothing(["a": [], "b": []])
        flow.hooks = [Hook(.failure, Self.plainHook)]
        try temporary.apply(flow)
        let run = try temporary.register("test")
        _ = try temporary.store.cancel(run, task: "b", by: "test", at: temporary.now)
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try temporary.store.failures(ofRun: run, limit: 9).count == 1)
        #expect(try temporary.claim().first?.values["run.failed_tasks"] == "a")
    }
}
