import Cron
import Flows
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// A flow that plain SQL has made such that no run can be made of it.
@Suite struct SpoiltFlowTests {
    private let folder: TemporaryFolder
    private let store: Store
    private let clock = FakeClock(Instant(seconds: 1_793_613_000))

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try Store.open(StateFolder(path: folder.path), create: true)
    }

    private func apply(_ name: String) throws {
        let flow = Flow(
            name: name,
            schedules: [
                ScheduleSpec(
                    text: "0 * * * *",
                    expression: try CronExpression("0 * * * *"),
                    timezone: "UTC"
                )
            ],
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/\(name).yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    @Test func `its due time is recorded with the reason, and the others' make their runs`() throws
    {
        try apply("bad")
        try apply("good")
        let scheduler = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
        _ = try scheduler.turn()
        let sql = """
            INSERT INTO flow_need SELECT id, 'a', 'gone', 0 FROM flow WHERE name = 'bad'
            """
        #expect(try store.shell(sql) == [])
        clock.advance(seconds: 600)
        let outcomes = try scheduler.turn().map { [$0.flow, $0.outcome.rawValue] }
        #expect(outcomes.sorted { $0[0] < $1[0] } == [["bad", "faulty"], ["good", "registered"]])
        let fire = try #require(try store.fires(flow: "bad").first)
        let sentence = "task 'a' needs 'gone', which is no task of it"
        #expect(fire.note?.contains(sentence) == true, "\(fire)")
        #expect(try store.check().map(\.problem).contains { $0.contains(sentence) })
        #expect(try store.runs().map(\.flow) == ["good"])
    }
}
