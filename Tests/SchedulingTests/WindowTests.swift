import Cron
import Flows
import Storage
import Testing

@testable import Scheduling

/// How far back is made up for: what is written, else a day, and the newest until the next is due.
@Suite struct WindowTests {
    /// 2026-11-02 is a Monday.
    static let seldom: [(cron: String, wake: String, outcomes: [String])] = [
        // Two days after it, and an hour before the next.
        ("0 10 * * 1", "11-04 10:30", ["11-02 10:00 registered"]),
        ("0 10 * * 1", "11-09 09:00", ["11-02 10:00 registered"]),
        // The next is on time, or late itself.
        ("0 10 * * 1", "11-09 10:00", ["11-02 10:00 missed", "11-09 10:00 registered"]),
        ("0 10 * * 1", "11-12 10:00", ["11-02 10:00 missed", "11-09 10:00 registered"]),
        ("0 10 2 * *", "12-01 10:00", ["11-02 10:00 registered"]),
        // From Friday to Monday.
        (
            "0 10 * * 1-5", "11-08 11:00",
            ["11-02 10:00 … 11-05 10:00 missed ×4", "11-06 10:00 registered"]
        ),
        ("@every 72h", "11-07 11:00", ["11-05 09:30 registered"]),
        (
            "0 * * * *", "11-02 12:10",
            ["11-02 10:00 … 11-02 11:00 missed ×2", "11-02 12:00 registered"]
        ),
    ]

    @Test(arguments: seldom)
    func `latest keeps its promise, however seldom a schedule is due`(
        cron: String,
        wake: String,
        outcomes: [String]
    ) throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply([cron])
        try world.move("jumps \(wake)")
        #expect(try world.outcomes() == outcomes)
    }

    @Test func `all makes up for a day, and for the newest`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 10 * * 1,3"], timing: ScheduleTiming(catchUp: .all))
        try world.move("jumps 11-06 10:30")
        #expect(try world.outcomes() == ["11-02 10:00 missed", "11-04 10:00 registered"])
        let note = try #require(try world.store.fires(flow: "flow").last?.note)
        #expect(note.contains("catchup_window (1d)"))
    }

    @Test func `skip makes up for none`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 10 * * 1"], timing: ScheduleTiming(catchUp: .skip))
        try world.move("jumps 11-04 10:30")
        #expect(try world.outcomes() == ["11-02 10:00 missed"])
        #expect(try world.store.fires(flow: "flow").map(\.note) == [nil])
    }

    @Test func `a window that is written holds, and what it drops says so and what to do`() throws {
        let world = try World(at: "2026-11-02 09:30")
        let timing = ScheduleTiming(catchUpWindow: .seconds(86_400))
        try world.apply(["0 10 * * *"], timing: timing)
        try world.move("runs 11-02 10:10")
        try world.apply(["0 10 * * 1"], timing: timing, named: "weekly")
        world.clock.now = try world.instant("11-09 10:00")
        try world.turn()
        try world.move("jumps 11-11 11:00")
        let fires = try world.store.fires(flow: "weekly")
        #expect(fires.map(\.outcome) == [.registered])
        try world.move("jumps 11-18 11:00")
        #expect(
            try world.store.fires(flow: "weekly").first?.note
                == "no scheduler looked within its catchup_window (1d): make that longer, and run this"
                + " one with flower backfill"
        )
        // Of those that latest makes up for in no case it is not the reason.
        let daily = try world.store.fires(flow: "flow").filter { $0.outcome == .missed }
        #expect(!daily.isEmpty && daily.allSatisfy { $0.note == nil })
    }
}
