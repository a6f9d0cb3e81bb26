import Cron
import Flows
import HostTime
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Scheduling

/// The time that a test says it is.
final class FakeClock: WallClock {
    private let time: Mutex<Instant>
    let earliest: Instant

    init(_ now: Instant, earliest: Instant = Instant(milliseconds: .min)) {
        time = Mutex(now)
        self.earliest = earliest
    }

    var now: Instant {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    func advance(seconds: Int64) { now = Instant(milliseconds: now.milliseconds + seconds * 1000) }
}

@Suite struct SchedulerTests {
    let folder: TemporaryFolder
    /// 2026-11-02T10:00:00Z
    let clock = FakeClock(Instant(seconds: 1_793_613_600))
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(StateFolder(path: folder.path), create: true)
    }

    func apply(
        _ name: String,
        _ crons: [String],
        overlap: OverlapPolicy = .allow,
        timing: ScheduleTiming = .init()
    ) throws {
        let flow = Flow(
            name: name,
            schedules: try crons.map {
                ScheduleSpec(
                    text: $0,
                    expression: try CronExpression($0, hashID: name),
                    timezone: "UTC",
                    timing: timing
                )
            },
            overlap: overlap,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let digest = crons.joined(separator: ";")
        let source = FlowSource(path: "/flows/\(name).yaml", digest: digest, flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    func scheduler(boot: HostBoot? = nil) -> Scheduler {
        Scheduler(store: store, zones: .host, clock: clock, boot: boot)
    }

    /// Seconds after ten o'clock of what was registered.
    func seconds(_ fires: [RecordedFire]) -> [Int64] {
        fires.filter { $0.outcome == .registered }.map { $0.dueAt.seconds - 1_793_613_600 }
    }

    @Test func `a fire is registered at its instant and not before`() throws {
        try apply("minutely", ["* * * * *"])
        let scheduler = scheduler()
        #expect(try scheduler.turn().isEmpty)
        #expect(scheduler.nextFireAt == Instant(seconds: 1_793_613_660))
        clock.now = Instant(milliseconds: 1_793_613_659_999)
        #expect(try scheduler.turn().isEmpty)
        clock.now = Instant(seconds: 1_793_613_660)
        #expect(try seconds(scheduler.turn()) == [60])
        #expect(try scheduler.turn().isEmpty)
    }

    @Test func `three schedulers and a tick together register each fire once`() throws {
        try apply("often", ["*/10 * * * * *", "*/15 * * * * *"])
        let schedulers = [scheduler(), scheduler(), scheduler()]
        var registered: [Int64] = []
        for second in 1...120 {
            clock.advance(seconds: 1)
            for scheduler in schedulers.shuffled() where second % 3 != 0 {
                registered += seconds(try scheduler.turn())
            }
            if second % 7 == 0 { registered += seconds(try self.scheduler().turn()) }
        }
        registered += seconds(try self.scheduler().turn())
        let expected = (1...12).map { Int64($0) * 10 } + (1...8).map { Int64($0) * 15 }
        #expect(registered.sorted() == expected.sorted())
    }

    @Test func `an absence ends in one run and a row for each fire missed`() throws {
        try apply("hourly", ["0 * * * *"])
        clock.advance(seconds: 5 * 3600 + 1800)
        let recorded = try scheduler().turn()
        #expect(recorded.map(\.outcome) == [.missed, .missed, .missed, .missed, .registered])
        #expect(seconds(recorded) == [5 * 3600])
    }

    @Test func `a backward clock step registers nothing twice`() throws {
        try apply("minutely", ["* * * * *"])
        let scheduler = scheduler()
        var registered: [Int64] = []
        for _ in 1...10 {
            clock.advance(seconds: 60)
            registered += seconds(try scheduler.turn())
        }
        clock.advance(seconds: -300)
        for _ in 1...15 {
            clock.advance(seconds: 30)
            registered += seconds(try scheduler.turn())
        }
        #expect(registered == (1...12).map { Int64($0) * 60 })
    }

    @Test func `an active run makes the fire an overlap, recorded and not run`() throws {
        try apply("minutely", ["* * * * *"], overlap: .skip)
        let scheduler = scheduler()
        clock.advance(seconds: 60)
        #expect(try scheduler.turn().map(\.outcome) == [.registered])
        clock.advance(seconds: 60)
        #expect(try scheduler.turn().map(\.outcome) == [.overlap])
    }

    @Test func `a pause is seen at once, and its end makes up for nothing`() throws {
        try apply("minutely", ["* * * * *"])
        let scheduler = scheduler()
        _ = try scheduler.turn()
        try store.pause(flow: "minutely", reason: nil, by: "test", at: clock.now)
        clock.advance(seconds: 60)
        #expect(try scheduler.turn().map(\.outcome) == [.paused])
        clock.advance(seconds: 6000)
        #expect(try store.unpause(flow: nil, by: "test", at: clock.now) == ["minutely"])
        // The last of them is due at the very end of the pause, which it is not in.
        let outcomes = try scheduler.turn().map(\.outcome)
        #expect(outcomes == Array(repeating: .paused, count: 99) + [.registered])
        clock.advance(seconds: 60)
        #expect(try scheduler.turn().map(\.outcome) == [.registered])
    }

    @Test func `a pause with an end ends by itself, and what comes due after it runs`() throws {
        try apply("minutely", ["* * * * *"])
        let until = Instant(seconds: clock.now.seconds + 150)
        try store.pause(flow: nil, until: until, by: "test", at: clock.now)
        let scheduler = scheduler()
        var outcomes: [FireOutcome] = []
        for _ in 1...4 {
            clock.advance(seconds: 60)
            outcomes += try scheduler.turn().map(\.outcome)
        }
        #expect(outcomes == [.paused, .paused, .registered, .registered])
    }

    @Test func `an end of a pause that nobody saw is the pause's end all the same`() throws {
        try apply("minutely", ["* * * * *"])
        let until = Instant(seconds: clock.now.seconds + 150)
        try store.pause(flow: "minutely", until: until, by: "test", at: clock.now)
        clock.advance(seconds: 240)
        let recorded = try scheduler().turn()
        #expect(seconds(recorded) == [180, 240])
    }

    @Test func `jitter moves the registration and not the due instant`() throws {
        let timing = ScheduleTiming(jitter: .seconds(30))
        try apply("late", ["* * * * *"], timing: timing)
        let scheduler = scheduler()
        _ = try scheduler.turn()
        let delay = try #require(scheduler.nextFireAt).milliseconds - 1_793_613_660_000
        #expect((1..<30_000).contains(delay))
        clock.now = Instant(milliseconds: 1_793_613_660_000 + delay - 1)
        #expect(try scheduler.turn().isEmpty)
        clock.now = Instant(milliseconds: 1_793_613_660_000 + delay)
        #expect(try seconds(scheduler.turn()) == [60])
        #expect(scheduler.nextFireAt?.milliseconds == 1_793_613_720_000 + delay)
    }

    @Test func `an excepted fire is recorded and not run, nor caught up`() throws {
        let timing = ScheduleTiming(exceptions: [.expression("2 * * * *"), .date("2026-11-03")])
        try apply("minutely", ["* * * * *"], timing: timing)
        let scheduler = scheduler()
        var outcomes: [FireOutcome] = []
        for _ in 1...3 {
            clock.advance(seconds: 60)
            outcomes += try scheduler.turn().map(\.outcome)
        }
        #expect(outcomes == [.registered, .except, .registered])
        clock.advance(seconds: 86_400)
        // Caught up is the newest misfire that is not excepted: 23:59 of the day before.
        #expect(try seconds(scheduler.turn()) == [50_340])
    }

    @Test func `a start beyond its deadline is recorded and not run`() throws {
        let timing = ScheduleTiming(catchUp: .all, deadline: .seconds(600))
        try apply("quarterly", ["*/15 * * * *"], timing: timing)
        clock.advance(seconds: 3000)
        let recorded = try scheduler().turn()
        #expect(recorded.map(\.outcome) == [.deadline, .deadline, .registered])
    }

    @Test func `every counts from the first apply, through restarts`() throws {
        clock.advance(seconds: 7)
        try apply("every", ["@every 90s"])
        clock.advance(seconds: 100)
        #expect(try seconds(scheduler().turn()) == [97])
        clock.advance(seconds: 80)
        #expect(try seconds(scheduler().turn()) == [187])
    }

    @Test func `reboot fires once in each boot after the first apply`() throws {
        let first = HostBoot(id: "first", startedAt: Instant(seconds: 1_793_600_000))
        try apply("boot", ["@reboot"])
        #expect(try scheduler(boot: first).turn().isEmpty)
        clock.advance(seconds: 100)
        let second = HostBoot(id: "second", startedAt: clock.now)
        clock.advance(seconds: 10)
        #expect(try scheduler(boot: second).turn().map(\.outcome) == [.registered])
        #expect(try scheduler(boot: second).turn().isEmpty)
    }

    @Test func `a schedule applied while the scheduler lives is seen without a restart`() throws {
        let scheduler = scheduler()
        #expect(try scheduler.turn().isEmpty)
        try apply("minutely", ["* * * * *"])
        clock.advance(seconds: 60)
        #expect(try scheduler.turn().map(\.outcome) == [.registered])
    }

    @Test func `a spoilt schedule is told and harms no other`() throws {
        try apply("minutely", ["* * * * *"])
        try apply("nowhere", ["CRON_TZ=Nowhere/Land * * * * *"])
        let scheduler = scheduler()
        clock.advance(seconds: 60)
        #expect(try scheduler.turn().map(\.flow) == ["minutely"])
        #expect(scheduler.faults.map(\.flow) == ["nowhere"])
    }
}
