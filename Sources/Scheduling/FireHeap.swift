import Cron

/// Schedules by their next fire: the least is had at once, and a push or pop costs O(log n).
struct FireHeap {
    struct Item {
        var at: Instant
        /// Of the schedule.
        var id: Int64
    }

    private var items: [Item] = []

    /// Takes all items at once, in O(n).
    init(_ items: [Item]) {
        self.items = items
        for position in stride(from: items.count / 2 - 1, through: 0, by: -1) { sink(position) }
    }

    var nextAt: Instant? { items.first?.at }

    /// The schedules whose item is the least there is, ascending; `nil` where they are more than `limit`.
    func first(_ limit: Int) -> [Int64]? {
        guard let at = nextAt else { return [] }
        var ids: Set<Int64> = []
        var open = [0]
        // Beneath an item that is later, all are.
        while let position = open.popLast() {
            guard position < items.count, items[position].at == at else { continue }
            ids.insert(items[position].id)
            guard ids.count <= limit else { return nil }
            open += [2 * position + 1, 2 * position + 2]
        }
        return ids.sorted()
    }

    mutating func push(_ item: Item) {
        items.append(item)
        var position = items.count - 1
        while position > 0, items[position].at < items[(position - 1) / 2].at {
            items.swapAt(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
    }

    /// Takes the least item away if it is at `now` or before.
    mutating func pop(dueAt now: Instant) -> Item? {
        guard let first = items.first, first.at <= now else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            sink(0)
        }
        return first
    }

    private mutating func sink(_ start: Int) {
        var position = start
        while true {
            var least = position
            for child in [2 * position + 1, 2 * position + 2]
            where child < items.count && items[child].at < items[least].at {
                least = child
            }
            if least == position { return }
            items.swapAt(position, least)
            position = least
        }
    }
}
