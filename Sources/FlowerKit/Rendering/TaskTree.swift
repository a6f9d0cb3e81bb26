/// A flow's graph as a tree of lines: each task once, below the last of its needs.
///
/// ```
/// collect
/// ├─ parse-history
/// └─ parse-packages
///    └─ aggregate        needs parse-history, parse-packages
/// ```
///
/// So every need of a task stands above it. Where the tree alone does not tell a task's needs,
/// because it has several or stands too deep to be moved in further, the line says so.
struct TaskTree {
    struct Line: Equatable {
        /// Of the task, in the flow file's order.
        let position: Int
        /// What is drawn before its name.
        let prefix: String
        /// The tree alone does not tell what it needs.
        let hidesNeeds: Bool
    }

    /// Deeper tasks are not moved in further: a chain of a thousand tasks stays on the screen.
    static let indentLimit = 12

    /// - Parameter needs: for each position the positions it needs, each in 0..<count. Tasks on a
    ///   circle, which only a change in SQL can make, come last.
    static func lines(needs: [[Int]]) -> [Line] {
        var dependents = [[Int]](repeating: [], count: needs.count)
        for (position, wanted) in needs.enumerated() {
            for need in wanted { dependents[need].append(position) }
        }
        var unmet = needs.map(\.count)
        var lines: [Line] = []
        var isShown = [Bool](repeating: false, count: needs.count)
        // The next to be drawn is last. Not recursive: a chain may be longer than the stack is
        // deep.
        var open = needs.indices.reversed().filter { needs[$0].isEmpty }.map {
            Branch(position: $0, indent: "", connector: "", depth: 0)
        }
        while let branch = open.popLast() {
            let position = branch.position
            isShown[position] = true
            lines.append(
                Line(
                    position: position,
                    prefix: branch.indent + branch.connector,
                    hidesNeeds: needs[position].count > 1 || branch.depth > indentLimit
                )
            )
            var children: [Int] = []
            for dependent in dependents[position] {
                unmet[dependent] -= 1
                if unmet[dependent] == 0 { children.append(dependent) }
            }
            for (index, child) in children.enumerated().reversed() {
                open.append(branch.child(child, isLast: index == children.count - 1))
            }
        }
        for position in needs.indices where !isShown[position] {
            lines.append(Line(position: position, prefix: "", hidesNeeds: true))
        }
        return lines
    }

    private struct Branch {
        let position: Int
        /// What stands left of the connector.
        let indent: String
        let connector: String
        let depth: Int

        func child(_ position: Int, isLast: Bool) -> Branch {
            var indent = indent
            if depth > 0, depth < TaskTree.indentLimit {
                indent += connector == "└─ " ? "   " : "│  "
            }
            return Branch(
                position: position,
                indent: indent,
                connector: isLast ? "└─ " : "├─ ",
                depth: depth + 1
            )
        }
    }

    /// `a, b` for a line that hides them, at most `namesShown` of them.
    static func needsText(_ names: [String]) -> String {
        let shown = names.prefix(namesShown).joined(separator: ", ")
        let more = names.count - namesShown
        return shown + (more > 0 ? " and \(more) more" : "")
    }

    private static let namesShown = 6
}
