import Cron
import Flows
import GRDB

/// How one task of a flow has done in the runs looked at, or with an empty name the flow as a whole.
package struct StatsRow: Sendable, Equatable {
    package var name: String
    /// Runs that settled, or attempts that ended.
    package var count = 0
    package var succeeded = 0
    /// Of those that succeeded, oldest first; milliseconds.
    package var durations: [Int64] = []
    package var cpuMilliseconds: [Int64] = []
    package var maxRSSKiB: Int64?

    package init(name: String) { self.name = name }

    /// The least duration that so much of them do not exceed (nearest rank).
    ///
    /// - Parameter part: 0 < part ≤ 1.
    package func percentile(_ part: Double) -> Int64? {
        guard !durations.isEmpty else { return nil }
        let rank = Int((Double(durations.count) * part).rounded(.up))
        return durations.sorted()[max(rank, 1) - 1]
    }
}

extension Store {
    /// The newest settled runs of a flow: the flow as a whole, then its tasks in their order.
    ///
    /// A run takes from its first attempt's start to its last one's end.
    ///
    /// - Parameter since: of runs registered then or later.
    /// - Throws: `StorageError.notFound`.
    package func stats(
        flow name: String,
        since: Instant? = nil,
        runs limit: Int
    ) throws -> [StatsRow] {
        try read { db in
            let id: Int64 = try Self.liveFlow(db, named: name)["id"]
            let sql = """
                SELECT run.id, run_state.state FROM run JOIN run_state ON run_state.run_id = run.id
                WHERE flow_id = ? AND registered_at_ms >= ?
                  AND state IN ('succeeded', 'failed', 'cancelled')
                ORDER BY run.id DESC LIMIT ?
                """
            var whole = StatsRow(name: "")
            var tasks: [String: StatsRow] = [:]
            var order: [String] = []
            for row in try Row.fetchAll(
                db,
                sql: sql,
                arguments: [id, since?.milliseconds ?? .min, limit]
            ).reversed() {
                let run: Int64 = row["id"]
                let hasSucceeded = row["state"] as String == "succeeded"
                var span: (start: Int64, end: Int64)?
                var cpu: Int64 = 0
                for attempt in try Self.attempts(db, ofRun: run) {
                    let task: String = attempt["name"]
                    if tasks[task] == nil { order.append(task) }
                    tasks[task, default: StatsRow(name: task)].add(attempt)
                    let (start, end): (Int64, Int64) = (
                        attempt["started_at_ms"], attempt["ended_at_ms"]
                    )
                    span = (min(span?.start ?? start, start), max(span?.end ?? end, end))
                    cpu += attempt["cpu"] as Int64? ?? 0
                }
                whole.count += 1
                whole.succeeded += hasSucceeded ? 1 : 0
                if hasSucceeded, let span {
                    whole.durations.append(span.end - span.start)
                    whole.cpuMilliseconds.append(cpu)
                }
            }
            whole.maxRSSKiB = tasks.values.compactMap(\.maxRSSKiB).max()
            return [whole] + order.compactMap { tasks[$0] }
        }
    }

    private static func attempts(_ db: Database, ofRun run: Int64) throws -> [Row] {
        let sql = """
            SELECT task.name, attempt.*, user_cpu_ms + system_cpu_ms AS cpu FROM task
            JOIN attempt ON attempt.task_id = task.id
            WHERE task.run_id = ? AND ended_at_ms IS NOT NULL ORDER BY position, item, number
            """
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [run])
    }
}

extension StatsRow {
    fileprivate mutating func add(_ attempt: Row) {
        count += 1
        maxRSSKiB = [maxRSSKiB, attempt["max_rss_kib"] as Int64?].compactMap { $0 }.max()
        guard attempt["outcome"] as String? == "succeeded" else { return }
        succeeded += 1
        if let duration: Int64 = attempt["duration_ms"] { durations.append(duration) }
        if let cpu: Int64 = attempt["cpu"] { cpuMilliseconds.append(cpu) }
    }
}
