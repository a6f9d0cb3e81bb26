import Cron
import Flows
import TestSupport
import Testing

@testable import Storage

/// Random flows, pools and runners, each turn checked against the limits by counting anew.
@Suite struct PoolSimulationTests {
    private static let pools = ["disk": 2, "gpu": 3, "net": 1]

    @Test(arguments: 1...12)
    func `no limit is ever passed, and all tasks end`(
        seed: Int
    ) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let temporary = try TemporaryStore()
        let store = temporary.store
        for (name, slots) in Self.pools {
            _ = try store.setPool(name, slots: slots, by: "test", at: temporary.now)
        }
        let workers = seed % 3 == 0 ? 4 : nil
        if let workers {
            _ = try store.setPool("workers", slots: workers, by: "test", at: temporary.now)
        }
        var limits: [String: Int] = [:]
        for number in 0..<4 {
            let flow = "f\(number)"
            limits[flow] = number % 2 == 0 ? nil : Int.random(in: 1...3, using: &random)
            let tasks = (0..<15).map { Self.task("t\($0)", &random) }
            try temporary.apply(
                Flow(name: flow, concurrency: limits[flow], workingDirectory: "/", tasks: tasks)
            )
            _ = try temporary.register(flow)
        }
        var demands: [String: [PoolDemand]] = [:]
        for flow in ["f0", "f1", "f2", "f3"] {
            for task in try store.flow(named: flow, at: temporary.now).flow.tasks {
                demands["\(flow).\(task.name)"] = task.pools
            }
        }
        var running: [(claim: Claim, runner: Int)] = []
        var finished = 0
        var idleTurns = 0
        while finished < 60 {
            let runner = Int.random(in: 1...3, using: &random)
            var turn = Turn()
            // Ends come in any order, and from nobody for a while.
            let own = running.indices.filter { running[$0].runner == runner }
            let ending = Set(own.filter { _ in Bool.random(using: &random) })
            turn.ended = ending.map { Self.end(running[$0].claim, temporary.now) }
            turn.wanted = Int.random(in: 0...6, using: &random)
            turn.free = Int.random(in: 0...turn.wanted, using: &random)
            let identity = RunnerIdentity(
                id: Int64(runner),
                pid: 1,
                bootID: "boot",
                workers: 8
            )
            let claims = try store.turn(turn, by: identity, at: temporary.now).claims
            running = running.indices.filter { !ending.contains($0) }.map { running[$0] }
            running += claims.map { ($0, runner) }
            finished += ending.count
            idleTurns = claims.isEmpty && ending.isEmpty ? idleTurns + 1 : 0
            #expect(idleTurns < 200, "seed \(seed): nothing moves")
            check(running.map(\.claim), demands, limits, workers, seed)
        }
        #expect(running.isEmpty)
    }

    private func check(
        _ running: [Claim],
        _ demands: [String: [PoolDemand]],
        _ limits: [String: Int],
        _ workers: Int?,
        _ seed: Int
    ) {
        var used: [String: Int] = [:]
        var perFlow: [String: Int] = [:]
        for claim in running {
            perFlow[claim.run.flow, default: 0] += 1
            for demand in demands["\(claim.run.flow).\(claim.name)"] ?? [] {
                used[demand.pool, default: 0] += demand.slots
            }
        }
        for (pool, count) in used { #expect(count <= Self.pools[pool] ?? 0, "seed \(seed)") }
        for (flow, count) in perFlow {
            #expect(count <= limits[flow] ?? .max, "seed \(seed): \(flow)")
        }
        if let workers { #expect(running.count <= workers, "seed \(seed)") }
    }

    private static func task(_ name: String, _ random: inout SplitMix64) -> TaskSpec {
        var task = TaskSpec(name: name, action: .run("true"))
        for (pool, slots) in pools.sorted(by: { $0.key < $1.key })
        where Int.random(in: 0..<3, using: &random) == 0 {
            task.pools.append(PoolDemand(pool, Int.random(in: 1...slots, using: &random)))
        }
        return task
    }

    private static func end(_ claim: Claim, _ now: Instant) -> AttemptEnd {
        let start = AttemptStart(claim: claim, startedAt: now, pid: 7, sink: "")
        return AttemptEnd(start: start, endedAt: now, duration: .zero, outcome: .exited(0))
    }
}
