import Cron
import Flows
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// A host that keeps no time: it says 1970, or when its system was made, until somebody tells it the time.
@Suite struct WrongClockTests {
    let folder: TemporaryFolder
    let store: Store
    /// 2026-11-02T10:00:00Z
    private static let right: Int64 = 1_793_613_600
    private let clock: FakeClock
    private var scheduler: Scheduler

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try Store.open(StateFolder(path: folder.path), create: true)
        clock = FakeClock(Instant(seconds: 60), earliest: HostClock().earliest)
        scheduler = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
    }

    private func apply(_ crons: [String], named name: String = "flow", digest: String = "1") throws
    {
        let flow = Flow(
            name: name,
            schedules: try crons.map {
                ScheduleSpec(
                    text: $0,
                    expression: try CronExpression($0),
                    timezone: "UTC",
                    timing: ScheduleTiming(catchUp: .all)
                )
            },
            overlap: .allow,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))],
            expectation: Expectation(every: .seconds(86_400))
        )
        let source = FlowSource(path: "/flows/\(name).yaml", digest: digest, flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    private func rows() throws -> [Instant] {
        try store.fires(flow: "flow").map(\.dueAt).reversed()
    }

    @Test func `applied in 1970, nothing is due from before the clock was right`() throws {
        try apply(["0 * * * *", "@every 7h"])
        #expect(try scheduler.turn().isEmpty)
        #expect(try scheduler.checkExpectations().isEmpty)
        #expect(scheduler.clockSentence?.contains("1970-01-01T00:01:00") == true)
        clock.now = Instant(seconds: Self.right + 600)
        #expect(try scheduler.turn().isEmpty)
        #expect(scheduler.clockSentence == nil)
        #expect(try scheduler.checkExpectations().isEmpty, "it is not late for 56 years")
        #expect(try rows().isEmpty)
        #expect(scheduler.nextFireAt == Instant(seconds: Self.right + 3600))
        clock.now = Instant(seconds: Self.right + 3600)
        #expect(try scheduler.turn().map(\.outcome) == [.registered])
    }

    @Test func `applied in 1970 without a scheduler, the first one begins the life`() throws {
        try apply(["0 * * * *"])
        clock.now = Instant(seconds: Self.right + 600)
        #expect(try scheduler.turn().isEmpty)
        #expect(try rows().isEmpty)
    }

    @Test func `booted in 1970, what was recorded stays and only the absence is made up for`()
        throws
    {
        clock.now = Instant(seconds: Self.right - 600)
        try apply(["0 * * * *"])
        clock.now = Instant(seconds: Self.right)
        #expect(try scheduler.turn().count == 1)
        let lives = try store.schedules().map { [$0.begunAt, $0.anchorAt, $0.consideredUntil] }
        clock.now = Instant(seconds: 60)
        let booted = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
        #expect(try booted.turn().isEmpty)
        #expect(
            try store.schedules().map { [$0.begunAt, $0.anchorAt, $0.consideredUntil] } == lives
        )
        clock.now = Instant(seconds: Self.right + 2 * 3600 + 600)
        #expect(
            try booted.turn().map(\.dueAt.seconds) == [Self.right + 3600, Self.right + 7200]
        )
        #expect(try rows().count == 3)
    }

    /// Not in 1970, but when systemd was built: such a clock is believed.
    @Test func `booted months ago, nothing is due from before a flow was applied`() throws {
        clock.now = Instant(seconds: Self.right - 600)
        try apply(["0 * * * *"])
        clock.now = Instant(seconds: Self.right)
        #expect(try scheduler.turn().count == 1)
        clock.now = Instant(seconds: Self.right - 200 * 86_400 + 60)
        let booted = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
        #expect(try booted.turn().isEmpty)
        // Applied by that clock, too.
        try apply(["30 * * * *"], named: "other")
        clock.now = Instant(seconds: Self.right + 3600)
        let fires = try booted.turn()
        #expect(fires.filter { $0.flow == "flow" }.map(\.dueAt.seconds) == [Self.right + 3600])
        #expect(try rows().map(\.seconds) == [Self.right, Self.right + 3600])
        // What the database knows of the clock is its last registration.
        #expect(fires.filter { $0.flow == "other" }.map(\.dueAt.seconds) == [Self.right + 1800])
    }

    @Test func `a boot that began in 1970 is due once the clock is right`() throws {
        clock.now = Instant(seconds: Self.right - 86_400)
        try apply(["@reboot"])
        clock.now = Instant(seconds: 60)
        let clock = clock
        let booted = Scheduler(
            store: store,
            zones: .host,
            clock: clock,
            boot: HostBoot(id: "boot", startedAt: Instant(seconds: clock.now.seconds - 30))
        )
        #expect(try booted.turn().isEmpty)
        clock.now = Instant(seconds: Self.right)
        #expect(try booted.turn().map(\.outcome) == [.registered])
        #expect(try booted.turn().isEmpty)
    }
}
