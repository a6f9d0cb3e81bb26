/// The order of a flow's tasks: positions 0..<count with, for each, the positions it needs.
package struct Graph: Sendable {
    /// `needs[p]` are the positions that `p` needs, each in 0..<count.
    package let needs: [[Int]]

    package init(needs: [[Int]]) {
        self.needs = needs
    }

    /// - Precondition: every need names a task; `FlowFiles` and `Storage` check before.
    package init(_ tasks: [TaskSpec]) {
        let positions = Dictionary(uniqueKeysWithValues: tasks.enumerated().map { ($1.name, $0) })
        needs = tasks.map { task in
            task.needs.map { need in
                guard let position = positions[need] else {
                    preconditionFailure("task '\(task.name)' needs '\(need)', which is no task")
                }
                return position
            }
        }
    }

    /// Who needs `p`, for each `p`, ascending.
    private var dependents: [[Int]] {
        var result = [[Int]](repeating: [], count: needs.count)
        for (position, wanted) in needs.enumerated() {
            for need in wanted { result[need].append(position) }
        }
        return result
    }

    /// The positions in layers: a task stands one layer below the lowest of its needs.
    ///
    /// Kahn's algorithm. Tasks on or below a cycle are in no layer.
    package var layers: [[Int]] {
        let dependents = dependents
        var unmet = needs.map(\.count)
        var layer = needs.indices.filter { unmet[$0] == 0 }
        var result: [[Int]] = []
        while !layer.isEmpty {
            result.append(layer)
            var next: [Int] = []
            for dependent in layer.flatMap({ dependents[$0] }) {
                unmet[dependent] -= 1
                if unmet[dependent] == 0 { next.append(dependent) }
            }
            layer = next.sorted()
        }
        return result
    }

    /// One cycle, first position repeated at the end, along the arrows "runs before": `a → b → a`;
    /// `nil` where there is none. A task that needs itself is a cycle of one.
    package var cycle: [Int]? {
        var isOpen = [Bool](repeating: true, count: needs.count)
        for position in layers.joined() { isOpen[position] = false }
        guard var position = isOpen.firstIndex(of: true) else { return nil }
        // Every open task needs an open task, so walking needs must come round.
        var path: [Int] = []
        var placeInPath: [Int: Int] = [:]
        while placeInPath[position] == nil {
            placeInPath[position] = path.count
            path.append(position)
            guard let need = needs[position].first(where: { isOpen[$0] }) else { return nil }
            position = need
        }
        let loop = path[(placeInPath[position] ?? 0)...] + [position]
        return loop.reversed()
    }
}
