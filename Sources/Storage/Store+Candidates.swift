import Flows
import GRDB
import Synchronization

/// Which ready tasks are claimed next.
///
/// Ready tasks stand in lanes: lane 0 for those under no limit, a flow's for those of a flow with a
/// `concurrency`, and one for each combination of pools, with or without such a flow. A lane that is
/// full is passed over whole, so the cost does not depend on how many wait in it.
extension Store {
    /// The ready tasks of lowest rank that fit, at most `count`; and whether some were passed over only
    /// because this runner has no room for them.
    ///
    /// Nothing starves: the first task of a lane that finds its flow free and its pools short has their
    /// slots kept for it, and no task of a higher rank gets them. Of what is scarce, no more are taken
    /// than could be launched at once (`free`): a claim that only waits for this runner's own workers
    /// would keep a slot from another's.
    func candidates(
        _ db: Database,
        atMost count: Int,
        free: Int,
        workers: Int?
    ) throws -> (chosen: [Int64], leavesSome: Bool) {
        var room = count
        if let workers {
            let left = max(0, workers - (try Self.runningTasks(db)))
            // Where plenty is left, some may be claimed ahead of the workers.
            room = left >= count ? count : max(min(left, free), left / 4)
        }
        guard room > 0 else { return ([], count == 0) }
        let lanes = try readyLanes(db)
        if lanes == [0] {
            let chosen = try ready(db, lane: 0, atMost: room).map(\.id)
            return (chosen, chosen.count == count)
        }
        var scarcity = try Scarcity(db, of: lanes, self)
        var waiting: [Ready] = []
        for lane in lanes {
            waiting += try ready(db, lane: lane, atMost: scarcity.most(lane, room))
        }
        if lanes.count > 1 { waiting.sort { ($0.rank, $0.id) < ($1.rank, $1.id) } }
        var chosen: [Int64] = []
        var full: Set<Int64> = []
        var left = free
        var leavesSome = false
        for task in waiting where !full.contains(task.lane) {
            guard chosen.count < room else { return (chosen, true) }
            let isPooled = task.lane >= Schema.firstPoolLane
            if isPooled, left == 0 {
                leavesSome = true
                continue
            }
            guard scarcity.take(task.lane) else {
                full.insert(task.lane)
                continue
            }
            if isPooled { left -= 1 }
            chosen.append(task.id)
        }
        return (chosen, leavesSome)
    }

    private struct Ready {
        let id: Int64
        let rank: Int64
        let lane: Int64
    }

    private func ready(_ db: Database, lane: Int64, atMost count: Int) throws -> [Ready] {
        guard count > 0 else { return [] }
        let select = try hot[
            db,
            """
            SELECT id, rank_ms FROM task
            WHERE lane = ?1 AND rank_ms IS NOT NULL AND status = 0 ORDER BY rank_ms, id LIMIT ?2
            """
        ]
        select.bind(1, lane)
        select.bind(2, count)
        var found: [Ready] = []
        try select.rows(db) {
            found.append(Ready(id: select.integer(0), rank: select.integer(1), lane: lane))
        }
        return found
    }

    /// Ascending.
    private func readyLanes(_ db: Database) throws -> [Int64] {
        let next = try hot[
            db,
            "SELECT min(lane) FROM task WHERE rank_ms IS NOT NULL AND lane > ?1"
        ]
        var lanes: [Int64] = []
        while true {
            next.bind(1, lanes.last ?? -1)
            guard let lane = try next.row(db, { next.optionalInteger(0) }) ?? nil else {
                return lanes
            }
            lanes.append(lane)
        }
    }

    /// Claimed ones that are not launched yet included.
    static func runningTasks(_ db: Database) throws -> Int {
        let sql = "SELECT count(*) FROM task WHERE status = 1"
        return try Int.fetchOne(db.cachedStatement(sql: sql)) ?? 0
    }
}

/// What is left of the limits that ready tasks are under.
struct Scarcity {
    private struct Pool {
        let slots: Int
        var free: Int
        /// Whose tasks have the others: flows with a `concurrency`, and 0 for all without.
        var users: Set<Int64> = []
    }

    private var lanes: [Int64: Lane] = [:]
    /// Those that there are, by name.
    private var pools: [String: Pool] = [:]
    /// How many more tasks of a limited flow may run, by its id.
    private var flows: [Int64: Int] = [:]

