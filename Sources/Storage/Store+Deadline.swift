import Cron
import Flows
import GRDB

/// The latest start of a run: beyond it the run is cancelled, and its fire recorded as `deadline`.
extension Store {
    /// Cancels the runs of which nothing has started by their deadline. One that a person has ended before is
    /// let be.
    static func cancelLateRuns(_ db: Database, at now: Instant) throws {
        let sql = """
            SELECT run_id, state FROM run_state
            WHERE run_id IN (SELECT id FROM run WHERE start_by_ms < ?)
            """
        let late = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [now.milliseconds])
        for row in late {
            let run: Int64 = row["run_id"]
            let sql = "UPDATE run SET start_by_ms = NULL WHERE id = ?"
            try db.execute(sql: sql, arguments: [run])
            guard RunState(rawValue: row["state"])?.isActive == true else { continue }
            try cancel(db, run: run, task: nil, isWhole: true, at: now)
            try db.execute(
                sql: """
                    UPDATE fire SET outcome = 'deadline'
                    WHERE id = (SELECT fire_id FROM run WHERE id = ?)
                    """,
                arguments: [run]
            )
        }
    }

    /// A claim was made: the deadline is kept, and the run's time begins, if it has not.
    func started(_ db: Database, run: RunContext, at now: Instant) throws {
        let keep = try hot[
            db,
            "UPDATE run SET start_by_ms = NULL WHERE id = ?1 AND start_by_ms IS NOT NULL"
        ]
        keep.bind(1, run.runID)
        try keep.run(db)
        if let timeout = run.timeout { try Self.begin(db, run: run.runID, timeout, at: now) }
    }
}
