import Flows
import GRDB

/// Something in the database that should not be so.
package struct CheckFinding: Sendable, Equatable {
    /// What is wrong, with the rows concerned.
    package let problem: String
    /// What to do about it.
    package let remedy: String

    package init(_ problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }
}

/// `flower check`: what SQLite can tell of its file, and what must be true of the rows.
extension Store {
    /// Reads everything; writes nothing. An empty list: all is well.
    package func check() throws -> [CheckFinding] {
        try read { db in
            var findings: [CheckFinding] = []
            let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
            if faults != ["ok"] {
                findings += faults.map {
                    CheckFinding(
                        "the file is damaged: \($0)",
                        remedy: "stop everything, then restore a backup, or try: sqlite3"
                            + " \(folder.databasePath) .recover"
                    )
                }
                // What else would be read could be anything.
                return findings
            }
            for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
                let (table, parent): (String, String) = (row["table"], row["parent"])
                findings.append(
                    CheckFinding(
                        "row \(row["rowid"] as Int64? ?? 0) of \(table) refers to a row of \(parent)"
                            + " that is not there",
                        remedy: "rows were deleted by hand: delete that row too"
                    )
                )
            }
            for rule in Self.rules {
                let rows = try String.fetchAll(db, sql: "\(rule.sql) LIMIT 6")
                guard !rows.isEmpty else { continue }
                let more = rows.count > 5 ? " and more" : ""
                let list = rows.prefix(5).joined(separator: ", ")
                findings.append(
                    CheckFinding("\(rule.problem): \(list)\(more)", remedy: rule.remedy)
                )
            }
            return findings
        }
    }

    private static let taskName = "'task ' || name || ' of run ' || run_id"

    /// Each gives the rows that break it.
    private static let rules: [(problem: String, sql: String, remedy: String)] = [
        (
            "the count of unmet needs is wrong",
            """
            SELECT \(taskName) FROM task WHERE unmet <> (SELECT count(*) FROM task_need
                JOIN task need ON need.id = need_id WHERE task_id = task.id
                  AND need.status NOT IN (3, 9)
                  AND NOT (\(stalls) AND \(Schema.isPatient)))
              + (SELECT queued FROM run WHERE id = task.run_id)
              + (task.role IS NOT NULL AND task.role <> 'watched' AND unmet > 0)
            """,
            "triggers were switched off while it was changed: register the flow anew"
        ),
        (
            "whether a task can go on without a person is not as it is marked",
            """
            SELECT \(taskName) FROM task WHERE stalled < 2
              AND stalled <> (\(canStall) AND EXISTS (SELECT 1 FROM task_need
                JOIN task need ON need.id = need_id WHERE task_id = task.id AND \(stalls)))
              AND NOT EXISTS (SELECT 1 FROM task noted
                WHERE noted.run_id = task.run_id AND noted.stalled = 2)
            """,
            """
            have the next flower run look: UPDATE task SET stalled = 2 WHERE …; \
            INSERT OR IGNORE INTO settling VALUES (its run)
            """
        ),
        (
            "a task is ready to run and stands in no lane",
            """
            SELECT \(taskName) FROM task
            WHERE status = 0 AND unmet = 0 AND rank_ms IS NULL AND retry_at_ms IS NULL
            """,
            "set it back with SQL: UPDATE task SET status = 9 WHERE …, then = 0"
        ),
        (
            "a task stands in a lane and is not ready",
            "SELECT \(taskName) FROM task WHERE rank_ms IS NOT NULL AND (status <> 0 OR unmet <> 0)",
            "set it back with SQL: UPDATE task SET status = 9 WHERE …, then = 0"
        ),
        (
            "an attempt is open though its task does not run",
            """
            SELECT \(taskName) FROM task JOIN attempt ON task_id = task.id
            WHERE ended_at_ms IS NULL AND status <> 1
            """,
            """
            end it with SQL: UPDATE attempt SET ended_at_ms = started_at_ms, outcome = 'interrupted' \
            WHERE task_id = …
            """
        ),
        (
            "a task runs under a runner that has ended",
            """
            SELECT \(taskName) FROM task JOIN runner ON runner.id = runner_id
            WHERE status = 1 AND ended_at_ms IS NOT NULL
            """,
            "start flower run: it rescues what dead runners left"
        ),
        (
            "a run has no tasks",
            "SELECT 'run ' || id FROM run WHERE NOT EXISTS (SELECT 1 FROM task WHERE run_id = run.id)",
            "delete it with SQL: DELETE FROM run WHERE id = …"
        ),
        (
            "a run stands for another flow's fire",
            """
            SELECT 'run ' || run.id FROM run JOIN fire ON fire.id = fire_id
            JOIN schedule ON schedule.id = schedule_id WHERE schedule.flow_id <> run.flow_id
            """,
            "rows were changed by hand: UPDATE run SET fire_id = NULL WHERE id = …"
        ),
        (
            "a task waits for a pool that is not there, or has too few slots",
            """
            SELECT \(taskName) FROM task JOIN lane ON lane.id = task.lane, json_each(lane.pools) demand
            WHERE rank_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pool
              WHERE pool.name = demand.key AND (slots = 0 OR slots >= demand.value))
            """,
            "flower status tells which: flower pool set NAME SLOTS"
        ),
    ]
}
