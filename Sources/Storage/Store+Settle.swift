import Cron
import Flows
import FoundationEssentials
import GRDB

/// Runs that settle while somebody waits for it: their own hooks, and tasks of other runs.
///
/// A trigger notes them (`settling`) where a task ends, whoever ends it; whoever writes next looks here,
/// in the same transaction if that is a process of ours. Flows without hooks never come here.
extension Store {
    /// Of a row of `task` or `flow_task`, by the index on names: '@' begins those of hooks alone, and 'A'
    /// follows it.
    static let isHook = "name >= '@' AND name < 'A'"

    /// - Returns: whether anything is ready by it.
    func settleRuns(_ db: Database, at now: Instant) throws -> Bool {
        var hasChanged = false
        for run in try Int64.fetchAll(db.cachedStatement(sql: "SELECT run_id FROM settling")) {
            let forget = "DELETE FROM settling WHERE run_id = ?"
            try db.cachedStatement(sql: forget).execute(arguments: [run])
            guard let state = try Self.state(db, run: run), !state.isActive else { continue }
            hasChanged = true
            try Self.fireHooks(db, run: run, state, at: now)
            try Self.goOn(db, after: run, state, at: now)
        }
        return hasChanged
    }

    /// Makes the hooks ready that are for this state, once until a task of the run is set back.
    ///
    /// One that still runs since the last time keeps the run armed: its end comes here again.
    private static func fireHooks(
        _ db: Database,
        run: Int64,
        _ state: RunState,
        at now: Instant
    ) throws {
        let isArmed = "SELECT armed = 1 FROM run WHERE id = ?"
        let arguments: StatementArguments = [run]
        guard try Bool.fetchOne(db.cachedStatement(sql: isArmed), arguments: arguments) ?? false
        else { return }
        var isBusy = false
        let hooks = """
            SELECT id, role, status FROM task WHERE run_id = ? AND \(Self.isHook) ORDER BY position
            """
        for row in try Row.fetchAll(db.cachedStatement(sql: hooks), arguments: arguments) {
            guard HookEvent(rawValue: row["role"])?.isFor(state) == true else { continue }
            guard row["status"] != TaskState.running.rawValue else {
                isBusy = true
                continue
            }
            try fire(db, hook: row["id"], state, at: now)
        }
        let done = "UPDATE run SET armed = ? WHERE id = ?"
        try db.cachedStatement(sql: done).execute(arguments: [isBusy, run])
    }

    private static func fire(
        _ db: Database,
        hook id: Int64,
        _ state: RunState,
        at now: Instant
    ) throws {
        let reset = "UPDATE task SET status = 0 WHERE id = ? AND status IN (2, 3, 8, 9)"
        try db.cachedStatement(sql: reset).execute(arguments: [id])
        // The trigger of a reset asks SQLite's clock, which tells a millisecond less now and then: the
        // hooks of one settling become ready together, in the order of the file.
        let rank = db.changesCount > 0 ? "NULL" : "rank_ms"
        let sql = """
            UPDATE task SET unmet = 0, traits = json_set(coalesce(traits, '{}'), '$.state', :state),
              rank_ms = CASE WHEN status = 0 AND retry_at_ms IS NULL
                THEN coalesce(\(rank), :now + priority * 60000) END
            WHERE id = :id
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            "state": state.rawValue, "now": now.milliseconds, "id": id,
        ])
    }

    /// Of a row of `task`, beside its `run`: it has failed, or its run was over its time before it could be done.
    private static let isUndone = """
        (task.status = 2 OR task.status = 8) AND (task.status = 2 OR timed_out_at_ms IS NOT NULL)
          AND \(Schema.counts)
        """

    /// For hooks: names, an item as `clean[3]`, with blanks between; at most `Limit.failedTasksTold`.
    func failedTasks(_ db: Database, run: Int64) throws -> String {
        let sql = """
            SELECT name, item FROM task JOIN run ON run.id = run_id
            WHERE run_id = ? AND \(Self.isUndone) ORDER BY position, item LIMIT ?
            """
        let arguments: StatementArguments = [run, Limit.failedTasksTold]
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map { row in
            let item: Int = row["item"]
            return "\(TaskName(row["name"], item: item == 0 ? nil : item))"
        }
        .joined(separator: " ")
    }
}

/// Why a run has failed, for a mail.
package struct RunFailures: Sendable {
    /// The first of them, in the flow file's order.
    package let shown: [FailedTask]
    package let count: Int
    /// The run was over its `run_timeout`.
    package let isTimedOut: Bool

    package init(shown: [FailedTask], count: Int, isTimedOut: Bool = false) {
        self.shown = shown
        self.count = count
        self.isTimedOut = isTimedOut
    }
}

/// A task that has failed, or was not done when its run's time was over.
package struct FailedTask: Sendable {
    package let name: TaskName
    /// Its last; `nil` where none was begun.
    package let attempt: AttemptDetail?
    /// Cancelled because its run's time was over.
    package let isUndone: Bool
    /// The last of its output.
    package let tail: [UInt8]

    package init(
        name: TaskName,
        attempt: AttemptDetail?,
        isUndone: Bool = false,
        tail: [UInt8] = []
    ) {
        self.name = name
        self.attempt = attempt
        self.isUndone = isUndone
        self.tail = tail
    }
}

extension Store {
    /// - Parameter limit: so many are shown.
    package func failures(ofRun id: Int64, limit: Int) throws -> RunFailures {
        try read { db in
            let sql = """
                SELECT task.name, task.item, task.status, attempt.*, count(*) OVER () AS failed
                FROM task JOIN run ON run.id = run_id LEFT JOIN attempt ON task_id = task.id
                  AND number = (SELECT max(number) FROM attempt WHERE task_id = task.id)
                WHERE run_id = ? AND \(Self.isUndone) ORDER BY position, item LIMIT ?
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [id, limit])
            let shown = rows.map { row in
                let item: Int = row["item"]
                return FailedTask(
                    name: TaskName(row["name"], item: item == 0 ? nil : item),
                    attempt: row["number"] as Int? == nil ? nil : Self.attempt(row),
                    isUndone: row["status"] == TaskState.cancelled.rawValue,
                    tail: (row["tail"] as Data?).map { Array($0) } ?? []
                )
            }
            let late = "SELECT timed_out_at_ms IS NOT NULL FROM run WHERE id = ?"
            return RunFailures(
                shown: shown,
                count: rows.first?["failed"] ?? 0,
                isTimedOut: try Bool.fetchOne(db, sql: late, arguments: [id]) ?? false
            )
        }
    }
}
