import Cron
import Flows
import Storage

extension StatusView {
    /// What one line of the tree stands for: a task, one item of it, or all of its items.
    struct Entry {
        /// At least one; several are items of one task, ascending.
        private(set) var tasks: [TaskDetail]

        var first: TaskDetail { tasks[0] }

        /// - Parameter tasks: items of a task stand together.
        static func entries(of tasks: [TaskDetail], showsItems: Bool) -> [Entry] {
            var entries: [Entry] = []
            for task in tasks {
                if !showsItems, task.item > 0, let last = entries.last?.first, last.item > 0,
                    last.name == task.name
                {
                    entries[entries.count - 1].tasks.append(task)
                } else {
                    entries.append(Entry(tasks: [task]))
                }
            }
            return entries
        }

        /// `clean[1..500]`.
        var shownName: String { "\(first.name)[\(first.item)..\(tasks[tasks.count - 1].item)]" }

        var counts: [TaskState: Int] {
            var counts: [TaskState: Int] = [:]
            for task in tasks { counts[task.shownState, default: 0] += 1 }
            return counts
        }

        /// How many of its items gave each output, by name, ascending.
        var outputCounts: [(name: String, count: Int)] {
            var counts: [String: Int] = [:]
            for output in tasks.flatMap(\.outputs) { counts[output.name, default: 0] += 1 }
            return counts.sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) }
        }

        /// As a run's is told from those of its tasks: the first that any of them is in.
        var state: TaskState {
            let counts = counts
            let order: [TaskState] = [.running, .waiting, .held, .failed, .cancelled, .succeeded]
            return order.first { counts[$0] != nil } ?? .skipped
        }

        /// From the first start to the last end, or to now while one runs.
        func took(at now: Instant) -> Int64? {
            let attempts = tasks.flatMap(\.attempts)
            guard let start = attempts.map(\.startedAt).min() else { return nil }
            let end = attempts.map { $0.endedAt ?? now }.max() ?? now
            return end.milliseconds - start.milliseconds
        }

        /// Of the items that decide its state, where they all exited alike.
        var exitText: String {
            let state = state
            let texts = Set(
                tasks.filter { $0.shownState == state }.compactMap(\.attempts.last?.exitText)
            )
            return texts.count == 1 ? texts.first ?? "-" : "-"
        }
    }
}
