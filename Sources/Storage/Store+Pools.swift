import Cron
import Flows
import GRDB

/// A pool with what it is used for now.
package struct PoolSummary: Sendable, Equatable {
    package let name: String
    package let slots: Int
    package let taken: Int
    /// Ready tasks that take slots of it.
    package let waiting: Int
}

/// What a ready task takes of a pool, and how that stands.
package struct PoolState: Sendable, Equatable {
    package let demand: PoolDemand
    /// `nil` where there is no such pool.
    package let slots: Int?
    package let taken: Int
}

extension Store {
    /// Makes a pool, or gives it another number of slots; acts at once. With 0 it is closed.
    ///
    /// - Returns: names of flows of which a task takes more than it has then: their tasks wait.
    package func setPool(
        _ name: String,
        slots: Int,
        by actor: String,
        at now: Instant
    ) throws -> [String] {
        let short = try write { db in
            try db.execute(
                sql: """
                    INSERT INTO pool (name, slots, changed_at_ms) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET slots = excluded.slots,
                      changed_at_ms = excluded.changed_at_ms
                    """,
                arguments: [name, slots, now.milliseconds]
            )
            try Self.audit(db, at: now, by: actor, "pool", detail: "\(name) \(slots)")
            return try Self.flows(db, taking: name, above: slots)
        }
        folder.touchWake()
        return short
    }

    /// Takes a pool away. The one of all tasks may go at any time: then nothing is limited.
    ///
    /// - Throws: `StorageError.notFound`, `.refused` while a flow or an unended task takes of it.
    package func removePool(_ name: String, by actor: String, at now: Instant) throws {
        try write { db in
            let names = try String.fetchAll(db, sql: "SELECT name FROM pool")
            guard names.contains(name) else {
                throw StorageError(
                    .notFound,
                    "there is no pool '\(name)'",
                    hint: didYouMean(name, among: names)
                        ?? "flower pools lists them"
                )
            }
            if let flow = try Self.flows(db, taking: name, above: 0).first {
                throw StorageError(
                    .refused,
                    "flow '\(flow)' takes of pool '\(name)'",
                    hint: "flower pool set \(name) 0 closes it"
                )
            }
            let sql = """
                SELECT run_id FROM task WHERE status IN (0, 1, 4) AND lane IN (
                  SELECT lane.id FROM lane, json_each(lane.pools) demand WHERE demand.key = ?)
                """
            if let run = try Int64.fetchOne(db, sql: sql, arguments: [name]) {
                throw StorageError(
                    .refused,
                    "run \(run) has tasks that take of pool '\(name)' and have not ended",
                    hint: "flower pool set \(name) 0 closes it"
                )
            }
            try db.execute(sql: "DELETE FROM pool WHERE name = ?", arguments: [name])
            try Self.audit(db, at: now, by: actor, "pool", detail: "\(name) removed")
        }
        folder.touchWake()
    }

    /// By name.
    package func pools() throws -> [PoolSummary] {
        try read { db in
            let taken = try takenSlots(db)
            let sql = """
                SELECT lane, count(*) FROM task WHERE rank_ms IS NOT NULL AND lane >= ? GROUP BY lane
                """
            var waiting: [String: Int] = [:]
            for row in try Row.fetchAll(db, sql: sql, arguments: [Schema.firstPoolLane]) {
                for demand in try lane(db, row[0]).pools {
                    waiting[demand.pool, default: 0] += row[1] as Int
                }
            }
            let all = "SELECT count(*) FROM task WHERE rank_ms IS NOT NULL"
            waiting[PoolDemand.everyTask] = try Int.fetchOne(db, sql: all) ?? 0
            let pools = try Row.fetchAll(db, sql: "SELECT name, slots FROM pool ORDER BY name")
            return pools.map { row in
                let name: String = row["name"]
                return PoolSummary(
                    name: name,
                    slots: row["slots"],
                    taken: taken[name, default: 0],
                    waiting: waiting[name, default: 0]
                )
            }
        }
    }

    /// How many slots of each pool are taken now.
    private func takenSlots(_ db: Database) throws -> [String: Int] {
        var taken = [PoolDemand.everyTask: try Self.runningTasks(db)]
        for (id, count) in try Scarcity.usedLanes(db) {
            for demand in try lane(db, id).pools {
                taken[demand.pool, default: 0] += count * demand.slots
            }
        }
        return taken
    }

    /// How the pools of lanes stand, by lane, the one of every task last; for those of ready tasks.
    func poolStates(_ db: Database, of ids: Set<Int64>) throws -> [Int64: [PoolState]] {
        guard !ids.isEmpty else { return [:] }
        var slots: [String: Int] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT name, slots FROM pool") {
            slots[row["name"]] = row["slots"]
        }
        let everyTask = slots[PoolDemand.everyTask].map { _ in PoolDemand(PoolDemand.everyTask) }
        let taken = try takenSlots(db)
        var states: [Int64: [PoolState]] = [:]
        for id in ids where everyTask != nil || id >= Schema.firstPoolLane {
            let demands = try lane(db, id).pools + (everyTask.map { [$0] } ?? [])
            states[id] = demands.map {
                PoolState(demand: $0, slots: slots[$0.pool], taken: taken[$0.pool, default: 0])
            }
        }
        return states
    }

    /// Names of live flows with a task that takes more than `slots` of a pool, ascending.
    private static func flows(
        _ db: Database,
        taking pool: String,
        above slots: Int
    ) throws -> [String] {
        let sql = """
            SELECT DISTINCT flow.name FROM flow JOIN flow_task t ON t.flow_id = flow.id,
              json_each(t.pools) demand
            WHERE flow.removed_at_ms IS NULL AND t.pools IS NOT NULL AND demand.key = ?
              AND demand.value > ? ORDER BY flow.name
            """
        return try String.fetchAll(db, sql: sql, arguments: [pool, slots])
    }

    /// Changes whenever a pool is set or removed.
    package func poolMark() throws -> String {
        try read { db in
            let sql = "SELECT count(*) || ' ' || coalesce(sum(changed_at_ms), 0) FROM pool"
            return try String.fetchOne(db, sql: sql) ?? ""
        }
    }
}
