import Cron
import Flows
import GRDB

/// `run_timeout`: how long a whole run may take, from its first task's start.
///
/// Whoever makes a turn after that moment marks the run and ends it: what waits or is held is cancelled
/// at once; what runs is marked, and its own runner ends it and records it as `timed-out`, failed
/// without a retry. A run that was ended so has failed, whatever its tasks, until it is rerun; then its
/// time counts anew.
extension Store {
    static func begin(
        _ db: Database,
        run: Int64,
        _ timeout: Duration,
        at now: Instant
    ) throws {
        let sql = """
            UPDATE run SET end_by_ms = ?
            WHERE id = ? AND end_by_ms IS NULL AND timed_out_at_ms IS NULL
            """
        try db.cachedStatement(sql: sql)
            .execute(arguments: [now.milliseconds + timeout.milliseconds, run])
    }

    /// Ends the runs whose time is over. One that has settled meanwhile is let be, as it has settled.
    ///
    /// - Returns: whether any was ended: then other runners are to be woken.
    static func timeOutRuns(_ db: Database, at now: Instant) throws -> Bool {
        let sql = """
            SELECT run_id, state FROM run_state
            WHERE run_id IN (SELECT id FROM run WHERE end_by_ms <= ?)
            """
        var hasEnded = false
        for row in try Row.fetchAll(db, sql: sql, arguments: [now.milliseconds]) {
            let run: Int64 = row["run_id"]
            let isActive = RunState(rawValue: row["state"])?.isActive ?? false
            try db.execute(
                sql: """
                    UPDATE run SET end_by_ms = NULL,
                      timed_out_at_ms = iif(:active, :now, timed_out_at_ms)
                    WHERE id = :run
                    """,
                arguments: ["active": isActive, "now": now.milliseconds, "run": run]
            )
            guard isActive else { continue }
            try cancel(db, run: run, task: nil, isWhole: true, at: now)
            hasEnded = true
        }
        return hasEnded
    }

    /// The soonest moment at which a run's time is over, or it is too late for its start; `nil` where none is
    /// limited.
    static func nextLimitAt(_ db: Database) throws -> Instant? {
        let sql = """
            SELECT min(at) FROM (
              SELECT min(end_by_ms) AS at FROM run WHERE end_by_ms IS NOT NULL
              UNION ALL SELECT min(min(start_by_ms), 253402300799999) + 1 FROM run WHERE start_by_ms IS NOT NULL)
            """
        return try Int64.fetchOne(db.cachedStatement(sql: sql)).map { Instant(stored: $0) }
    }

    /// What becomes of a task of which an attempt ended in error and a retry is left: none where a
    /// person wanted it ended, or its run is over its time, though its runner died before it could say
    /// so. A hook of such a run has its retries all the same.
    ///
    /// Asked only then, because it takes a statement.
    func eventInsteadOfRetry(_ db: Database, task id: Int64) throws -> TaskEvent? {
        let sql = """
            SELECT task.cancel_at_ms IS NOT NULL AS wanted,
              run.timed_out_at_ms IS NOT NULL AND \(Schema.counts) AS late
            FROM task JOIN run ON run.id = task.run_id WHERE task.id = ?
            """
        let statement = try db.cachedStatement(sql: sql)
        guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
        if row["late"] { return .fail }
        return row["wanted"] ? .cancel : nil
    }
}
