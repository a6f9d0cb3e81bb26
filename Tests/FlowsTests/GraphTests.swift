import TestSupport
import Testing

@testable import Flows

@Suite struct GraphTests {
    @Test func `a cycle is told in the order of its arrows`() {
        // 0 → 1 → 2 → 0, and 3 hangs below it.
        let graph = Graph(needs: [[2], [0], [1], [2]])
        #expect(
            graph.cycle == [0, 1, 2, 0] || graph.cycle == [1, 2, 0, 1]
                || graph.cycle == [2, 0, 1, 2]
        )
        #expect(graph.layers.isEmpty)
    }

    @Test func `a task that needs itself is a cycle of one`() {
        #expect(Graph(needs: [[], [1]]).cycle == [1, 1])
    }

    @Test func `a diamond has three layers and no cycle`() {
        let graph = Graph(needs: [[], [0], [0], [1, 2]])
        #expect(graph.layers == [[0], [1, 2], [3]])
        #expect(graph.cycle == nil)
    }

    @Test(arguments: 1...200)
    func `in a random graph every layer stands below its needs`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let count = Int.random(in: 1...60, using: &generator)
        let needs = (0..<count).map { position in
            (0..<position).filter { _ in Int.random(in: 0..<8, using: &generator) == 0 }
        }
        let graph = Graph(needs: needs)
        let layerOf = Dictionary(
            uniqueKeysWithValues: graph.layers.enumerated().flatMap { layer, members in
                members.map { ($0, layer) }
            }
        )
        #expect(layerOf.count == count, "seed \(seed)")
        for (position, wanted) in needs.enumerated() {
            let lowest = wanted.compactMap { layerOf[$0] }.max() ?? -1
            #expect(layerOf[position] == lowest + 1, "seed \(seed)")
        }
    }
}
