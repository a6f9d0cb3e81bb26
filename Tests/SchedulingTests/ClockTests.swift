import Cron
import Flows
import Storage
import Testing

@testable import Scheduling

/// A row of a table: what happens to the clock, and what becomes of the fires.
///
/// The expected lines are written by hand, from `design.md` (Time) and `cron-dialect.md` (4).
struct ClockCase: Sendable, CustomTestStringConvertible {
    let title: String
    var cron = "0 * * * *"
    var zone = "UTC"
    var start = "2026-11-02 09:30"
    var window = Duration.seconds(86_400)
    let moves: [String]
    /// By the catch-up policies for which it holds, all where there is none.
    var catchUps = CatchUp.allCases
    var overlaps = OverlapPolicy.allCases
    let expected: [String]

    var testDescription: String {
        "\(title), catchup \(catchUps.map(\.rawValue)), overlap \(overlaps.map(\.rawValue))"
    }

    func check() throws {
        for catchUp in catchUps {
            for overlap in overlaps {
                let world = try World(at: start, in: zone)
                let timing = ScheduleTiming(catchUp: catchUp, catchUpWindow: window)
                try world.apply([cron], overlap: overlap, timing: timing)
                for move in moves { try world.move(move) }
                let outcomes = try world.outcomes()
                #expect(outcomes == expected, "catchup \(catchUp), overlap \(overlap)")
                let states = try world.store.runs(limit: 1_000).map(\.state)
                #expect(states.allSatisfy { $0 == .succeeded }, "\(states)")
            }
        }
    }
}

/// The clock is stepped, or the machine sleeps; each run ends before the next look.
@Suite struct ClockStepTests {
    static let second = [
        ClockCase(
            title: "one second ahead between fires, and onto one",
            moves: [
                "runs 11-02 10:00:30", "jumps 11-02 10:00:31", "runs 11-02 10:59:59",
                "jumps 11-02 11:00:00", "runs 11-02 12:10",
            ],
            expected: ["11-02 10:00 … 11-02 12:00 registered ×3"]
        ),
        ClockCase(
            title: "one second ahead, over a fire: it is on time all the same",
            moves: ["runs 11-02 10:59:59.5", "jumps 11-02 11:00:00.5", "runs 11-02 12:10"],
            expected: ["11-02 10:00 … 11-02 12:00 registered ×3"]
        ),
        ClockCase(
            title: "one second back over a fire, which comes due again and is not run again",
            moves: ["runs 11-02 11:00:00.2", "jumps 11-02 10:59:59.2", "runs 11-02 12:10"],
            expected: ["11-02 10:00 … 11-02 12:00 registered ×3"]
        ),
    ]

    static let hour = [
        ClockCase(
            title: "an hour ahead, for good",
            moves: ["runs 11-02 10:10", "jumps 11-02 11:10", "runs 11-02 12:10"],
            catchUps: [.skip],
            expected: ["11-02 10:00 registered", "11-02 11:00 missed", "11-02 12:00 registered"]
        ),
        ClockCase(
            title: "an hour ahead, for good",
            moves: ["runs 11-02 10:10", "jumps 11-02 11:10", "runs 11-02 12:10"],
            catchUps: [.latest, .all],
            expected: ["11-02 10:00 … 11-02 12:00 registered ×3"]
        ),
        ClockCase(
            title: "an hour back, for good: two fires come due again, and none is run again",
            moves: ["runs 11-02 12:10", "jumps 11-02 10:50", "runs 11-02 13:10"],
            expected: ["11-02 10:00 … 11-02 13:00 registered ×4"]
        ),
        ClockCase(
            title: "an hour and more ahead and back: what was called missed had not been due",
            moves: [
                "runs 11-02 10:10", "jumps 11-02 12:10", "jumps 11-02 10:20", "runs 11-02 13:10",
            ],
            expected: ["11-02 10:00 … 11-02 13:00 registered ×4"]
        ),
        ClockCase(
            title: "ahead and back past one of two: the other stays missed",
            moves: [
                "runs 11-02 10:10", "jumps 11-02 12:30", "jumps 11-02 11:20", "runs 11-02 12:10",
            ],
            catchUps: [.skip, .latest],
            expected: ["11-02 10:00 registered", "11-02 11:00 missed", "11-02 12:00 registered"]
        ),
    ]

    /// 24 fires lie between 10:10 and 10:10 of the day after.
    static let dayAhead = ["runs 11-02 10:10", "jumps 11-03 10:10", "runs 11-03 11:10"]

