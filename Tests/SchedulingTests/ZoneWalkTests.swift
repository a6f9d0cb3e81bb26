import Cron
import Flows
import Foundation
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// Promise: each due instant after the last one considered ends as registered or recorded, once, and the same
/// whether the scheduler was restarted or not: while its zone is missing, when it comes back, and when an
/// update of the zone data moves due times.
@Suite struct ZoneWalkTests {
    /// `FLOWER_SEED=n` runs that one alone.
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["FLOWER_SEED"].flatMap(UInt64.init).map { [$0] }
        ?? Array(1...60)

    @Test(arguments: seeds)
    func `what is due by changing zones is recorded once, restarted or not`(seed: UInt64) throws {
        for restarts in [Restarts.never, .sometimes, .always] {
            var walk = try ZoneWalk(seed: seed, restarts: restarts)
            for _ in 0..<30 { try walk.step() }
            try walk.finish()
            let problems = try walk.problems()
            #expect(
                problems.first == nil,
                """
                FLOWER_SEED=\(seed), restarts \(restarts)
                \(problems.prefix(10).joined(separator: "\n"))
                \(walk.story.joined(separator: "\n"))
                """
            )
        }
    }
}

private enum Restarts { case never, sometimes, always }

/// One schedule's life through updates of its zone.
private struct ZoneWalk {
    /// What happens: the same in every kind of restarts.
    private var generator: SplitMix64
    /// Of restarts alone.
    private var restartGenerator: SplitMix64
    private let restarts: Restarts
    private let folder: TemporaryFolder
    private let store: Store
    private let zones: ZoneDirectory
    /// 2026-11-02T10:00:00Z
    private static let start: Int64 = 1_793_613_600
    private let clock = FakeClock(Instant(seconds: start))
    private var scheduler: Scheduler
    private let schedule: MinuteByMinute
    private let catchUp: CatchUp
    private(set) var story: [String] = []

    private let pair: [MadeUpZone]
    /// `nil` = its file is not there.
    private var zone: MadeUpZone?
    private var dueByZone: [MadeUpZone: [Int64]] = [:]

    /// What should be in the database.
    private var considered = start
    private var expected: [Int64: FireOutcome] = [:]

    private static let schedules = [
        MinuteByMinute(text: "0 12 * * *", minutes: [0], hours: [12], isFixed: true),
        MinuteByMinute(text: "30 1 * * *", minutes: [30], hours: [1], isFixed: true),
        MinuteByMinute(text: "15 2,14 * * *", minutes: [15], hours: [2, 14], isFixed: true),
        MinuteByMinute(
            text: "*/20 * * * *",
            minutes: [0, 20, 40],
            hours: Set(0..<24),
            isFixed: false
        ),
        MinuteByMinute(text: "10 */6 * * *", minutes: [10], hours: [0, 6, 12, 18], isFixed: false),
    ]

