import Cron
import Flows
import Testing

@testable import Storage

@Suite struct RegisterTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    @Test func `an unknown flow is told with the nearest name`() throws {
        try temporary.apply(.nothing(["a": []], named: "nightly"))
        let error = #expect(throws: StorageError.self) { try temporary.register("nighty") }
        #expect(error?.code == .notFound)
        #expect(error?.hint == "did you mean 'nightly'?")
    }

    @Test func `an unknown parameter is refused and nothing is written`() throws {
        try temporary.apply(.diamond)
        let error = #expect(throws: StorageError.self) {
            try temporary.register("test", [Variable("reigon", "east")])
        }
        #expect(error?.code == .badInput)
        #expect(error?.hint == "did you mean 'region'?")
        #expect(try temporary.store.runs().isEmpty)
    }

    @Test func `a person's parameters win over the flow's`() throws {
        try temporary.apply(.diamond)
        _ = try temporary.register("test", [Variable("region", "east")])
        #expect(try temporary.claim()[0].run.parameters == [Variable("region", "east")])
    }

    @Test func `an active run refuses another, a settled one does not`() throws {
        try temporary.apply(.diamond)
        _ = try temporary.register("test")
        let error = #expect(throws: StorageError.self) { try temporary.register("test") }
        #expect(error?.code == .refused)
        _ = try temporary.drain { _ in .exited(1) }
        #expect(try temporary.register("test") == 2)
    }

    @Test func `a run keeps the definition it was registered with`() throws {
        try temporary.apply(.diamond)
        _ = try temporary.register("test")
        var changed = Flow.diamond
        changed.tasks[0].action = .run("false")
        try temporary.apply(changed, digest: "2")
        #expect(try temporary.claim().map(\.action) == [.run("true")])
    }

    @Test func `pruning removes the flows of the given paths alone`() throws {
        let a = FlowSource(
            path: "/one/a.yaml",
            digest: "1",
            flows: [.nothing(["t": []], named: "a")]
        )
        let b = FlowSource(
            path: "/one/b.yaml",
            digest: "1",
            flows: [.nothing(["t": []], named: "b")]
        )
        let c = FlowSource(
            path: "/two/c.yaml",
            digest: "1",
            flows: [.nothing(["t": []], named: "c")]
        )
        _ = try temporary.store.apply([a, b, c], by: "test", at: temporary.now)
        let report = try temporary.store.apply(
            [a],
            pruning: ["/one"],
            by: "test",
            at: temporary.now
        )
        #expect(report.changes.map { "\($0.flow) \($0.change)" } == ["a unchanged", "b removed"])
        #expect(try temporary.store.flows(at: temporary.now).map(\.name) == ["a", "c"])
    }

    @Test func `a due fire makes one run however often it is recorded`() throws {
        var flow = Flow.diamond
        flow.schedules = [
            ScheduleSpec(text: "@daily", expression: try CronExpression("@daily"))
        ]
        try temporary.apply(flow)
        let schedule = try #require(try temporary.store.schedules().first)
        let fire = DueFire(
            scheduleID: schedule.id,
            dueAt: temporary.now,
            timezone: "UTC",
            verdict: .run
        )
        let span = ScheduleSpan(
            scheduleID: schedule.id,
            after: schedule.consideredUntil,
            through: fire.dueAt,
            fires: [fire]
        )
        func record(_ span: ScheduleSpan) throws -> Recording {
            try temporary.store.record([span], plannedAt: fire.dueAt) { temporary.now }
        }
        #expect(try record(span).fires.map(\.runID) == [1])
        // From what another scheduler has looked at since, nothing is recorded.
        let stale = try record(span)
        #expect(stale.fires.isEmpty)
        #expect(stale.stale == [schedule.id: fire.dueAt])
        // And a fire that has its row is passed over, whatever was looked at.
        let again = ScheduleSpan(
            scheduleID: schedule.id,
            after: fire.dueAt,
            through: fire.dueAt,
            fires: [fire]
        )
        #expect(try record(again).fires.isEmpty)
        #expect(try temporary.store.schedules().first?.consideredUntil == fire.dueAt)
    }
}
