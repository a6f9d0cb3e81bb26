import Cron
import Flows
import Testing

@testable import Storage

@Suite struct OverlapTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    func apply(_ policy: OverlapPolicy, queueLimit: Int = 2) throws {
        var flow = Flow.nothing(["b": ["a"]])
        flow.overlap = policy
        flow.queueLimit = queueLimit
        try temporary.apply(flow)
    }

    func state(_ run: Int64) throws -> RunState { try store.state(ofRun: run) }

    @Test func `allow starts beside the other`() throws {
        try apply(.allow)
        _ = try temporary.register("test")
        _ = try temporary.register("test")
        #expect(try temporary.claim().map(\.run.runID) == [1, 2])
    }

    @Test func `queue starts when those before it have settled, in order`() throws {
        try apply(.queue)
        let runs = try (1...3).map { _ in try temporary.register("test") }
        #expect(try runs.map(state) == [.waiting, .queued, .queued])
        #expect(throws: StorageError.self) { try temporary.register("test") }
        let first = try temporary.claim()
        #expect(first.map(\.run.runID) == [1])
        #expect(try temporary.end(first, .exited(0), wanting: 9).claims.map(\.name) == ["b"])
        #expect(try runs.map(state) == [.running, .queued, .queued])
        _ = try temporary.shell("SELECT 1")
        #expect(try temporary.store.run(1).tasks.map(\.state) == [.succeeded, .running])
    }

    @Test func `the turn that settles a run opens the next, failed or not`() throws {
        try apply(.queue)
        let runs = try (1...3).map { _ in try temporary.register("test") }
        let next = try temporary.end(temporary.claim(), .exited(1), wanting: 9).claims
        #expect(next.map(\.run.runID) == [2])
        #expect(try runs.map(state) == [.failed, .running, .queued])
        #expect(try temporary.drain().isEmpty)
        _ = try temporary.end(next, .exited(0))
        #expect(try temporary.drain() == ["b", "a", "b"])
        #expect(try runs.map(state) == [.failed, .succeeded, .succeeded])
    }

    @Test func `a queued run that a person cancels starts nothing and holds up nobody`() throws {
        try apply(.queue)
        let runs = try (1...3).map { _ in try temporary.register("test") }
        let done = try store.cancel(runs[1], by: "test", at: temporary.now)
        #expect(done == Cancellation(cancelled: 2, ending: 0))
        #expect(try temporary.drain() == ["a", "b", "a", "b"])
        #expect(try runs.map(state) == [.succeeded, .cancelled, .succeeded])
        _ = try store.rerun(runs[1], .all, by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a", "b"])
    }

    @Test func `replace cancels what waits at once and starts`() throws {
        try apply(.replace)
        let runs = try (1...2).map { _ in try temporary.register("test") }
        #expect(try runs.map(state) == [.cancelled, .waiting])
    }

    @Test func `replace waits for the end of what runs`() throws {
        try apply(.replace)
        let first = try temporary.register("test")
        let claims = try temporary.claim()
        let second = try temporary.register("test")
        #expect(try state(second) == .queued)
        let seen = try store.turn(Turn(), by: temporary.runner, at: temporary.now)
        #expect(seen.toCancel == claims.map(\.taskID))
        let third = try temporary.register("test")
        #expect(try state(second) == .cancelled)
        let next = try temporary.end(claims, .cancelled, wanting: 9).claims
        #expect(next.map(\.run.runID) == [third])
        #expect(try state(first) == .cancelled)
        #expect(try store.turn(Turn(), by: temporary.runner, at: temporary.now).toCancel.isEmpty)
    }

    @Test func `a claim cancelled before its launch leaves no attempt`() throws {
        try apply(.skip)
        let run = try temporary.register("test")
        var turn = Turn()
        turn.cancelled = try temporary.claim()
        _ = try store.cancel(run, by: "test", at: temporary.now)
        _ = try store.turn(turn, by: temporary.runner, at: temporary.now)
        #expect(try store.run(run).tasks.map(\.state) == [.cancelled, .cancelled])
        #expect(try store.run(run).tasks.allSatisfy(\.attempts.isEmpty))
    }

    /// Run 1, to be started within 30 s of its due instant, which is given back.
    private func registerWithDeadline() throws -> Instant {
        var flow = Flow.nothing(["a": []])
        flow.schedules = [ScheduleSpec(text: "@daily", expression: try CronExpression("@daily"))]
        try temporary.apply(flow)
        let schedule = try #require(try store.schedules().first)
        let due = Instant(milliseconds: schedule.begunAt.milliseconds + 1)
        let fire = DueFire(
            scheduleID: schedule.id,
            dueAt: due,
            startBy: Instant(milliseconds: due.milliseconds + 30_000),
            timezone: "UTC",
            verdict: .run
        )
        let span = ScheduleSpan(
            scheduleID: schedule.id,
            after: nil,
            through: due,
            fires: [fire]
        )
        _ = try store.record([span], plannedAt: due) { temporary.now }
        return due
    }

    private func turn(_ wanted: Int, after milliseconds: Int64, of due: Instant) throws
        -> TurnResult
    {
        var turn = Turn()
        turn.wanted = wanted
        let at = Instant(milliseconds: due.milliseconds + milliseconds)
        return try store.turn(turn, by: temporary.runner, at: at)
    }

    @Test func `a run of which nothing has started by its deadline is cancelled`() throws {
        let due = try registerWithDeadline()
        #expect(try turn(1, after: 30_001, of: due).claims.isEmpty)
        #expect(try state(1) == .cancelled)
        #expect(try temporary.shell("SELECT outcome FROM fire") == "deadline")
    }

    /// Else it would wait, as it seems, until a task of some other run ends.
    @Test func `a runner without a free slot looks at the deadline, and cancels it`() throws {
        let due = try registerWithDeadline()
        #expect(
            try turn(0, after: 1, of: due).nextLimitAt?.milliseconds == due.milliseconds + 30_001
        )
        #expect(try turn(0, after: 30_001, of: due).nextLimitAt == nil)
        #expect(try state(1) == .cancelled)
    }

    @Test func `a run that a person has cancelled in time is not told as late`() throws {
        let due = try registerWithDeadline()
        _ = try store.cancel(1, by: "test", at: due)
        _ = try turn(1, after: 30_001, of: due)
        #expect(try temporary.shell("SELECT outcome FROM fire") == "registered")
        #expect(try temporary.shell("SELECT start_by_ms IS NULL FROM run") == "1")
    }
}
