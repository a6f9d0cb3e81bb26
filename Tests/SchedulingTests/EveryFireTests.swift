import Cron
import Flows
import Foundation
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// Promise: every fire is registered, or recorded with a reason, and either once.
///
/// Random flows live through random outages, steps of the clock, pauses, restarts and rivals; then what the
/// database says is compared with a search that looks at every minute.
@Suite struct EveryFireTests {
    /// `FLOWER_SEED=n` runs that one alone.
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["FLOWER_SEED"].flatMap(UInt64.init).map { [$0] }
        ?? Array(1...60) + [270]

    @Test(arguments: seeds)
    func `every fire is registered or recorded, once`(seed: UInt64) throws {
        var life = try RandomLife(seed: seed)
        for _ in 0..<Int.random(in: 5...40, using: &life.generator) { try life.step() }
        try life.finish()
        let problems = try life.problems()
        // The shorter story comes from cutting its last lines off and running it again.
        #expect(
            problems.isEmpty,
            """
            FLOWER_SEED=\(seed)
            \(problems.prefix(10).joined(separator: "\n"))
            \(life.story.joined(separator: "\n"))
            """
        )
    }
}

/// One flow's life.
private struct RandomLife {
    var generator: SplitMix64
    let world: World
    /// A second scheduler on the same folder, which looks only now and then.
    private var rival: Scheduler
    private let schedules: [RandomSchedule]
    private let timing: ScheduleTiming
    private let overlap: OverlapPolicy
    private let start: Int64
    private var latest: Instant
    private var digest = 1
    /// What was done, a line each.
    private(set) var story: [String] = []

