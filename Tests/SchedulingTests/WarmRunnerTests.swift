import Cron
import Flows
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// A runner that is awake before a fire registers it, in the transaction that claims its task; the scheduler
/// does where it has not.
@Suite struct WarmRunnerTests {
    let world: World
    let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 4)

    init() throws {
        world = try World(at: "2026-11-02 09:00")
        world.endsRuns = false
    }

    private var folder: StateFolder { world.store.folder }

    /// What the scheduler wrote for runners, one second ahead of the fire at `time`.
    private func announcement(before time: String) throws -> Announcement {
        world.clock.now = Instant(milliseconds: try world.instant(time).milliseconds - 1_000)
        try world.turn()
        #expect(world.scheduler.announce() == nil)
        return try #require(StateFolder.announcement(in: folder.wakePath))
    }

    private func plan(_ announcement: Announcement) throws -> PlannedFires? {
        try AnnouncedFires(store: world.store, zones: .host).plan(announcement)
    }

    /// A turn of the runner at the clock's time.
    private func turn(_ planned: PlannedFires?, wanted: Int = 4) throws -> TurnResult {
        var turn = Turn()
        turn.planned = planned
        turn.wanted = wanted
        return try world.store.turn(turn, by: runner, at: world.clock.now)
    }

    @Test func `one transaction registers the fire and claims its task`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        #expect(announced == Announcement(at: try world.instant("11-02 10:00"), schedules: [1]))
        let planned = try #require(try plan(announced))
        folder.accept(announced)

        world.clock.now = announced.at
        #expect(world.scheduler.leftUntil?.milliseconds == announced.at.milliseconds + 10)
        let claims = try turn(planned).claims
        #expect(claims.map(\.run.dueAt) == [announced.at])
        #expect(try world.outcomes() == ["11-02 10:00 registered"])

        // The scheduler looks when the grace is over, tells what happened, and sleeps until the next.
        world.clock.now = Instant(milliseconds: announced.at.milliseconds + 10)
        #expect(world.scheduler.leftUntil == nil)
        let told = try world.turn()
        #expect(told.map(\.runID) == [1])
        #expect(told.map(\.outcome) == [.registered])
        #expect(world.scheduler.nextFireAt == (try world.instant("11-02 11:00")))
        #expect(try world.outcomes() == ["11-02 10:00 registered"])
    }

    @Test func `the scheduler registers what no runner has accepted, at once`() throws {
        try world.apply(["0 * * * *"])
        world.clock.now = try announcement(before: "11-02 10:00").at
        #expect(world.scheduler.leftUntil == nil)
        #expect(try world.turn().map(\.outcome) == [.registered])
    }

    @Test func `a scheduler that stops takes back what it has announced`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        world.scheduler.withdraw()
        let left = try #require(StateFolder.announcement(in: folder.wakePath))
        #expect(left.at < announced.at && left.schedules.isEmpty)
        #expect(try plan(left) == nil)
    }

    @Test func `the scheduler registers what a runner accepted and did not do`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        folder.accept(announced)
        world.clock.now = Instant(milliseconds: announced.at.milliseconds + 10)
        #expect(try world.turn().map(\.outcome) == [.registered])
        // And the runner, awake at last, does not register it again.
        let planned = try plan(announced)
        #expect(planned == nil)
        #expect(try world.outcomes() == ["11-02 10:00 registered"])
    }

    @Test func `of two runners with one plan, one registers`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        let planned = try plan(announced)
        world.clock.now = announced.at
        #expect(try turn(planned).claims.count == 1)
        #expect(try turn(planned).claims.isEmpty)
        #expect(try world.outcomes() == ["11-02 10:00 registered"])
    }

    /// What comes between plan and instant, and what became of the fire in the runner's transaction.
    @Test(arguments: [
        ("pause", ["11-02 10:00 paused"]), ("edit", []), ("remove", []), ("set back", []),
        ("late", []), ("nothing", ["11-02 10:00 registered"]),
    ])
    func `what changed since the plan was made counts`(
        _ change: String,
        _ outcomes: [String]
    ) throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        let planned = try #require(try plan(announced))
        switch change {
        case "pause":
            try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
        case "edit": try world.apply(["30 * * * *"], digest: "2")
        case "remove": _ = try world.shell("UPDATE schedule SET removed_at_ms = 1")
        default: break
        }
        let step: Int64 = change == "set back" ? -60_000 : change == "late" ? 1_001 : 0
        world.clock.now = Instant(milliseconds: announced.at.milliseconds + step)
        _ = try turn(planned)
        #expect(try world.outcomes() == outcomes)
    }

    @Test func `a transaction begun early waits for its instant`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        var turn = Turn()
        turn.planned = try plan(announced)
        turn.wanted = 1
        var asked = 0
        func now() -> Instant {
            asked += 1
            return Instant(milliseconds: announced.at.milliseconds - 3 + Int64(asked) / 100)
        }
        let claims = try world.store.turn(turn, by: runner, at: now()).claims
        #expect(claims.map(\.run.registeredAt) == [announced.at])
        #expect(asked >= 300)
        #expect(now() >= announced.at)
    }

    @Test func `a clock that is set back while it waits leaves nothing`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        let planned = try plan(announced)
        world.clock.now = Instant(milliseconds: announced.at.milliseconds - 3)
        #expect(throws: StorageError.self) { try turn(planned) }
        #expect(try world.outcomes() == [])
    }

    @Test func `a rehearsal leaves nothing`() throws {
        try world.apply(["0 * * * *"])
        let announced = try announcement(before: "11-02 10:00")
        let before = try world.shell(".dump")
        var turn = Turn()
        turn.planned = try plan(announced)
        turn.wanted = 4
        try world.store.rehearse(turn, by: runner, at: announced.at)
        #expect(try world.shell(".dump") == before)

        world.clock.now = announced.at
        #expect(try self.turn(turn.planned).claims.map(\.run.runID) == [1])
    }

    @Test(arguments: [
        // Missed fires, or none, belong to the scheduler.
        ("0 * * * *", "11-02 12:00", 0), ("30 * * * *", "11-02 10:00", 0),
        ("0 * * * *", "11-02 10:00", 1), ("@every 30m", "11-02 09:30", 1),
    ])
    func `a runner plans only one fire on time`(
        _ cron: String,
        _ time: String,
        _ count: Int
    ) throws {
        try world.apply([cron])
        let announced = Announcement(at: try world.instant(time), schedules: [1, 2])
        #expect(try plan(announced)?.spans.count ?? 0 == count)
    }

    @Test func `an excepted fire is the scheduler's`() throws {
        let except = FireException.expression("0 10 * * *")
        try world.apply(["0 * * * *"], timing: ScheduleTiming(exceptions: [except]))
        #expect(try plan(try announcement(before: "11-02 10:00")) == nil)
    }

    @Test func `jitter moves the instant and not the fire`() throws {
        try world.apply(["0 * * * *"], timing: ScheduleTiming(jitter: .seconds(900)))
        try world.turn()
        let next = try #require(world.scheduler.nextFireAt)
        world.clock.now = Instant(milliseconds: next.milliseconds - 1_000)
        #expect(world.scheduler.announce() == nil)
        let announced = try #require(StateFolder.announcement(in: folder.wakePath))
        let planned = try plan(announced)
        world.clock.now = announced.at
        #expect(try turn(planned).claims.map(\.run.dueAt) == [try world.instant("11-02 10:00")])
    }

    @Test func `more fires than a runner need plan are announced without names`() throws {
        for number in 0...Announcement.limit {
            try world.apply(["0 * * * *"], named: "flow\(number)")
        }
        let announced = try announcement(before: "11-02 10:00")
        #expect(announced.schedules == [])
        folder.accept(announced)
        world.clock.now = announced.at
        #expect(world.scheduler.leftUntil == nil)
        #expect(try world.turn().count == Announcement.limit + 1)
    }
}
