import Flows
import Storage

/// `flower pools`.
enum PoolsView {
    static func table(_ pools: [PoolSummary]) -> Table {
        var table = Table(columns: [
            .init(title: "POOL"), .init(title: "SLOTS", isNumber: true),
            .init(title: "TAKEN", isNumber: true), .init(title: "WAITING", isNumber: true),
            .init(title: "NOTES", isFree: true, dispensable: 1),
        ])
        table.rows = pools.map { pool in
            [
                .init(pool.name), .init("\(pool.slots)"), .init("\(pool.taken)"),
                .init("\(pool.waiting)"), .init(note(pool)),
            ]
        }
        table.footer = counted(pools.count, "pool") + " listed."
        return table
    }

    private static func note(_ pool: PoolSummary) -> String {
        var notes: [String] = []
        if pool.name == PoolDemand.everyTask { notes.append("every task takes one") }
        if pool.slots == 0 { notes.append("closed") }
        return notes.joined(separator: ", ")
    }

    static func json(_ pools: [PoolSummary]) -> JSONValue {
        .array(
            pools.map { pool in
                .object([
                    "name": .string(pool.name),
                    "slots": .count(pool.slots),
                    "taken": .count(pool.taken),
                    "waiting": .count(pool.waiting),
                ])
            }
        )
    }
}

extension PoolState {
    /// Whether it keeps the task back.
    var isShort: Bool { (slots ?? 0) - taken < demand.slots }

    /// Why.
    var reason: String {
        let wanted = demand.slots == 1 ? "a slot" : "\(demand.slots) slots"
        guard let slots else { return "waits: there is no pool \(demand.pool)" }
        if slots == 0 { return "waits: pool \(demand.pool) is closed" }
        if demand.slots > slots {
            return "waits: takes \(wanted) of pool \(demand.pool), which has \(slots)"
        }
        return "waits for \(wanted) of pool \(demand.pool) (\(taken) of \(slots) taken)"
    }
}
