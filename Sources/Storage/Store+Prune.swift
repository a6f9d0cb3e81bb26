import Cron
import Flows
import GRDB

/// Which runs may go.
package struct PruneRequest: Sendable {
    /// Runs that ended before it, and fires, audit and removed flows as old.
    package var before: Instant
    /// The newest runs of each flow that stay however old they are.
    package var keepLast: Int

    package init(before: Instant, keepLast: Int = 0) {
        self.before = before
        self.keepLast = keepLast
    }
}

/// What has gone, or would go.
package struct PruneReport: Sendable, Equatable {
    package var runs: [Int64] = []
    package var tasks = 0
    package var fires = 0
    package var actions = 0
    package var flows: [String] = []
}

/// Forgetting what is old, in transactions so small that nobody waits for them. The file does not shrink:
/// its free pages are used again.
extension Store {
    /// Tasks that one transaction deletes; a run goes whole.
    private static let tasksPerBatch = 2_000
    /// A fire's row keeps it from being registered again: it outlives what `considered_until_ms` may be
    /// set back to, and every window of catching up (`design.md`, Time).
    private static let leastFireAge: Int64 = 8 * 86_400_000

    /// What `prune` would do now; writes nothing.
    package func previewPrune(_ request: PruneRequest, at now: Instant) throws -> PruneReport {
        try read { db in
            var report = PruneReport()
            let runs = try Self.prunableRuns(db, request)
            report.runs = runs.map(\.id)
            report.tasks = runs.reduce(0) { $0 + $1.tasks }
            let fires = try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM fire f WHERE \(Self.isOldFire)",
                arguments: Self.fireAges(request, at: now)
            )
            report.fires = fires ?? 0
            return report
        }
    }

    /// Deletes settled runs with their tasks and attempts, then old fires, audit rows, ended runners, and
    /// removed flows that nothing refers to any more.
    ///
    /// Stopped at any instant, it has deleted whole runs and lost nothing else.
    package func prune(
        _ request: PruneRequest,
        by actor: String,
        at now: Instant
    ) throws -> PruneReport {
        var report = PruneReport()
        var runs = try read { try Self.prunableRuns($0, request) }[...]
        while !runs.isEmpty {
            var batch: [(id: Int64, tasks: Int)] = []
            var tasks = 0
            while tasks < Self.tasksPerBatch, let run = runs.popFirst() {
                batch.append(run)
                tasks += run.tasks
            }
            let deleted = try write { db in try batch.filter { try Self.delete(db, run: $0.id) } }
            report.runs += deleted.map(\.id)
            report.tasks += deleted.reduce(0) { $0 + $1.tasks }
        }
        (report.fires, report.actions, report.flows) = try write { db in
            try db.execute(
                sql: "DELETE FROM fire AS f WHERE \(Self.isOldFire)",
                arguments: Self.fireAges(request, at: now)
            )
            let fires = db.changesCount
            let before = request.before.milliseconds
            try db.execute(sql: "DELETE FROM action WHERE at_ms < ?", arguments: [before])
            let actions = db.changesCount
            try db.execute(sql: "DELETE FROM runner WHERE ended_at_ms < ?", arguments: [before])
            try Self.deletePauses(db, before: before)
            let flows = try Self.deleteRemovedFlows(db, before: before)
            if !report.runs.isEmpty || fires + actions > 0 || !flows.isEmpty {
                let detail = "\(report.runs.count) runs"
                try Self.audit(db, at: now, by: actor, "prune", detail: detail)
            }
            return (fires, actions, flows)
        }
        return report
    }

    /// Those that no schedule's fires are still to be told by.
    private static func deletePauses(_ db: Database, before: Int64) throws {
        let sql = """
            DELETE FROM pause WHERE ended_at_ms < ? AND NOT EXISTS (SELECT 1 FROM schedule
              WHERE flow_id = pause.flow_id AND removed_at_ms IS NULL
                AND considered_until_ms < pause.ended_at_ms)
            """
        try db.execute(sql: sql, arguments: [before])
    }

    /// Ids of runs that exist, among `ids`.
    package func existingRuns(among ids: [Int64]) throws -> Set<Int64> {
        try read { db in
            let statement = try db.cachedStatement(sql: "SELECT id FROM run WHERE id = ?")
            return Set(try ids.compactMap { try Int64.fetchOne(statement, arguments: [$0]) })
        }
    }

    /// Settled before the instant, and not among the newest of their flows.
    private static func prunableRuns(
        _ db: Database,
        _ request: PruneRequest
    ) throws -> [(id: Int64, tasks: Int)] {
        let sql = """
            SELECT id, (SELECT count(*) FROM task WHERE run_id = r.id) AS tasks FROM (
              SELECT run.id, row_number() OVER (PARTITION BY flow_id ORDER BY id DESC) AS age,
                registered_at_ms FROM run) r
            WHERE age > :keep AND registered_at_ms < :before
              AND (SELECT state FROM run_state WHERE run_id = r.id)
                IN ('succeeded', 'failed', 'cancelled')
              AND NOT EXISTS (SELECT 1 FROM task JOIN attempt ON task_id = task.id
                WHERE run_id = r.id AND ended_at_ms >= :before)
              AND NOT (\(hasMore("r.id")))
            ORDER BY id
            """
        let arguments: StatementArguments = [
            "keep": request.keepLast, "before": request.before.milliseconds,
        ]
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { ($0["id"], $0["tasks"]) }
    }

    /// Whether something is still to come of a run that has settled: a hook or its mail, or the task that waits
    /// for it.
    private static func hasMore(_ run: String) -> String {
        """
        EXISTS (SELECT 1 FROM settling WHERE run_id = \(run))
        OR EXISTS (SELECT 1 FROM task WHERE run_id = \(run) AND \(isHook)
          AND (status = 1 OR \(Schema.isStartable)))
        OR EXISTS (SELECT 1 FROM run child JOIN task ON task.id = child.parent_task_id
          WHERE child.id = \(run) AND child.awaited = 1)
        """
    }

    /// Judged again within the transaction: a person may have set a task back to waiting meanwhile.
    ///
    /// - Returns: whether the run has gone.
    private static func delete(_ db: Database, run: Int64) throws -> Bool {
        guard try state(db, run: run)?.isActive == false else { return false }
        let more = "SELECT \(hasMore("?1"))"
        guard try !(Bool.fetchOne(db.cachedStatement(sql: more), arguments: [run]) ?? false) else {
            return false
        }
        try db.cachedStatement(sql: "DELETE FROM run WHERE id = ?").execute(arguments: [run])
        return true
    }

    private static let isOldFire = """
        coalesce(last_due_at_ms, due_at_ms) < :before
          AND coalesce(last_due_at_ms, due_at_ms) < :now - max(:least,
            coalesce((SELECT catchup_window_ms FROM schedule WHERE id = f.schedule_id), 0))
          AND NOT EXISTS (SELECT 1 FROM run WHERE fire_id = f.id)
        """

    private static func fireAges(
        _ request: PruneRequest,
        at now: Instant
    ) -> StatementArguments {
        [
            "before": request.before.milliseconds, "now": now.milliseconds, "least": leastFireAge,
        ]
    }

    private static func deleteRemovedFlows(_ db: Database, before: Int64) throws -> [String] {
        let sql = """
            SELECT name FROM flow WHERE removed_at_ms < ?1
              AND NOT EXISTS (SELECT 1 FROM run WHERE flow_id = flow.id)
              AND NOT EXISTS (SELECT 1 FROM schedule JOIN fire ON fire.schedule_id = schedule.id
                WHERE schedule.flow_id = flow.id) ORDER BY name
            """
        let names = try String.fetchAll(db, sql: sql, arguments: [before])
        for name in names {
            try db.execute(sql: "DELETE FROM flow WHERE name = ?", arguments: [name])
        }
        return names
    }
}
