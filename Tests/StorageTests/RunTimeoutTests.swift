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
        #expect(try turn(after: 3600).nextRunEndAt == nil)
        var first = Turn()
        first.wanted = 1
        let before = temporary.now.milliseconds
        let end = try #require(try turn(first, after: 0).nextRunEndAt).milliseconds
        #expect((before + 60_000...temporary.now.milliseconds + 60_000).contains(end))
        // Its second task does not begin it anew.
        #expect(try turn(first, after: 30).nextRunEndAt?.milliseconds == end)
        #expect(try temporary.store.nextAlarmAt()?.milliseconds == end)
    }

    @Test func `over it, what runs is timed out and what waits or is held is cancelled`() throws {
        let run = try register(retries: RetryPolicy(limit: 5, delay: .zero))
        let claims = try temporary.claim()
        #expect(try turn(after: 59).toTimeOut.isEmpty)
        let result = try turn(after: 61)
        #expect(Set(result.toTimeOut) == Set(claims.map(\.taskID)) && result.toCancel.isEmpty)
        #expect(result.nextRunEndAt == nil)
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
        #expect(try turn(after: 61).nextRunEndAt == nil)
        #expect(try temporary.states(ofRun: run) == before)
        #expect(try temporary.store.run(run).summary.timedOutAt == nil)
        #expect(try temporary.store.nextAlarmAt() == nil)
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
}
