import Cron
import Flows
import Foundation
import Storage
import TestSupport
import Testing

/// Promise 1: a due fire is registered exactly once, across crashes, restarts, several schedulers and clock
/// steps.
///
/// Three schedulers live side by side on one folder and by one clock, which jumps. Each dies at a system call
/// of its own, mostly within a transaction, or is killed from outside, and is begun again.
@Suite struct FaultInjectionTests {
    /// 2026-11-02T00:00:00Z, a Monday.
    static let start: Int64 = 1_793_577_600
    static let deaths = 400
    static let days: Int64 = 10

    /// With the minutes at which each is due, in an answer of its own. None has a hundred fires in 33 hours,
    /// so that none of them is ever too many to be made up for.
    static let schedules: [(text: String, isDue: @Sendable (Int64) -> Bool)] = [
        ("7,37 * * * *", { $0 / 60 % 30 == 7 }),
        (
            "CRON_TZ=Asia/Tokyo 15 9-17 * * 1-5",
            { second in
                let local = second + 9 * 3600
                let weekday = (local / 86_400 + 4) % 7
                return local / 60 % 60 == 15 && (9...17).contains(local / 3600 % 24)
                    && (1...5).contains(weekday)
            }
        ),
        ("@every 47m", { ($0 - start) % 2820 == 0 }),
        ("*/10 */2 * * *", { $0 / 60 % 60 % 10 == 0 && $0 / 3600 % 24 % 2 == 0 }),
    ]

    @Test func `three schedulers that die at random register every fire once`() throws {
        let seed =
            ProcessInfo.processInfo.environment["FLOWER_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 1...1_000_000)
        print("FLOWER_SEED=\(seed)")
        var generator = SplitMix64(seed: seed)
        let world = try World(at: "2026-11-02 00:00")
        let window = ScheduleTiming(catchUp: .all, catchUpWindow: .seconds(8 * 86_400))
        try world.apply(Self.schedules.map(\.text), timing: window, named: "all")
        let skip = ScheduleTiming(catchUp: .skip)
        try world.apply(["* * * * *"], overlap: .skip, timing: skip, named: "each")

        let path = world.folder.path + "/clock"
        let clock = try #require(SharedClock(path: path))
        clock.milliseconds = Self.start * 1000
        let drivers = try Drivers(
            count: 3,
            state: world.store.folder.path,
            clock: path,
            seed: generator.next()
        )
        var latest = clock.milliseconds
        var settled = latest
        while drivers.deaths < Self.deaths || latest < (Self.start + Self.days * 86_400) * 1000 {
            clock.milliseconds += Self.jump(&generator)
            // A third of the looks are near a whole minute, when a runner may register what is due.
            if Int.random(in: 0..<3, using: &generator) == 0 {
                clock.milliseconds += 60_000 - clock.milliseconds % 60_000
                clock.milliseconds += Int64.random(in: 0..<500, using: &generator)
            }
            // Not before its beginning, when nothing was.
            clock.milliseconds = max(clock.milliseconds, Self.start * 1000)
            latest = max(latest, clock.milliseconds)
            settled = min(settled, clock.milliseconds)
            try drivers.poke()
            if Int.random(in: 0..<25, using: &generator) == 0 { drivers.killOne() }
            // Else the clock goes on while they are at work.
            let isFar = clock.milliseconds - settled > 4 * 3_600_000
            if isFar || Int.random(in: 0..<3, using: &generator) > 0 {
                try drivers.settle()
                settled = clock.milliseconds
            } else {
                try drivers.look()
            }
        }
        try drivers.settle()
        clock.milliseconds = latest + 3_600_000
        try drivers.poke()
        try drivers.settle()

        print("\(drivers.deaths) deaths, \(drivers.kills) from outside; \(drivers.answers) looks")
        try check(world, until: clock.milliseconds / 1000, "FLOWER_SEED=\(seed)")
    }

    /// In milliseconds: mostly some minutes, at times hours or a day, at times back.
    private static func jump(_ generator: inout SplitMix64) -> Int64 {
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: Int64.random(in: 60_000_000...100_000_000, using: &generator)
        case 1: -Int64.random(in: 3_600_000...100_000_000, using: &generator)
        case 2: Int64.random(in: 3_600_000...14_400_000, using: &generator)
        case 3: -Int64.random(in: 1...3_600_000, using: &generator)
        case 4: -Int64.random(in: 1...1_500, using: &generator)
        default: Int64.random(in: 1...1_000_000, using: &generator)
        }
    }

    private func check(_ world: World, until end: Int64, _ seed: String) throws {
        let minutes = stride(from: Self.start + 60, through: end, by: 60)
        for schedule in Self.schedules {
            let due = minutes.filter(schedule.isDue)
            let registered = try world.shell(
                """
                SELECT due_at_ms / 1000 FROM fire JOIN schedule ON schedule.id = schedule_id
                WHERE cron = '\(schedule.text)' AND outcome = 'registered' ORDER BY due_at_ms
                """
            ).compactMap { Int64($0) }
            #expect(registered == due, "\(schedule.text) \(seed)")
        }
        let each = try world.shell(
            """
            SELECT sum(count), count(DISTINCT due_at_ms), sum(last_due_at_ms IS NULL), count(*)
            FROM fire WHERE schedule_id IN (SELECT id FROM schedule WHERE cron = '* * * * *')
            """
        ).first?.split(separator: "|").compactMap { Int($0) }
        #expect(each?.first == Array(minutes).count, "\(seed)")
        #expect(each?[1] == each?[3], "\(seed)")
        // No run without its fire, none doubled, none without its task.
        let strays = """
            SELECT (SELECT count(*) FROM run WHERE fire_id IS NULL),
              (SELECT count(*) FROM run) - (SELECT count(DISTINCT fire_id) FROM run),
              (SELECT count(*) FROM fire WHERE outcome = 'registered') - (SELECT count(*) FROM run),
              (SELECT count(*) FROM run) - (SELECT count(*) FROM task)
            """
        #expect(try world.shell(strays) == ["0|0|0|0"], "\(seed)")
        #expect(try world.shell("PRAGMA integrity_check") == ["ok"], "\(seed)")
    }
}
