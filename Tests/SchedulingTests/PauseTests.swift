import Cron
import Flows
import Storage
import Testing

@testable import Scheduling

/// Pauses that the scheduler saw or slept through: which fires they keep from being run.
@Suite struct PauseTests {
    @Test func `each fire of an unseen pause says so, and those before it were missed`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"], timing: ScheduleTiming(catchUp: .all))
        world.clock.now = try world.instant("11-02 11:30")
        try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
        world.clock.now = try world.instant("11-02 14:30")
        _ = try world.store.unpause(flow: "flow", by: "test", at: world.clock.now)
        try world.move("jumps 11-02 16:30")
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 11:00 missed ×2", "11-02 12:00 … 11-02 14:00 paused ×3",
                "11-02 15:00 … 11-02 16:00 registered ×2",
            ]
        )
    }

    @Test func `a pause's end is no part of it`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"])
        let end = try world.instant("11-02 12:00")
        try world.store.pause(flow: "flow", until: end, by: "test", at: world.clock.now)
        try world.move("runs 11-02 13:10")
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 11:00 paused ×2", "11-02 12:00 … 11-02 13:00 registered ×2",
            ]
        )
    }

    @Test(arguments: [true, false])
    func `a second pause leaves what the first one was`(endsByItself: Bool) throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"])
        let end = try world.instant("11-02 11:30")
        let until = endsByItself ? end : nil
        try world.store.pause(flow: "flow", until: until, by: "test", at: world.clock.now)
        world.clock.now = end
        if !endsByItself { _ = try world.store.unpause(flow: nil, by: "test", at: end) }
        world.clock.now = try world.instant("11-02 13:30")
        try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
        try world.move("jumps 11-02 15:30")
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 11:00 paused ×2", "11-02 12:00 … 11-02 13:00 missed ×2",
                "11-02 14:00 … 11-02 15:00 paused ×2",
            ]
        )
    }

    @Test func `a row stands for fires of one reason`() throws {
        let world = try World(at: "2026-11-02 00:00")
        let timing = ScheduleTiming(catchUp: .skip, exceptions: [.date("2026-11-03")])
        try world.apply(["* * * * *"], timing: timing)
        for (from, to) in [("11-02 06:00", "11-02 09:00"), ("11-04 06:00", "11-04 09:00")] {
            world.clock.now = try world.instant(from)
            try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
            world.clock.now = try world.instant(to)
            _ = try world.store.unpause(flow: "flow", by: "test", at: world.clock.now)
        }
        try world.move("jumps 11-06 00:01:30")
        let sql = """
            SELECT outcome, sum(count), sum(last_due_at_ms IS NOT NULL) FROM fire GROUP BY outcome
            """
        #expect(
            try world.shell(sql) == [
                "except|1440|1", "missed|3960|3", "paused|360|2", "registered|1|0",
            ]
        )
    }

    @Test func `a pause that lasts keeps even what is late from being run`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 * * * *"], timing: ScheduleTiming(catchUp: .latest))
        world.clock.now = try world.instant("11-02 12:00:01")
        try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
        try world.move("jumps 11-02 12:00:05")
        #expect(
            try world.outcomes() == [
                "11-02 10:00 … 11-02 11:00 missed ×2", "11-02 12:00 paused",
            ]
        )
    }

    @Test func `a pause is forgotten when its fires have been told`() throws {
        let world = try World(at: "2026-11-02 09:30")
        try world.apply(["0 12 * * *"])
        try world.store.pause(flow: "flow", by: "test", at: world.clock.now)
        world.clock.now = try world.instant("11-02 14:30")
        _ = try world.store.unpause(flow: "flow", by: "test", at: world.clock.now)
        world.clock.now = try world.instant("11-02 15:30")
        let prune = PruneRequest(before: world.clock.now)
        _ = try world.store.prune(prune, by: "test", at: world.clock.now)
        #expect(try world.shell("SELECT count(*) FROM pause") == ["1"])
        try world.turn()
        #expect(try world.outcomes() == ["11-02 12:00 paused"])
        _ = try world.store.prune(prune, by: "test", at: world.clock.now)
        #expect(try world.shell("SELECT count(*) FROM pause") == ["0"])
    }
}
