import Cron
import Flows
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

@Suite struct BackfillTests {
    let folder: TemporaryFolder
    let store: Store
    /// 2026-11-02T10:00:00Z
    let now = Instant(seconds: 1_793_613_600)

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(StateFolder(path: folder.path), create: true)
        let flow = Flow(
            name: "daily",
            schedules: [
                ScheduleSpec(
                    text: "0 6 * * *",
                    expression: try CronExpression("0 6 * * *"),
                    timezone: "UTC",
                    timing: ScheduleTiming(exceptions: [.date("2026-10-31")])
                )
            ],
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/daily.yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: now)
    }

    func fires(_ order: Backfill.Order = .oldest) throws -> [DueFire] {
        // From 28 October 06:00 to 2 November 06:00, both within.
        try Backfill(
            store.schedules(),
            from: Instant(seconds: 1_793_167_200),
            through: Instant(seconds: 1_793_599_200),
            order: order,
            zones: .host
        ).fires
    }

    func backfill(_ fires: [DueFire], isAgain: Bool = false) throws -> [RecordedFire] {
        let request = BackfillRequest(flow: "daily", fires: fires, concurrency: 2, isAgain: isAgain)
        return try store.backfill(request, by: "test", at: now)
    }

    @Test func `the fires of a span come in order, both ends and without the excepted`() throws {
        let days = try fires().map { $0.dueAt.iso8601(in: .utc).dropFirst(8).prefix(2) }
        #expect(days == ["28", "29", "30", "01", "02"])
        #expect(try fires(.newest).map(\.dueAt) == fires().map(\.dueAt).reversed())
    }

    @Test func `no fire gets a second run unless it is asked for again`() throws {
        #expect(try backfill(fires()).count == 5)
        #expect(try store.unregistered(fires()).isEmpty)
        #expect(try backfill(fires()).isEmpty)
        #expect(try backfill(fires(), isAgain: true).count == 5)
    }

    @Test func `so many runs are active at once as asked`() throws {
        _ = try backfill(fires())
        #expect(try store.runs().map(\.state) == [.queued, .queued, .queued, .waiting, .waiting])
        let first = try #require(try store.runs().last)
        #expect(try store.cancel(first.id, by: "test", at: now).cancelled == 1)
        let states = try store.runs().map(\.state)
        #expect(states == [.queued, .queued, .waiting, .waiting, .cancelled])
    }
}