    /// - Parameter ready: the lanes in which tasks are ready; only they are asked about.
    init(_ db: Database, of ready: [Int64], _ store: Store) throws {
        let used = try Self.usedLanes(db)
        for id in ready where id > 0 {
            let lane = try store.lane(db, id)
            lanes[id] = lane
            guard lane.flow > 0, flows[lane.flow] == nil else { continue }
            // The limit is the master's: a change acts at once.
            let sql = "SELECT concurrency FROM flow WHERE id = ?"
            let limit = try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [lane.flow])
            flows[lane.flow] = limit ?? .max
        }
        if ready.contains(where: { $0 >= Schema.firstPoolLane }) {
            let sql = "SELECT name, slots FROM pool"
            for row in try Row.fetchAll(db.cachedStatement(sql: sql)) {
                pools[row["name"]] = Pool(slots: row["slots"], free: row["slots"])
            }
        }
        for (id, count) in used {
            let lane = try store.lane(db, id)
            if let room = flows[lane.flow], room < .max { flows[lane.flow] = room - count }
            for demand in lane.pools { use(demand, count, by: lane.flow) }
        }
    }

    private mutating func use(_ demand: PoolDemand, _ count: Int, by flow: Int64) {
        pools[demand.pool]?.free -= count * demand.slots
        pools[demand.pool]?.users.insert(flow)
    }

    /// Of each lane under a limit, how many of its tasks run.
    static func usedLanes(_ db: Database) throws -> [(lane: Int64, count: Int)] {
        let sql = "SELECT lane, count(*) FROM task WHERE status = 1 AND lane > 0 GROUP BY lane"
        return try Row.fetchAll(db.cachedStatement(sql: sql)).map { ($0[0], $0[1]) }
    }

    /// So many tasks of a lane are worth looking at: those that would fit if nobody else took anything,
    /// and of pools the one after, for which slots are kept.
    func most(_ id: Int64, _ room: Int) -> Int {
        guard let lane = lanes[id] else { return room }
        var most = min(room, max(0, flows[lane.flow] ?? room))
        guard !lane.pools.isEmpty else { return most }
        for demand in lane.pools {
            most = min(most, max(0, (pools[demand.pool]?.free ?? 0) / demand.slots))
        }
        return most + 1
    }

    /// Takes what a task of this lane needs; or, where that is not there, keeps for it what is.
    ///
    /// A flow's room comes before its pools: a task that its flow keeps back keeps nothing from others.
    /// Nor does one whose pools could never hold it.
    mutating func take(_ id: Int64) -> Bool {
        guard let lane = lanes[id] else { return true }
        let room = flows[lane.flow] ?? .max
        guard room > 0 else { return false }
        let isPossible = lane.pools.allSatisfy { (pools[$0.pool]?.slots ?? 0) >= $0.slots }
        guard isPossible else { return false }
        let short = lane.pools.filter { (pools[$0.pool]?.free ?? 0) < $0.slots }
        // Where only its own flow's tasks have what it waits for, their ends free the room with it.
        let isOwn = short.allSatisfy { pools[$0.pool]?.users == [lane.flow] }
        if room < .max, short.isEmpty || !isOwn { flows[lane.flow] = room - 1 }
        for demand in lane.pools { use(demand, 1, by: lane.flow) }
        return short.isEmpty
    }
}

/// What the tasks of one lane are under.
struct Lane: Sendable, Equatable {
    /// The flow whose `concurrency` counts; 0 = none.
    let flow: Int64
    /// By name.
    let pools: [PoolDemand]
    /// Why it cannot be told what it is under: its tasks fail with it, rather than wait for ever.
    var fault: String?

    static func spoilt(_ fault: String) -> Lane { Lane(flow: 0, pools: [], fault: fault) }
}

extension Store {
    func lane(_ db: Database, _ id: Int64) throws -> Lane {
        guard id >= Schema.firstPoolLane else { return Lane(flow: id, pools: []) }
        if let known = lanes[id] { return known }
        let sql = "SELECT flow_id, pools FROM lane WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            return .spoilt("its lane \(id) is not there: rows of 'lane' were deleted by hand")
        }
        do {
            let pools = try Self.column("lane.pools") { try Self.decodePools(row["pools"]) }
            let lane = Lane(flow: row["flow_id"], pools: pools)
            lanes[id] = lane
            return lane
        } catch let error as StorageError where error.isOfRows {
            return .spoilt(error.message)
        }
    }

    /// Makes the lanes that a flow's tasks will stand in.
    static func makeLanes(_ db: Database, flow id: Int64) throws {
        let sql = """
            INSERT INTO lane (id, flow_id, pools)
            SELECT (SELECT coalesce(max(id), :first - 1) FROM lane) + row_number() OVER (),
              iif(f.concurrency IS NULL, 0, f.id), t.pools
            FROM (SELECT DISTINCT pools FROM flow_task
                WHERE flow_id = :flow AND pools IS NOT NULL) t
            JOIN flow f ON f.id = :flow
            WHERE NOT EXISTS (SELECT 1 FROM lane WHERE lane.pools = t.pools
              AND lane.flow_id = iif(f.concurrency IS NULL, 0, f.id))
            """
        try db.cachedStatement(sql: sql)
            .execute(arguments: ["first": Schema.firstPoolLane, "flow": id])
    }
}

/// The lanes of pools seen: they never change, and there are few.
final class LaneCache: Sendable {
    private let known = Mutex<[Int64: Lane]>([:])

    func removeAll() { known.withLock { $0.removeAll() } }

    subscript(id: Int64) -> Lane? {
        get { known.withLock { $0[id] } }
        set { known.withLock { $0[id] = newValue } }
    }
}