    init(seed: UInt64) throws {
        generator = SplitMix64(seed: seed)
        world = try World(at: "2026-11-02 00:00")
        rival = Scheduler(store: world.store, zones: .host, clock: world.clock, boot: nil)
        let offset = Int64.random(in: 0..<86_400_000, using: &generator)
        world.clock.now = Instant(milliseconds: world.clock.now.milliseconds + offset)
        start = world.clock.now.seconds
        latest = world.clock.now
        var schedules: [RandomSchedule] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let schedule = RandomSchedule(using: &generator)
            if !schedules.contains(where: { $0.text == schedule.text }) {
                schedules.append(schedule)
            }
        }
        self.schedules = schedules
        let hasDeadline = Int.random(in: 0..<3, using: &generator) == 0
        timing = ScheduleTiming(
            catchUp: CatchUp.allCases.randomElement(using: &generator) ?? .all,
            catchUpWindow: .seconds(Int64.random(in: 60...300_000, using: &generator)),
            deadline: hasDeadline ? .seconds(Int64.random(in: 60...7200, using: &generator)) : nil,
            jitter: .seconds(Bool.random(using: &generator) ? 45 : 0),
            exceptions: Bool.random(using: &generator)
                ? [.date("2026-11-04"), .expression("* 5 * * *")] : []
        )
        overlap = OverlapPolicy.allCases.randomElement(using: &generator) ?? .allow
        story.append("\(schedules) overlap \(overlap) \(timing)")
        try apply()
    }

    private mutating func apply() throws {
        story.append("\(world.label(world.clock.now)) apply")
        let flow = Flow(
            name: "flow",
            description: "\(digest)",
            schedules: try schedules.map {
                ScheduleSpec(
                    text: $0.text,
                    expression: try CronExpression($0.text, hashID: "flow"),
                    timezone: $0.zone,
                    timing: timing
                )
            },
            overlap: overlap,
            queueLimit: 5,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/flow.yaml", digest: "\(digest)", flows: [flow])
        _ = try world.store.apply([source], by: "test", at: world.clock.now)
        digest += 1
    }

    private mutating func advance(milliseconds: Int64) {
        // Not before its beginning: what such a clock would make due was never in its life.
        let now = max(start * 1000, world.clock.now.milliseconds + milliseconds)
        world.clock.now = Instant(milliseconds: now)
        latest = max(latest, world.clock.now)
        story.append("clock \(world.label(world.clock.now)) (\(now % 60_000) ms)")
    }

    mutating func step() throws {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: advance(milliseconds: -Int64.random(in: 1...3_000, using: &generator))
        case 1: advance(milliseconds: -Int64.random(in: 1...200_000_000, using: &generator))
        case 2: advance(milliseconds: Int64.random(in: 1...400_000_000, using: &generator))
        case 3...6: advance(milliseconds: Int64.random(in: 1...10_000_000, using: &generator))
        case 7...9: advance(milliseconds: Int64.random(in: 1...100_000, using: &generator))
        case 10, 11:
            story.append("restart")
            world.restart()
            _ = try world.scheduler.turn()
        case 12:
            let isBounded = Bool.random(using: &generator)
            let span = Int64.random(in: 1...20_000_000, using: &generator)
            let until = Instant(milliseconds: world.clock.now.milliseconds + span)
            story.append("pause \(isBounded ? world.label(until) : "")")
            try world.store.pause(
                flow: "flow",
                until: isBounded ? until : nil,
                by: "test",
                at: world.clock.now
            )
        case 13, 14:
            story.append("unpause")
            _ = try world.store.unpause(flow: "flow", by: "test", at: world.clock.now)
        case 15: try apply()
        case 16:
            story.append("runs end")
            try world.endRuns()
        case 17, 18:
            story.append("rival")
            _ = try rival.turn()
        default:
            story.append("turn")
            _ = try world.scheduler.turn()
        }
    }

    /// Later than anything was ever due, every scheduler has looked.
    mutating func finish() throws {
        world.clock.now = latest
        advance(milliseconds: 7_200_000)
        _ = try rival.turn()
        _ = try world.scheduler.turn()
    }

    // MARK: - What the database says

    private struct Fire {
        let identity: String
        let due: Int64
        let last: Int64?
        let count: Int
        let outcome: String
        let runs: Int
    }

    private func fires() throws -> [Fire] {
        let sql = """
            SELECT identity, due_at_ms / 1000, last_due_at_ms / 1000, count, outcome,
              (SELECT count(*) FROM run WHERE fire_id = fire.id)
            FROM fire JOIN schedule ON schedule.id = schedule_id ORDER BY due_at_ms
            """
        return try world.shell(sql).map { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
            return Fire(
                identity: String(cells[0]),
                due: Int64(cells[1]) ?? 0,
                last: Int64(cells[2]),
                count: Int(cells[3]) ?? 0,
                outcome: String(cells[4]),
                runs: Int(cells[5]) ?? 0
            )
        }
    }

    /// What is not as it should be, a line each.
    func problems() throws -> [String] {
        var problems: [String] = []
        let all = try fires()
        for stored in try world.store.schedules() {
            guard let schedule = schedules.first(where: { $0.text == stored.cron }) else {
                problems.append("no schedule \(stored.cron)")
                continue
            }
            let end = stored.consideredUntil
            let expected = schedule.fires(after: start, through: end.seconds)
            let rows = all.filter { $0.identity == stored.identity }
            problems += check(rows, against: expected, schedule).map { "\(schedule): \($0)" }
            // The last one that is due by now has been looked at, its jitter reckoned.
            let lateness = world.clock.now.milliseconds - timing.jitter.milliseconds
            let missing = schedule.fires(after: end.seconds, through: lateness / 1000)
            if let first = missing.first { problems.append("\(schedule): \(first) not looked at") }
        }
        let strays = try world.shell("SELECT count(*) FROM run WHERE fire_id IS NULL")
        if strays != ["0"] { problems.append("\(strays) runs without a fire") }
        return problems
    }

    private func check(
        _ rows: [Fire],
        against expected: [Int64],
        _ schedule: RandomSchedule
    ) -> [String] {
        var problems: [String] = []
        let due = Set(expected)
        let single = rows.filter { $0.last == nil }
        for row in rows {
            let place = world.label(Instant(seconds: row.due))
            if !due.contains(row.due) { problems.append("\(place) \(row.outcome): was not due") }
            if let last = row.last, !due.contains(last) {
                problems.append("\(place): its last was not due")
            }
            let runs =
                row.outcome == "registered" ? 1...1 : row.outcome == "deadline" ? 0...1 : 0...0
            if !runs.contains(row.runs) {
                problems.append("\(place) \(row.outcome): \(row.runs) runs")
            }
            let isExcepted = self.isExcepted(row.due, schedule)
            if isExcepted != (row.outcome == "except") {
                problems.append("\(place) \(row.outcome): excepted is \(isExcepted)")
            }
        }
        if Set(single.map(\.due)).count != single.count { problems.append("doubled rows") }
        let counted = rows.reduce(0) { $0 + $1.count }
        if counted != expected.count {
            let seen = Set(single.map(\.due))
            let missing = rows.count == single.count ? expected.filter { !seen.contains($0) } : []
            let labels = missing.prefix(5).map { world.label(Instant(seconds: $0)) }
            problems.append("\(counted) fires recorded, \(expected.count) were due; \(labels)")
        }
        return problems
    }

    /// By the schedule's own clock: 4 November, and the hour from five.
    private func isExcepted(_ second: Int64, _ schedule: RandomSchedule) -> Bool {
        guard !timing.exceptions.isEmpty else { return false }
        let local = second + schedule.offset
        // 2026-11-04 is day 20761.
        return local / 86_400 == 20_761 || local % 86_400 / 3600 == 5
    }
}
