import Cron
import Flows
import GRDB

/// The latest start of a run: beyond it the run is cancelled, and its fire recorded as `deadline`.
extension Store {
    /// Cancels the runs of which nothing has started by their deadline.
    static func cancelLateRuns(_ db: Database, at now: Instant) throws {
        let sql = "SELECT id FROM run WHERE start_by_ms < ?"
        for run in try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [now.milliseconds]) {
            try cancel(db, run: run, task: nil, isWhole: true, at: now)
            try db.execute(
                sql: """
                    UPDATE fire SET outcome = 'deadline'
                    WHERE id = (SELECT fire_id FROM run WHERE id = ?)
                    """,
                arguments: [run]
            )
            let sql = "UPDATE run SET start_by_ms = NULL WHERE id = ?"
            try db.execute(sql: sql, arguments: [run])
        }
    }

    /// A claim was made: the deadline is kept, and the run's time begins, if it has not.
    static func started(_ db: Database, run: RunContext, at now: Instant) throws {
        let sql = "UPDATE run SET start_by_ms = NULL WHERE id = ? AND start_by_ms IS NOT NULL"
        try db.cachedStatement(sql: sql).execute(arguments: [run.runID])
        if let timeout = run.timeout { try begin(db, run: run.runID, timeout, at: now) }
    }
}
