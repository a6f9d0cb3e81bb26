import Testing

@testable import FlowerKit

@Suite struct TaskTreeTests {
    private func drawn(_ needs: [[Int]]) -> [String] {
        TaskTree.lines(needs: needs).map {
            "\($0.prefix)\($0.position)" + ($0.hidesNeeds ? " *" : "")
        }
    }

    @Test func `a task stands below the last of its needs`() {
        // package-history's graph.
        #expect(
            drawn([[], [0], [0], [1, 2], [3], [3], [4, 5], [6]]) == [
                "0",
                "├─ 1",
                "└─ 2",
                "   └─ 3 *",
                "      ├─ 4",
                "      └─ 5",
                "         └─ 6 *",
                "            └─ 7",
            ]
        )
    }

    @Test func `tasks without needs stand side by side`() {
        #expect(drawn([[], [], [0, 1], []]) == ["0", "1", "└─ 2 *", "3"])
    }

    @Test func `a branch goes on past a sibling's tasks`() {
        #expect(drawn([[], [0], [1], [0]]) == ["0", "├─ 1", "│  └─ 2", "└─ 3"])
    }

    @Test func `every need stands above, and every task once`() {
        // Each task needs up to three earlier ones, chosen by arithmetic that visits all of them.
        let needs = (0..<3_000).map { position in
            Set((1...3).map { (position * $0 * 7 + $0) % max(1, position) }).filter {
                $0 < position
            }
            .sorted()
        }
        var seen: Set<Int> = []
        for line in TaskTree.lines(needs: needs) {
            #expect(needs[line.position].allSatisfy(seen.contains))
            #expect(seen.insert(line.position).inserted)
        }
        #expect(seen.count == needs.count)
    }

    @Test func `a long chain stays on the screen`() {
        let needs = [[]] + (0..<99_999).map { [$0] }
        let lines = TaskTree.lines(needs: needs)
        #expect(lines.map(\.position) == Array(0..<100_000))
        #expect(lines.allSatisfy { $0.prefix.count <= 3 * TaskTree.indentLimit })
        // Past the limit the place alone does not tell what a task needs.
        #expect(lines.prefix(13).allSatisfy { !$0.hidesNeeds })
        #expect(lines.dropFirst(13).allSatisfy { $0.hidesNeeds })
    }

    @Test func `tasks on a circle are shown all the same`() {
        #expect(drawn([[], [2], [1], [0]]) == ["0", "└─ 3", "1 *", "2 *"])
    }

    @Test func `many needs are counted`() {
        #expect(TaskTree.needsText(["a", "b"]) == "a, b")
        let names = (1...8).map { "t\($0)" }
        #expect(TaskTree.needsText(names) == "t1, t2, t3, t4, t5, t6 and 2 more")
    }
}
