import Cron
import Flows
import Storage
import Testing

@testable import Scheduling

/// Absences: what is run, what is recorded, and with which reason.
@Suite struct MisfireTests {
    // MARK: - Overlap

    /// Run 1, of 10:00, does not end. The machine sleeps from 10:10 to 13:10.
    static let active: [(CatchUp, OverlapPolicy, outcomes: [String], runs: [RunState])] = [
        (.skip, .skip, ["11-02 11:00 … 11-02 13:00 missed ×3"], [.waiting]),
        (.skip, .replace, ["11-02 11:00 … 11-02 13:00 missed ×3"], [.waiting]),
        (
            .latest, .skip, ["11-02 11:00 … 11-02 12:00 missed ×2", "11-02 13:00 overlap"],
            [.waiting]
        ),
        (
            .latest, .queue, ["11-02 11:00 … 11-02 12:00 missed ×2", "11-02 13:00 registered"],
            [.waiting, .queued]
        ),
        (
            .latest, .allow, ["11-02 11:00 … 11-02 12:00 missed ×2", "11-02 13:00 registered"],
            [.waiting, .waiting]
        ),
        (
            .latest, .replace, ["11-02 11:00 … 11-02 12:00 missed ×2", "11-02 13:00 registered"],
            [.cancelled, .waiting]
        ),
        (
            .all, .skip, ["11-02 11:00 … 11-02 13:00 registered ×3"],
            [.waiting, .queued, .queued, .queued]
        ),
        (
            .all, .queue, ["11-02 11:00 … 11-02 13:00 registered ×3"],
            [.waiting, .queued, .queued, .queued]
        ),
        (
            .all, .allow, ["11-02 11:00 … 11-02 13:00 registered ×3"],
            [.waiting, .waiting, .waiting, .waiting]
        ),
        (
            .all, .replace, ["11-02 11:00 … 11-02 12:00 overlap ×2", "11-02 13:00 registered"],
            [.cancelled, .waiting]
        ),
    ]

    @Test(arguments: active)
    func `what is made up for meets a run that is active`(
        catchUp: CatchUp,
        overlap: OverlapPolicy,
        outcomes: [String],
        runs: [RunState]
    ) throws {
        let world = try World(at: "2026-11-02 09:30")
        world.endsRuns = false
        let timing = ScheduleTiming(catchUp: catchUp)
        try world.apply(["0 * * * *"], overlap: overlap, timing: timing)
        for move in ["runs 11-02 10:10", "jumps 11-02 13:10"] { try world.move(move) }
        // Neighbours of one outcome share a line; the run of 10:00 is not of interest.
        let all = try world.outcomes()
        let isJoined = outcomes.first?.contains("registered ×3") == true
        let expected =
            isJoined
            ? ["11-02 10:00 … 11-02 13:00 registered ×4"] : ["11-02 10:00 registered"] + outcomes
        #expect(all == expected)
        #expect(try world.store.runs().reversed().map(\.state) == runs)
    }

    @Test func `those made up for run one after another, and the fire on time among them`() throws {
        let world = try World(at: "2026-11-02 09:30")
        world.endsRuns = false
        let timing = ScheduleTiming(catchUp: .all)
        try world.apply(["0 * * * *"], overlap: .skip, timing: timing)
        try world.move("jumps 11-02 12:00:05")
        let states = try world.store.runs().reversed().map(\.state)
        #expect(states == [.waiting, .queued, .queued])
        try world.endRuns()
        #expect(try world.store.runs().allSatisfy { $0.state == .succeeded })
    }

