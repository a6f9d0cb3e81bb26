import Cron
import Flows
import Glibc
import Testing

@testable import Storage

@Suite struct PoolTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    private func set(_ pool: String, _ slots: Int) throws {
        _ = try store.setPool(pool, slots: slots, by: "test", at: temporary.now)
    }

    /// Registers a run of a flow of these tasks; `gpu:2,disk` reads "two slots of gpu, one of disk".
    @discardableResult
    private func register(
        _ flow: String,
        _ tasks: [(name: String, pools: String)],
        concurrency: Int? = nil
    ) throws -> Int64 {
        let specs = tasks.map { task in
            let pools = task.pools.split(separator: ",").map { text in
                let parts = text.split(separator: ":")
                return PoolDemand(String(parts[0]), parts.count > 1 ? Int(parts[1]) ?? 0 : 1)
            }
            return TaskSpec(name: task.name, action: .run("true"), pools: pools)
        }
        try temporary.apply(
            Flow(name: flow, concurrency: concurrency, workingDirectory: "/", tasks: specs),
            digest: "\(tasks)"
        )
        return try temporary.register(flow, force: true)
    }

    private func names(_ count: Int = 100, free: Int = .max) throws -> [String] {
        try claims(count, free: free).map(\.name)
    }

    private func claims(_ count: Int = 100, free: Int = .max) throws -> [Claim] {
        var turn = Turn()
        turn.wanted = count
        turn.free = free
        return try store.turn(turn, by: temporary.runner, at: temporary.now).claims
    }

    @Test func `no more are claimed than a pool has slots, over all flows`() throws {
        try set("gpu", 3)
        try register("one", [("a", "gpu"), ("b", "gpu:2"), ("c", "")])
        try register("two", [("d", "gpu"), ("e", "gpu")])
        let first = try claims()
        #expect(first.map(\.name) == ["a", "b", "c"])
        try temporary.end([first[1]], .exited(0))
        #expect(try names() == ["d", "e"])
        #expect(try names().isEmpty)
    }

    @Test func `a task takes of several pools or of none`() throws {
        try set("gpu", 2)
        try set("disk", 1)
        try register("one", [("a", "disk,gpu"), ("b", "disk"), ("c", "gpu"), ("d", "gpu")])
        let first = try claims()
        #expect(first.map(\.name) == ["a", "c"])
        try temporary.end([first[0]], .exited(0))
        #expect(try names() == ["b", "d"])
    }

    @Test func `a task that takes many is not passed for ever by those that take few`() throws {
        try set("gpu", 2)
        try register("one", [("s0", "gpu"), ("s1", "gpu")])
        var running = try claims()
        #expect(running.map(\.name) == ["s0", "s1"])
        try register("big", [("big", "gpu:2")])
        try register("more", (2..<8).map { ("s\($0)", "gpu") })
        // One slot after the other comes free; small tasks wait for both.
        try temporary.end([running.removeFirst()], .exited(0))
        #expect(try names().isEmpty)
        try temporary.end([running.removeFirst()], .exited(0))
        #expect(try names() == ["big"])
    }

    @Test func `what waits for a full pool keeps another one's slots, but only its own`() throws {
        try set("gpu", 1)
        try set("disk", 3)
        try register("one", [("a", "gpu")])
        let first = try claims()
        try register("both", [("b0", "disk,gpu"), ("b1", "disk,gpu"), ("b2", "disk,gpu")])
        try register("disks", (0..<3).map { ("d\($0)", "disk") })
        // One of the three slots is kept, for the first of them.
        #expect(try names() == ["d0", "d1"])
        try temporary.end(first, .exited(0))
        #expect(try names() == ["b0"])
    }

    @Test func `a flow's concurrency counts tasks with pools and without`() throws {
        try set("gpu", 9)
        try register("one", [("a", "gpu"), ("b", ""), ("c", "gpu"), ("d", "")], concurrency: 2)
        let first = try claims()
        #expect(first.map(\.name) == ["a", "b"])
        #expect(try names().isEmpty)
        try temporary.end(first, .exited(0))
        #expect(try names() == ["c", "d"])
    }

    @Test func `room in a flow is kept for what waits for another flow's slot, not for its own's`()
        throws
    {
        try set("gpu", 1)
        let tasks = [("a", "gpu"), ("b", "gpu"), ("c", ""), ("d", "")]
        try register("one", tasks, concurrency: 2)
        let first = try claims()
        // Whenever 'a' ends, there is room for 'b' as well.
        #expect(first.map(\.name) == ["a", "c"])
        try temporary.end([first[0]], .exited(0))
        #expect(try names() == ["b"])
        try set("disk", 1)
        try register("other", [("x", "disk")])
        let other = try claims()
        #expect(other.map(\.name) == ["x"])
        try register("two", [("y", "disk"), ("z", ""), ("w", "")], concurrency: 2)
        #expect(try names() == ["z"])
        try temporary.end(other, .exited(0))
        #expect(try names() == ["y"])
    }

    @Test func `a flow that is full keeps no slot of a pool from others`() throws {
        try set("gpu", 1)
        try register("narrow", [("a", ""), ("b", "gpu")], concurrency: 1)
        #expect(try names() == ["a"])
        try register("wide", [("c", "gpu")])
        #expect(try names() == ["c"])
    }

    @Test func `rank decides, in one lane and over several`() throws {
        try set("gpu", 1)
        try register("one", [("a", "gpu"), ("b", "gpu"), ("c", "")])
        _ = try temporary.shell("UPDATE task SET rank_ms = rank_ms - 60000 WHERE name = 'b'")
        _ = try temporary.shell("UPDATE task SET rank_ms = rank_ms + 60000 WHERE name = 'c'")
        #expect(try names() == ["b", "c"])
    }

    @Test func `of what is scarce no more is claimed than can be launched`() throws {
        try set("gpu", 9)
        try register("one", (0..<5).map { ("g\($0)", "gpu") } + [("x", ""), ("y", "")])
        #expect(try names(100, free: 2) == ["g0", "g1", "x", "y"])
    }

    @Test func `the limit over all runners holds for tasks with and without pools`() throws {
        try set("workers", 3)
        try set("gpu", 2)
        try register("one", [("a", "gpu"), ("b", ""), ("c", "gpu"), ("d", ""), ("e", "")])
        // The limit is near: nothing is claimed ahead.
        #expect(try names(100, free: 2) == ["a", "b"])
        let other = RunnerIdentity(id: 2, pid: 2, bootID: "boot", workers: 8)
        var turn = Turn()
        turn.wanted = 8
        turn.free = 8
        let second = try store.turn(turn, by: other, at: temporary.now).claims
        #expect(second.map(\.name) == ["c"])
        #expect(try store.turn(turn, by: other, at: temporary.now).claims.isEmpty)
        try set("workers", 4)
        #expect(try store.turn(turn, by: other, at: temporary.now).claims.map(\.name) == ["d"])
        try store.removePool("workers", by: "test", at: temporary.now)
        #expect(try store.turn(turn, by: other, at: temporary.now).claims.map(\.name) == ["e"])
    }

    @Test func `a closed pool keeps its tasks and nobody else's`() throws {
        try set("gpu", 0)
        try register("one", [("a", "gpu"), ("c", "")])
        #expect(try names() == ["c"])
        try set("gpu", 1)
        #expect(try names() == ["a"])
    }

    @Test func `a pool that is too small for a task that waits keeps nobody back`() throws {
        try set("gpu", 4)
        try register("one", [("a", "gpu:4"), ("b", "gpu")])
        _ = try store.setPool("gpu", slots: 2, by: "test", at: temporary.now)
        #expect(try names() == ["b"])
        let task = try #require(try store.run(1).tasks.first)
        #expect(task.pools == [PoolState(demand: PoolDemand("gpu", 4), slots: 2, taken: 1)])
    }

    @Test func `flower check finds a task whose pool was taken from under it`() throws {
        try set("gpu", 4)
        try set("closed", 0)
        try register("one", [("a", "gpu:4"), ("b", "gpu"), ("c", "closed")])
        #expect(try store.check().isEmpty)
        try set("gpu", 2)
        #expect(
            try store.check().map(\.problem) == [
                "a task waits for a pool that is not there, or has too few slots:"
                    + " task a of run 1"
            ]
        )
        #expect(try temporary.shell("DELETE FROM pool WHERE name = 'gpu'") == "")
        #expect(
            try store.check().first?.problem.hasSuffix("task a of run 1, task b of run 1") == true
        )
        #expect(try names().isEmpty)
    }

    @Test func `an unknown pool and too many slots are told at apply, all at once`() throws {
        try set("gpu", 2)
        try set("closed", 0)
        let error = #expect(throws: StorageError.self) {
            try register("one", [("a", "gpu:3"), ("b", "dsik"), ("c", "gpu"), ("d", "closed")])
        }
        #expect(error?.code == .badInput)
        #expect(
            error?.message == "task 'a' of flow 'one' takes 3 slots of pool 'gpu', which has 2; "
                + "task 'b' of flow 'one' takes of pool 'dsik', which is not there"
        )
        #expect(error?.hint == "flower pool set dsik 1, flower pool set gpu 3; then apply again")
        #expect(try store.flows(at: temporary.now).isEmpty)
    }

    @Test func `a pool in use stays, with the reason`() throws {
        try set("gpu", 2)
        try register("one", [("a", "gpu")])
        func refusal() throws -> String? {
            do {
                try store.removePool("gpu", by: "test", at: temporary.now)
                return nil
            } catch let error as StorageError {
                return "\(error.code) \(error.message)"
            }
        }
        #expect(try refusal() == "refused flow 'one' takes of pool 'gpu'")
        try temporary.apply(.nothing(["a": []], named: "one"), digest: "2")
        #expect(
            try refusal() == "refused run 1 has tasks that take of pool 'gpu' and have not ended"
        )
        _ = try temporary.drain()
        #expect(try refusal() == nil)
        #expect(try refusal() == "notFound there is no pool 'gpu'")
    }

    @Test func `pools are listed with what is taken and what waits`() throws {
        try set("gpu", 3)
        try set("workers", 9)
        try register("one", [("a", "gpu:2"), ("b", "gpu:2"), ("c", "")])
        _ = try names()
        #expect(
            try store.pools() == [
                PoolSummary(name: "gpu", slots: 3, taken: 2, waiting: 1),
                PoolSummary(name: "workers", slots: 9, taken: 2, waiting: 1),
            ]
        )
        let short = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        #expect(short == ["one"])
    }

    @Test func `a master changed with SQL stands in its pools from the next run on`() throws {
        try set("gpu", 1)
        try register("one", [("a", ""), ("b", "")])
        #expect(try temporary.shell("UPDATE flow_task SET pools = '{\"gpu\":1}'") == "")
        _ = try temporary.register("one", force: true)
        #expect(try names() == ["a", "b", "a"])
        #expect(try temporary.shell("UPDATE flow_task SET pools = '{\"gpu\":0}'") == "")
        let error = #expect(throws: StorageError.self) {
            try temporary.register("one", force: true)
        }
        #expect(error?.code == .badInput)
    }

    @Test func `a full pool's cost does not grow with what waits behind it`() throws {
        try set("gpu", 1)
        try register("one", (0..<2_000).map { ("t\($0)", "gpu") })
        _ = try names()
        // What the claim looks at: the head of the lane, not the two thousand behind it.
        let plan = try temporary.shell(
            """
            EXPLAIN QUERY PLAN SELECT id, rank_ms FROM task WHERE lane = 1099511627776
              AND rank_ms IS NOT NULL AND status = 0 ORDER BY rank_ms, id LIMIT 1
            """
        )
        #expect(plan.contains("INDEX task_ready (lane=? AND rank_ms>?)"), "\(plan)")
        #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        #expect(try names().isEmpty)
        let grouped = try temporary.shell(
            """
            EXPLAIN QUERY PLAN SELECT lane, count(*) FROM task WHERE status = 1 AND lane > 0
              GROUP BY lane
            """
        )
        #expect(grouped.contains("COVERING INDEX task_claimed"), "\(grouped)")
    }
}

