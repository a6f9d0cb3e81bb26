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
    /// Cancels a task of a run or one item of it (`clean[3]`), or all that has not ended of the run: but for
    /// its hooks, and for tasks whose `when:` names `always` unless the run is queued.
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
            let name = try task.map { try Self.checkTask(db, run: run, named: $0) }
            let result = try Self.cancel(db, run: run, task: name, at: now)
            guard result.cancelled + result.ending > 0 else {
                throw try Self.nothingToCancel(db, run: run, task: task)
            }
            try advance(db, at: now)
            try Self.audit(db, at: now, by: actor, "cancel", run: run, detail: task)
            return result
        }
        folder.touchWake()
        return result
    }

    private static func nothingToCancel(
        _ db: Database,
        run: Int64,
        task: String?
    ) throws -> StorageError {
        if task == nil, try state(db, run: run)?.isActive == true {
            return StorageError(
                .refused,
                "what is left of run \(run) is executed always",
                hint: "flower cancel \(run) TASK ends one task of it"
            )
        }
        return StorageError(
            .refused,
            "\(task.map { "task '\($0)' of run \(run)" } ?? "run \(run)") has ended already",
            hint: "flower status \(run) shows how"
        )
    }

    /// Of a row of `task`: whether it is executed though its run is cancelled. An item is as its task.
    static let isAlways = """
        (coalesce(iif(item = 0, traits, (SELECT traits FROM task list WHERE list.run_id = task.run_id
          AND list.name = task.name AND list.item = 0)) ->> 'patience', '') = 'always')
        """

    /// - Parameter isWhole: also what is executed always, because nothing of the run has begun.
    @discardableResult
    static func cancel(
        _ db: Database,
        run: Int64,
        task: TaskName?,
        isWhole: Bool = false,
        at now: Instant
    ) throws -> Cancellation {
        var result = Cancellation()
        // Before its tasks are: then nobody waits for these any more.
        for child in try children(db, of: run, task: task, isWhole: isWhole) {
            try cancel(db, run: child, task: nil, isWhole: isWhole, at: now)
        }
        let chosen = """
            run_id = :run AND CASE WHEN :task IS NULL
              THEN \(Schema.counts) AND (:whole OR NOT \(isAlways)
                OR (SELECT queued FROM run WHERE id = :run) = 1)
              ELSE name = :task AND (:item IS NULL OR item = :item) END
            """
        let arguments: StatementArguments = [
            "run": run, "task": task?.task, "item": task?.item, "whole": isWhole,
        ]
        try db.execute(
            sql: "UPDATE task SET status = 8 WHERE status IN (0, 4) AND \(chosen)",
            arguments: arguments
        )
        result.cancelled = db.changesCount
        try db.execute(
            sql: """
                UPDATE task SET cancel_at_ms = coalesce(cancel_at_ms, :now)
                WHERE status = 1 AND \(chosen)
                """,
            arguments: arguments + ["now": now.milliseconds]
        )
        result.ending = db.changesCount
        // A queued run of which nothing waits any more has nothing to be let go for.
        try db.execute(
            sql: """
                UPDATE run SET queued = 0 WHERE id = :run AND queued = 1
                  AND NOT EXISTS (SELECT 1 FROM task WHERE run_id = :run AND status IN (0, 4)
                    AND \(Schema.counts))
                """,
            arguments: ["run": run]
        )
        if db.changesCount > 0 {
            let sql = "UPDATE task SET unmet = unmet - 1 WHERE run_id = ?"
            try db.execute(sql: sql, arguments: [run])
        }
        try markStalled(db, at: now)
        return result
    }

    /// - Parameter isPast: also an item of before a rerun, that the list has no more.
    /// - Returns: the task, or the item of it, that a command names.
    /// - Throws: `StorageError.notFound`, with the nearest name.
    @discardableResult
    static func checkTask(
        _ db: Database,
        run: Int64,
        named text: String,
        isPast: Bool = false
    ) throws -> TaskName {
        let name = TaskName(parsing: text)
        let sql = "SELECT DISTINCT name FROM task WHERE run_id = ? ORDER BY position"
        let names = try String.fetchAll(db, sql: sql, arguments: [run])
        guard names.contains(name.task) else {
            throw StorageError(
                .notFound,
                "run \(run) has no task '\(name.task)'",
                hint: didYouMean(name.task, among: names)
                    ?? "flower status \(run) shows its tasks"
            )
        }
        guard let item = name.item else { return name }
        let last = """
            SELECT max(item) FROM task WHERE run_id = ? AND name = ? \(isPast ? "" : "AND NOT \(isBeyondList)")
            """
        let count = try Int.fetchOne(db, sql: last, arguments: [run, name.task]) ?? 0
        guard item <= count else {
            throw StorageError(
                .notFound,
                "task '\(name.task)' of run \(run) has no item \(item)",
                hint: count == 0 ? "it has none" : "it has items 1 to \(count)"
            )
        }
        return name
    }
}