    @Test func `a fire that comes due while those made up for run is an overlap`() throws {
        let world = try World(at: "2026-11-02 09:30")
        world.endsRuns = false
        let timing = ScheduleTiming(catchUp: .all)
        try world.apply(["0 * * * *"], overlap: .skip, timing: timing)
        for move in ["jumps 11-02 12:10", "runs 11-02 13:00"] { try world.move(move) }
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 12:00 registered ×3", "11-02 13:00 overlap",
            ]
        )
    }

    @Test func `a queue that is full takes no more of those made up for`() throws {
        let world = try World(at: "2026-11-02 09:00")
        world.endsRuns = false
        let timing = ScheduleTiming(catchUp: .all, catchUpWindow: .seconds(30 * 86_400))
        try world.apply(["* * * * *"], overlap: .queue, timing: timing)
        try world.move("runs 11-02 09:01")
        try world.move("jumps 11-02 12:00:30")
        let fires = try world.store.fires(flow: "flow", limit: 1_000)
        // 179 fires: 78 beyond the limit, 100 made up for and queued, one on time.
        #expect(fires.count { $0.outcome == .missed } == 78)
        #expect(fires.count { $0.outcome == .registered } == 1 + 100)
        let refused = fires.filter { $0.outcome == .overlap }
        #expect(refused.map { world.label($0.dueAt) } == ["11-02 12:00"])
        #expect(
            refused.map(\.note) == ["100 runs are queued already, and its queue_limit is 100"]
        )
    }

    @Test func `what catchup all does not make up for says so`() throws {
        let world = try World(at: "2026-11-02 09:00")
        let timing = ScheduleTiming(catchUp: .all, catchUpWindow: .seconds(7200))
        try world.apply(["* * * * *"], timing: timing)
        try world.move("jumps 11-02 12:10:30")
        let fires = try world.store.fires(flow: "flow", limit: 1_000)
        let missed = fires.filter { $0.outcome == .missed }
        // 10:11 to 12:10 are within the window, and of them the newest 100 that are late.
        #expect(missed.count == 89)
        let note = "catchup: all makes up for at most 100 fires of an absence"
        #expect(missed.count { $0.note == note } == 19)
        #expect(missed.first { $0.note == note }.map { world.label($0.dueAt) } == "11-02 10:29")
    }

    @Test func `replace says what took the place of those made up for`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(
            ["0 * * * *"],
            overlap: .replace,
            timing: ScheduleTiming(catchUp: .all)
        )
        try world.move("jumps 11-02 11:10")
        let fire = try #require(try world.store.fires(flow: "flow").last)
        #expect(
            fire.note == "a later fire of the same absence takes its place: overlap is replace"
        )
    }

    // MARK: - Deadlines

    @Test func `a deadline holds in the queue, though no runner is there to see it pass`() throws {
        let world = try World(at: "2026-11-02 09:30")
        world.endsRuns = false
        let timing = ScheduleTiming(deadline: .seconds(5400))
        try world.apply(["0 * * * *"], overlap: .queue, timing: timing)
        try world.move("runs 11-02 12:00")
        // 10:00 was to start by 11:30, and 11:00, which waits for it, by 12:30.
        #expect(
            try world.outcomes() == [
                "11-02 10:00 deadline", "11-02 11:00 … 11-02 12:00 registered ×2",
            ]
        )
        let states = try world.store.runs().reversed().map(\.state)
        #expect(states == [.cancelled, .waiting, .queued])
        try world.move("jumps 11-02 12:31")
        try world.endRuns()
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 11:00 deadline ×2", "11-02 12:00 registered",
            ]
        )
    }

    // MARK: - Edits

    @Test func `a changed expression makes up for nothing of either`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"], timing: ScheduleTiming(catchUp: .all))
        world.clock.now = try world.instant("11-02 12:10")
        try world.apply(["45 * * * *"], timing: ScheduleTiming(catchUp: .all), digest: "2")
        try world.move("runs 11-02 13:10")
        #expect(try world.outcomes() == ["11-02 12:45 registered"])
        // Nor does the former, when it is back.
        try world.apply(["0 * * * *"], timing: ScheduleTiming(catchUp: .all), digest: "3")
        try world.move("runs 11-02 14:10")
        #expect(try world.outcomes() == ["11-02 12:45 … 11-02 14:00 registered ×2"])
    }

    @Test func `a change of anything else leaves what was missed to be made up for`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"], timing: ScheduleTiming(catchUp: .skip))
        world.clock.now = try world.instant("11-02 12:10")
        let timing = ScheduleTiming(catchUp: .latest)
        try world.apply(["0 * * * *"], overlap: .queue, timing: timing, digest: "2")
        try world.turn()
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 11:00 missed ×2", "11-02 12:00 registered",
            ]
        )
    }

    // MARK: - Exceptions

    @Test(arguments: [
        (["*/20 * * * * *"], "* 10 * * *"), (["*/20 * * * * *"], "* * 10 * * *"),
        (["@every 20s"], "* 10 2 11 *"),
    ])
    func `an exception of five fields holds for whole minutes`(
        crons: [String],
        exception: String
    ) throws {
        let world = try World(at: "2026-11-02 09:59:07")
        try world.apply(crons, timing: ScheduleTiming(exceptions: [.expression(exception)]))
        try world.move("runs 11-02 10:01")
        let excepted = try world.store.fires(flow: "flow").filter { $0.outcome == .except }
        #expect(!excepted.isEmpty)
        #expect(
            excepted.count
                == (try world.store.fires(flow: "flow").count { fire in
                    world.label(fire.dueAt).hasPrefix("11-02 10:")
                })
        )
    }
}
