import Cron
import Flows
import Storage
import Testing

@testable import Scheduling

/// Rows that stand for many fires: what they count when the clock, a pause or a backfill cuts them.
@Suite struct ManyFiresTests {
    @Test func `a row for many that reaches into the future is told anew`() throws {
        let world = try World(at: "2026-11-02 00:00")
        try world.apply(["* * * * *"], timing: ScheduleTiming(catchUp: .skip))
        // 5,760 fires: one row for 4,759, 1,000 of their own, one on time.
        try world.move("jumps 11-06 00:00:30")
        #expect(try world.shell("SELECT count(*), sum(count) FROM fire") == ["1002|5760"])
        try world.move("jumps 11-03 12:00:30")
        #expect(try world.shell("SELECT count(*), sum(count) FROM fire") == ["1003|2161"])
        #expect(
            try world.outcomes() == [
                "11-02 00:01 … 11-03 11:59 missed ×2159",
                "11-03 12:00 … 11-06 00:00 registered ×2",
            ]
        )
        try world.move("runs 11-03 12:02")
        #expect(
            try world.outcomes().dropFirst() == [
                "11-03 12:00 … 11-06 00:00 registered ×4"
            ]
        )
    }

    /// Found by `EveryFireTests`, seed 270: the row of the excepted day ends before the clock's new time, but
    /// its fires lie among those that are told anew.
    @Test func `rows for many that lie within one another are told anew together`() throws {
        let world = try World(at: "2026-11-02 00:00")
        let timing = ScheduleTiming(catchUp: .skip, exceptions: [.date("2026-11-03")])
        try world.apply(["* * * * *"], timing: timing)
        try world.move("jumps 11-06 00:00:30")
        try world.move("jumps 11-04 12:00:30")
        let sql = "SELECT outcome, sum(count) FROM fire GROUP BY outcome"
        #expect(try world.shell(sql) == ["except|1440", "missed|2159", "registered|2"])
    }

    @Test func `a backfilled fire leaves the row it shared`() throws {
        let world = try World(at: "2026-11-02 00:00")
        try world.apply(["* * * * *"], timing: ScheduleTiming(catchUp: .skip))
        try world.move("jumps 11-03 12:00:30")
        let fires = try Backfill(
            world.store.schedules(),
            from: world.instant("11-02 00:01"),
            through: world.instant("11-02 00:03"),
            order: .oldest,
            zones: .host
        ).fires
        let request = BackfillRequest(flow: "flow", fires: fires, concurrency: 9, isAgain: false)
        #expect(
            try world.store.backfill(request, by: "test", at: world.clock.now).count == 3
        )
        #expect(try world.store.unrunFires().values.map { $0 } == [2159 - 3])
        #expect(try world.shell("SELECT sum(count) FROM fire") == ["2160"])
        #expect(try world.store.backfill(request, by: "test", at: world.clock.now).isEmpty)
    }

    @Test func `fires that were backfilled before they were missed are not counted twice`() throws {
        let world = try World(at: "2026-11-02 00:00")
        try world.apply(["* * * * *"], timing: ScheduleTiming(catchUp: .skip))
        world.clock.now = try world.instant("11-03 12:00:30")
        let fires = try Backfill(
            world.store.schedules(),
            from: world.instant("11-02 00:05"),
            through: world.instant("11-02 00:07"),
            order: .oldest,
            zones: .host
        ).fires
        let request = BackfillRequest(flow: "flow", fires: fires, concurrency: 9, isAgain: false)
        _ = try world.store.backfill(request, by: "test", at: world.clock.now)
        try world.turn()
        #expect(try world.shell("SELECT sum(count) FROM fire") == ["2160"])
        #expect(try world.shell("SELECT count(*) FROM run") == ["4"])
    }
}
