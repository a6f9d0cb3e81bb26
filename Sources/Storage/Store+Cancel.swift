import Cron
import Flows
import GRDB

/// What a cancel reached.
package struct Cancellation: Sendable, Equatable {
    /// Tasks that had not started: cancelled at once.
    package var cancelled = 0
    /// Tasks that run: their runner ends them at its next turn, which the wake brings about.
    package var ending = 0
}

extension Store {
    /// Cancels a task of a run, or all that has not ended of it.
    ///
    /// - Throws: `StorageError.notFound`, or `.refused` where there is nothing left to cancel.
    package func cancel(
        _ run: Int64,
        task: String? = nil,
        by actor: String,
        at now: Instant
    ) throws -> Cancellation {
        let result = try write { db in
            try Self.checkRun(db, run)
            if let task { try Self.checkTask(db, run: run, named: task) }
            let result = try Self.cancel(db, run: run, task: task, at: now)
            guard result.cancelled + result.ending > 0 else {
                let what = task.map { "task '\($0)' of run \(run)" } ?? "run \(run)"
                throw StorageError(
                    .refused,
                    "\(what) has ended already",
                    hint: "flower status \(run) shows how"
                )
            }
            try Self.openQueuedRuns(db, at: now)
            try Self.audit(db, at: now, by: actor, "cancel", run: run, detail: task)
            return result
        }
        folder.touchWake()
        return result
    }

    @discardableResult
    static func cancel(
        _ db: Database,
        run: Int64,
        task: String?,
        at now: Instant
    ) throws -> Cancellation {
        var result = Cancellation()
        try db.execute(
            sql: """
                UPDATE task SET status = 8
                WHERE run_id = :run AND status IN (0, 4) AND (:task IS NULL OR name = :task)
                """,
            arguments: ["run": run, "task": task]
        )
        result.cancelled = db.changesCount
        try db.execute(
            sql: """
                UPDATE task SET cancel_at_ms = coalesce(cancel_at_ms, :now)
                WHERE run_id = :run AND status = 1 AND (:task IS NULL OR name = :task)
                """,
            arguments: ["now": now.milliseconds, "run": run, "task": task]
        )
        result.ending = db.changesCount
        // A queued run of which nothing waits any more has nothing to be let go for.
        try db.execute(
            sql: """
                UPDATE run SET queued = 0 WHERE id = :run AND queued = 1
                  AND NOT EXISTS (SELECT 1 FROM task WHERE run_id = :run AND status IN (0, 4))
                """,
            arguments: ["run": run]
        )
        if db.changesCount > 0 {
            let sql = "UPDATE task SET unmet = unmet - 1 WHERE run_id = ?"
            try db.execute(sql: sql, arguments: [run])
        }
        return result
    }

    /// - Throws: `StorageError.notFound`, with the nearest name.
    static func checkTask(_ db: Database, run: Int64, named name: String) throws {
        let sql = "SELECT DISTINCT name FROM task WHERE run_id = ? ORDER BY position"
        let names = try String.fetchAll(db, sql: sql, arguments: [run])
        if names.contains(name) { return }
        throw StorageError(
            .notFound,
            "run \(run) has no task '\(name)'",
            hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? "flower status \(run) shows its tasks"
        )
    }
}
