import Cron
import Flows
import GRDB

/// What a new run does while an earlier run of its flow is active.
enum Overlap: Equatable {
    case start
    /// Register it now; it starts when the others have settled.
    case wait
    case refuse(reason: String, active: Int64?)
}

extension Store {
    /// Judges by the flow's policy; `replace` asks for the end of the earlier runs here and now.
    static func overlap(_ db: Database, flow: Row, at now: Instant) throws -> Overlap {
        let id: Int64 = flow["id"]
        // A plain shell may have changed what a run still comes to.
        try markStalled(db, at: now)
        guard let policy = OverlapPolicy(rawValue: flow["overlap"]), policy != .allow else {
            return .start
        }
        let queued = try queuedRuns(db, flow: id)
        guard let active = try activeRun(db, flow: id) ?? queued.first else { return .start }
        switch policy {
        case .allow: return .start
        case .skip:
            return .refuse(
                reason: "run \(active) is still active, and its overlap is skip",
                active: active
            )
        case .queue:
            let limit: Int = flow["queue_limit"]
            guard queued.count < limit else {
                let reason =
                    "\(queued.count) runs are queued already, and its queue_limit is \(limit)"
                return .refuse(reason: reason, active: active)
            }
            return .wait
        case .replace:
            for run in queued + (try activeRuns(db, flow: id)) {
                try cancel(db, run: run, task: nil, at: now)
            }
            return try activeRun(db, flow: id) == nil ? .start : .wait
        }
    }

    /// The newest run of a flow that is running, waiting or held; queued ones do not count.
    static func activeRun(_ db: Database, flow id: Int64) throws -> Int64? {
        try activeRuns(db, flow: id).last
    }

    static func activeRuns(_ db: Database, flow id: Int64) throws -> [Int64] {
        try Int64.fetchAll(db.cachedStatement(sql: activeRunsSQL), arguments: [id])
    }

    /// The runs of before the oldest one at work are not looked at: a flow may have a hundred thousand.
    static let activeRunsSQL = """
        SELECT id FROM run WHERE flow_id = ? AND queued = 0
          AND id >= (SELECT min(id) FROM (
            SELECT min(run_id) AS id FROM task WHERE status = 1
            UNION ALL SELECT min(run_id) FROM task WHERE \(Schema.isStartable)))
          AND (\(Schema.has("status = 1")) OR \(Schema.has(Schema.isStartable)))
        ORDER BY id
        """

    private static func queuedRuns(_ db: Database, flow id: Int64) throws -> [Int64] {
        let sql = "SELECT id FROM run WHERE flow_id = ? AND queued = 1 ORDER BY id"
        return try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [id])
    }

    /// Opens the oldest queued runs of each flow, as many as their `queue_width` lets be active at once.
    ///
    /// Called in every transaction that can settle a run, so that nobody need watch for it. None is let go
    /// after its deadline.
    static func openQueuedRuns(_ db: Database, at now: Instant) throws {
        try cancelLateRuns(db, at: now)
        let sql = "SELECT DISTINCT flow_id FROM run WHERE queued = 1"
        for flow in try Int64.fetchAll(db.cachedStatement(sql: sql)) {
            var active = try activeRuns(db, flow: flow).count
            for run in try queuedRuns(db, flow: flow) {
                let sql = "SELECT queue_width FROM run WHERE id = ?"
                let width = try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [run]) ?? 1
                guard active < width else { break }
                try open(db, run: run, at: now)
                active += 1
            }
        }
    }

    /// Takes the gate away, which its tasks count as one unmet need.
    static func open(_ db: Database, run: Int64, at now: Instant) throws {
        try db.execute(sql: "UPDATE run SET queued = 0 WHERE id = ?", arguments: [run])
        try db.execute(
            sql: """
                UPDATE task SET unmet = unmet - 1, rank_ms = CASE WHEN unmet = 1 AND status = 0
                  AND retry_at_ms IS NULL THEN ? + priority * 60000 END
                WHERE run_id = ?
                """,
            arguments: [now.milliseconds, run]
        )
    }
}