    static let day = [
        ClockCase(
            title: "a day ahead, for good",
            moves: dayAhead,
            catchUps: [.skip],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-03 10:00 missed ×24",
                "11-03 11:00 registered",
            ]
        ),
        ClockCase(
            title: "a day ahead, for good",
            moves: dayAhead,
            catchUps: [.latest],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-03 09:00 missed ×23",
                "11-03 10:00 … 11-03 11:00 registered ×2",
            ]
        ),
        ClockCase(
            title: "a day ahead, for good",
            moves: dayAhead,
            catchUps: [.all],
            overlaps: [.skip, .queue, .allow],
            expected: ["11-02 10:00 … 11-03 11:00 registered ×26"]
        ),
        ClockCase(
            title: "a day ahead, for good: of those made up for only the last is not replaced",
            moves: dayAhead,
            catchUps: [.all],
            overlaps: [.replace],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-03 09:00 overlap ×23",
                "11-03 10:00 … 11-03 11:00 registered ×2",
            ]
        ),
        ClockCase(
            title: "a day back, for good: a day without a run, because all of it has had its own",
            moves: ["runs 11-03 10:10", "jumps 11-02 10:10", "runs 11-03 12:10"],
            expected: ["11-02 10:00 … 11-03 12:00 registered ×27"]
        ),
        ClockCase(
            title: "a day ahead and back",
            moves: [
                "runs 11-02 10:10", "jumps 11-03 10:10", "jumps 11-02 10:20", "runs 11-03 12:10",
            ],
            catchUps: [.skip, .latest],
            expected: ["11-02 10:00 … 11-03 12:00 registered ×27"]
        ),
        ClockCase(
            title: "a day ahead and back, all of it run ahead of its time",
            moves: [
                "runs 11-02 10:10", "jumps 11-03 10:10", "jumps 11-02 10:20", "runs 11-03 12:10",
            ],
            catchUps: [.all],
            expected: ["11-02 10:00 … 11-03 12:00 registered ×27"]
        ),
    ]

    /// 168 fires.
    static let asleep = ["runs 11-02 10:10", "jumps 11-09 10:10", "runs 11-09 11:10"]

    static let week = [
        ClockCase(
            title: "asleep for a week",
            moves: asleep,
            catchUps: [.skip],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-09 10:00 missed ×168",
                "11-09 11:00 registered",
            ]
        ),
        ClockCase(
            title: "asleep for a week",
            moves: asleep,
            catchUps: [.latest],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-09 09:00 missed ×167",
                "11-09 10:00 … 11-09 11:00 registered ×2",
            ]
        ),
        ClockCase(
            title: "asleep for a week, of which a day is within the window",
            moves: asleep,
            catchUps: [.all],
            overlaps: [.skip, .queue, .allow],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-08 10:00 missed ×144",
                "11-08 11:00 … 11-09 11:00 registered ×25",
            ]
        ),
        ClockCase(
            title: "asleep for a week, all of it within the window, and 100 of it made up for",
            window: .seconds(8 * 86_400),
            moves: asleep,
            catchUps: [.all],
            overlaps: [.skip, .queue, .allow],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-05 06:00 missed ×68",
                "11-05 07:00 … 11-09 11:00 registered ×101",
            ]
        ),
        ClockCase(
            title: "asleep for a week, and one run replaces all others",
            window: .seconds(8 * 86_400),
            moves: asleep,
            catchUps: [.all],
            overlaps: [.replace],
            expected: [
                "11-02 10:00 registered", "11-02 11:00 … 11-05 06:00 missed ×68",
                "11-05 07:00 … 11-09 09:00 overlap ×99",
                "11-09 10:00 … 11-09 11:00 registered ×2",
            ]
        ),
    ]

    @Test(arguments: second) func `a step of a second loses nothing`(row: ClockCase) throws {
        try row.check()
    }

    @Test(arguments: hour) func `a step of an hour`(row: ClockCase) throws { try row.check() }

    @Test(arguments: day) func `a step of a day`(row: ClockCase) throws { try row.check() }

    @Test(arguments: week) func `a week asleep`(row: ClockCase) throws { try row.check() }

    // MARK: - A clock that was ahead

    @Test func `a flow applied while the clock was ahead lives from now on`() throws {
        let world = try World(at: "2026-11-20 09:30")
        try world.apply(["0 * * * *", "@every 40m"])
        try world.move("jumps 11-02 09:30")
        try world.move("runs 11-02 11:10")
        #expect(try world.store.fires(flow: "flow").count == 4)
        #expect(try world.outcomes().first?.hasPrefix("11-02 ") == true)
    }

    @Test func `a scheduler that starts after the clock was set back takes back too`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"], timing: ScheduleTiming(catchUp: .skip))
        try world.move("jumps 11-02 14:30")
        world.restart()
        try world.move("jumps 11-02 10:30")
        try world.move("runs 11-02 15:10")
        #expect(
            try world.outcomes() == [
                "11-02 10:00 missed", "11-02 11:00 … 11-02 15:00 registered ×5",
            ]
        )
    }

    @Test func `a flow unpaused while the clock was ahead runs from now on`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"])
        try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
        world.clock.now = try world.instant("11-20 09:30")
        _ = try world.store.unpause(flow: "flow", by: "test", at: world.clock.now)
        try world.move("jumps 11-02 09:40")
        try world.move("runs 11-02 11:10")
        #expect(try world.outcomes() == ["11-02 10:00 … 11-02 11:00 registered ×2"])
    }
}