/// Who is told of a slot that came free and that the runner itself has no room for.
@Suite struct FreedSlotTests {
    let temporary: TemporaryStore
    let other = RunnerIdentity(id: 2, pid: 2, bootID: "boot", workers: 8)

    init() throws { temporary = try TemporaryStore() }

    private var isWoken: Bool { access(temporary.folder.wakePath, F_OK) == 0 }

    /// A pool of one slot, taken by the runner; another runner works on something else, if `hasPeer`.
    private func taken(hasPeer: Bool) throws -> [Claim] {
        let store = temporary.store
        _ = try store.setPool("gpu", slots: 1, by: "test", at: temporary.now)
        var flow = Flow.nothing(["a": [], "b": []])
        for index in flow.tasks.indices { flow.tasks[index].pools = [PoolDemand("gpu")] }
        try temporary.apply(.nothing(["x": []], named: "other"))
        try temporary.apply(flow)
        if hasPeer {
            _ = try temporary.register("other")
            var turn = Turn()
            turn.wanted = 1
            _ = try store.turn(turn, by: other, at: temporary.now)
        }
        _ = try temporary.register("test")
        let claims = try temporary.claim()
        unlink(temporary.folder.wakePath)
        return claims
    }

    @Test func `a runner that stops tells the other`() throws {
        try temporary.end(try taken(hasPeer: true), .exited(0), wanting: 0)
        #expect(isWoken)
    }

    @Test func `one that takes it itself tells nobody`() throws {
        try temporary.end(try taken(hasPeer: true), .exited(0), wanting: 8)
        #expect(!isWoken)
    }

    @Test func `one that is alone tells nobody`() throws {
        try temporary.end(try taken(hasPeer: false), .exited(0), wanting: 0)
        #expect(!isWoken)
    }
}