    init(seed: UInt64, restarts: Restarts) throws {
        generator = SplitMix64(seed: seed)
        restartGenerator = SplitMix64(seed: seed &+ 1_000_000)
        self.restarts = restarts
        folder = try TemporaryFolder(inMemory: true)
        store = try Store.open(StateFolder(path: folder.path + "/state"), create: true)
        zones = ZoneDirectory(path: folder.path + "/zoneinfo")
        schedule = Self.schedules.randomElement(using: &generator) ?? Self.schedules[0]
        catchUp = CatchUp.allCases.randomElement(using: &generator) ?? .latest
        let former = Self.zone(using: &generator)
        pair = [former, Self.successor(of: former, using: &generator)]
        zone = former
        scheduler = Scheduler(store: store, zones: zones, clock: clock, boot: nil)
        try install()
        story.append("\(schedule) catchup \(catchUp), \(pair)")
        let flow = Flow(
            name: "flow",
            schedules: [
                ScheduleSpec(
                    text: schedule.text,
                    expression: try CronExpression(schedule.text),
                    timezone: "Here/Town",
                    timing: ScheduleTiming(catchUp: catchUp)
                )
            ],
            overlap: .allow,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/flow.yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    /// With a change of the clock in the days that are walked through, in most.
    private static func zone(using generator: inout SplitMix64) -> MadeUpZone {
        let offset = Int64.random(in: -10...10, using: &generator) * 3600
        guard Int.random(in: 0..<4, using: &generator) > 0 else { return MadeUpZone(first: offset) }
        let at = start + Int64.random(in: 1...12, using: &generator) * 86_400 / 2
        // A day's, towards UTC: no offset is above 26 hours.
        let shifts: [Int64] = [-3600, 3600, 1800, -1800, offset > 0 ? -86_400 : 86_400]
        let shift = shifts.randomElement(using: &generator) ?? 3600
        return MadeUpZone(first: offset, changes: [.init(at: at, offset: offset + shift)])
    }

    /// As Alberta, Manitoba and Cuba did it: from some instant on, be it past or to come, another offset.
    private static func successor(
        of zone: MadeUpZone,
        using generator: inout SplitMix64
    ) -> MadeUpZone {
        let at = start + Int64.random(in: -4...10, using: &generator) * 86_400
        let shifts: [Int64] = [-7200, -3600, 3600, 5400]
        let shift = shifts.randomElement(using: &generator) ?? 3600
        let before = zone.changes.filter { $0.at < at }
        let offset = zone.offset(at: at) + shift
        return MadeUpZone(first: zone.first, changes: before + [.init(at: at, offset: offset)])
    }

    private var zonePath: String { folder.path + "/zoneinfo/Here/Town" }

    private func install() throws {
        if let zone { try zone.install(zonePath) } else { unlink(zonePath) }
    }

    mutating func step() throws {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: try change(to: nil)
        case 1...3: try change(to: pair.randomElement(using: &generator))
        case 4: try advance(Int64.random(in: 1...300_000, using: &generator))
        case 5, 6: try advance(Int64.random(in: 1...90_000, using: &generator))
        default: try advance(Int64.random(in: 1...8_000, using: &generator))
        }
    }

    private mutating func change(to other: MadeUpZone?) throws {
        zone = other
        story.append(other.map { "zone \($0)" } ?? "no zone")
        try install()
        // As the loop does when it is told of the file.
        scheduler.reloadZones()
        try turn()
    }

    /// A scheduler that is awake wakes for each fire; one that is not, or that the host sleeps under, does not.
    private mutating func advance(_ seconds: Int64) throws {
        let isAwake = Bool.random(using: &generator)
        let end = clock.now.seconds + seconds
        if isAwake, let zone {
            for due in due(in: zone) where due > clock.now.seconds && due <= end {
                clock.now = Instant(seconds: due)
                try turn()
            }
        }
        clock.now = Instant(seconds: end)
        story.append("\(isAwake ? "runs" : "jumps") to \(end)")
        try turn()
    }

    mutating func finish() throws {
        try change(to: pair[1])
        try advance(100_000)
    }

    private mutating func turn() throws {
        let isNew: Bool =
            switch restarts {
            case .never: false
            case .sometimes: Bool.random(using: &restartGenerator)
            case .always: true
            }
        if isNew {
            scheduler = Scheduler(
                store: store,
                zones: ZoneDirectory(path: zones.path),
                clock: clock,
                boot: nil
            )
        }
        _ = try scheduler.turn()
        expectTurn()
    }

    // MARK: - The answer of its own

    private mutating func due(in zone: MadeUpZone) -> [Int64] {
        if let known = dueByZone[zone] { return known }
        let (first, last) = (Self.start - 20 * 86_400, Self.start + 60 * 86_400)
        let due = schedule.due(in: zone, from: first, through: last)
        dueByZone[zone] = due
        return due
    }

    private mutating func expectTurn() {
        let now = clock.now.seconds
        guard let zone else { return }
        let due = due(in: zone).filter { $0 > considered && $0 <= now }
        guard !due.isEmpty else { return }
        considered = now
        let isTimely = due.contains { now - $0 <= 60 }
        for instant in due {
            let isNewest = instant == due.last
            let isRun: Bool
            if now - instant <= 60 {
                isRun = true
            } else {
                switch catchUp {
                case .skip: isRun = false
                case .latest: isRun = !isTimely && isNewest
                // The window is a day where nothing is written.
                case .all: isRun = now - instant <= 86_400 || isNewest
                }
            }
            if expected[instant] == nil { expected[instant] = isRun ? .registered : .missed }
        }
    }

    func problems() throws -> [String] {
        let fires = try store.fires(flow: "flow", limit: 1_000_000)
        var problems = fires.filter { $0.count != 1 }.map {
            "\($0.dueAt.seconds) counts \($0.count)"
        }
        if Set(fires.map(\.dueAt)).count != fires.count { problems.append("doubled rows") }
        let told = Dictionary(fires.map { ($0.dueAt.seconds, $0.outcome) }) { first, _ in first }
        for instant in Set(told.keys).union(expected.keys).sorted() {
            let (is_, should) = (told[instant]?.rawValue, expected[instant]?.rawValue)
            if is_ != should {
                problems.append("\(instant): \(is_ ?? "no row"), should be \(should ?? "none")")
            }
        }
        let runs = try store.runs(limit: 100_000).count
        let registered = expected.values.count { $0 == .registered }
        if runs != registered { problems.append("\(runs) runs, should be \(registered)") }
        return problems
    }
}
