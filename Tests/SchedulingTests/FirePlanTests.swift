import Cron
import Flows
import TestSupport
import Testing

@testable import Scheduling

@Suite struct FirePlanTests {
    let now = Instant(seconds: 1_000_000)

    /// Fires each `step` seconds, from `age` seconds ago up to now.
    func fires(every step: Int64, from age: Int64) -> [Instant] {
        stride(from: now.seconds - age, through: now.seconds, by: Int64.Stride(step))
            .map { Instant(seconds: $0) }
    }

    @Test func `a fire is on time for sixty seconds`() {
        let plan = FirePlan(
            [Instant(seconds: now.seconds - 60)],
            at: now,
            timing: .init(catchUp: .skip)
        )
        #expect(plan.items.map(\.isRun) == [true])
        let late = FirePlan(
            [Instant(milliseconds: now.milliseconds - 60_001)],
            at: now,
            timing: .init(catchUp: .skip)
        )
        #expect(late.items.map(\.isRun) == [false])
    }

    @Test(arguments: [(CatchUp.skip, 0), (.latest, 1), (.all, 5)])
    func `catch-up decides what becomes of misfires`(catchUp: CatchUp, runs: Int) {
        let plan = FirePlan(
            fires(every: 100, from: 500).dropLast(),
            at: now,
            timing: .init(catchUp: catchUp)
        )
        #expect(plan.items.count == 5)
        #expect(plan.items.count(where: \.isRun) == runs)
        if catchUp == .latest { #expect(plan.items.last?.isRun == true) }
    }

    @Test func `latest runs no misfire beside a fire that is on time`() {
        let plan = FirePlan(fires(every: 100, from: 500), at: now, timing: .init(catchUp: .latest))
        #expect(plan.items.filter(\.isRun).map(\.dueAt) == [now])
    }

    @Test(arguments: CatchUp.allCases)
    func `nothing older than the window runs`(catchUp: CatchUp) {
        let plan = FirePlan(
            fires(every: 100, from: 1000).dropLast(),
            at: now,
            timing: .init(catchUp: catchUp, catchUpWindow: .seconds(90))
        )
        #expect(plan.items.count(where: \.isRun) == 0)
    }

    @Test(arguments: [1_000, 1_001, 1_999, 2_000, 2_001, 7_777])
    func `the newest thousand have a row each and the rest one with their count`(count: Int) throws
    {
        let missed = Array(fires(every: 100, from: Int64(count) * 100).dropLast())
        let plan = FirePlan(missed, at: now, timing: .init(catchUp: .skip))
        #expect(plan.items.reduce(0) { $0 + $1.count } == count)
        #expect(plan.items.count == min(count, 1_001))
        #expect(plan.items.last?.dueAt == missed.last)
        if count > 1_001 {
            let first = try #require(plan.items.first)
            #expect(first.dueAt == missed.first)
            #expect(first.lastDueAt == missed[count - 1_001])
        }
    }
}

@Suite struct FireHeapTests {
    @Test(arguments: 1...50)
    func `the heap gives what sorting gives`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let seconds = (0..<200).map { _ in Int64.random(in: 0..<100, using: &generator) }
        var heap = FireHeap(
            seconds.prefix(120).enumerated().map { .init(at: Instant(seconds: $1), id: Int64($0)) }
        )
        for (entry, second) in seconds.enumerated().dropFirst(120) {
            heap.push(.init(at: Instant(seconds: second), id: Int64(entry)))
        }
        var popped: [Int64] = []
        while let item = heap.pop(dueAt: Instant(seconds: 50)) { popped.append(item.at.seconds) }
        #expect(popped == seconds.filter { $0 <= 50 }.sorted(), "seed \(seed)")
        #expect(heap.nextAt?.seconds == seconds.filter { $0 > 50 }.min(), "seed \(seed)")
    }
}
