import GRDB

/// What must be true between rows.
struct CheckRule: Sendable {
    let problem: String
    /// Gives the rows that break it, each by a name.
    let sql: String
    let remedy: String
    var mending: Mending?
}

extension Store {
    private static let taskName = "'task ' || name || ' of run ' || run_id"

    private static let unmetNeeds = """
        (SELECT count(*) FROM task_need
            JOIN task need ON need.id = need_id WHERE task_id = task.id
              AND need.status NOT IN (3, 9)
              AND NOT (\(stalls) AND \(Schema.isPatient)))
          + coalesce((SELECT queued FROM run WHERE id = task.run_id), 0)
          + (task.role IS NOT NULL AND task.role <> 'watched' AND unmet > 0)
        """
    private static let isLost =
        "status = 0 AND unmet = 0 AND rank_ms IS NULL AND retry_at_ms IS NULL"
    private static let isLostCall = """
        status = 0 AND retry_at_ms = \(waitsForRun)
          AND NOT EXISTS (SELECT 1 FROM run WHERE parent_task_id = task.id AND awaited = 1)
        """

    private static let isMismarked = """
        stalled < 2
          AND stalled <> (\(canStall) AND EXISTS (SELECT 1 FROM task_need
            JOIN task need ON need.id = need_id WHERE task_id = task.id AND \(stalls)))
          AND NOT EXISTS (SELECT 1 FROM task noted
            WHERE noted.run_id = task.run_id AND noted.stalled = 2)
        """

    static let rules: [CheckRule] =
        taskRules + [
            CheckRule(
                problem: "a run has no tasks",
                sql:
                    "SELECT 'run ' || id FROM run WHERE NOT EXISTS (SELECT 1 FROM task WHERE run_id = run.id)",
                remedy: "delete it with SQL: DELETE FROM run WHERE id = …",
                mending: Mending(
                    "deletes it",
                    "DELETE FROM run WHERE NOT EXISTS (SELECT 1 FROM task WHERE run_id = run.id)"
                )
            ),
            CheckRule(
                problem: "a run stands for another flow's fire",
                sql: """
                    SELECT 'run ' || run.id FROM run JOIN fire ON fire.id = fire_id
                    JOIN schedule ON schedule.id = schedule_id WHERE schedule.flow_id <> run.flow_id
                    """,
                remedy: "rows were changed by hand: UPDATE run SET fire_id = NULL WHERE id = …",
                mending: Mending(
                    "lets the run stand for none",
                    """
                    UPDATE run SET fire_id = NULL WHERE flow_id <> (SELECT schedule.flow_id FROM fire
                      JOIN schedule ON schedule.id = schedule_id WHERE fire.id = fire_id)
                    """
                )
            ),
            CheckRule(
                problem: "a task waits for a pool that is not there, or has too few slots",
                sql: """
                    SELECT \(taskName) FROM task JOIN lane ON lane.id = task.lane, json_each(lane.pools) demand
                    WHERE rank_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM pool
                      WHERE pool.name = demand.key AND (slots = 0 OR slots >= demand.value))
                    """,
                remedy: "flower status tells which: flower pool set NAME SLOTS"
            ),
        ]

    private static let taskRules: [CheckRule] = [
        CheckRule(
            problem: "the count of unmet needs is wrong",
            sql: "SELECT \(taskName) FROM task WHERE unmet <> \(unmetNeeds)",
            remedy: "triggers were switched off while it was changed: register the flow anew",
            mending: Mending(
                "counts them anew",
                """
                UPDATE task SET unmet = \(unmetNeeds),
                  rank_ms = CASE WHEN status = 0 AND retry_at_ms IS NULL AND \(unmetNeeds) = 0
                    THEN coalesce(rank_ms, \(Schema.rank)) END
                WHERE unmet <> \(unmetNeeds)
                """
            )
        ),
        CheckRule(
            problem: "whether a task can go on without a person is not as it is marked",
            sql: "SELECT \(taskName) FROM task WHERE \(isMismarked)",
            remedy: """
                have the next flower run look: UPDATE task SET stalled = 2 WHERE …; \
                INSERT OR IGNORE INTO settling VALUES (its run)
                """,
            mending: Mending(
                "has it looked at anew",
                "INSERT OR IGNORE INTO settling (run_id) SELECT run_id FROM task WHERE \(isMismarked)",
                "UPDATE task SET stalled = 2 WHERE \(isMismarked)"
            )
        ),
        CheckRule(
            problem: "a task is ready to run and stands in no lane",
            sql: "SELECT \(taskName) FROM task WHERE \(isLost)",
            remedy: "set it back with SQL: UPDATE task SET status = 9 WHERE …, then = 0",
            mending: Mending(
                "puts it into its lane",
                "UPDATE task SET rank_ms = \(Schema.rank) WHERE \(isLost)"
            )
        ),
        CheckRule(
            problem: "a task stands in a lane and is not ready",
            sql:
                "SELECT \(taskName) FROM task WHERE rank_ms IS NOT NULL AND (status <> 0 OR unmet <> 0)",
            remedy: "set it back with SQL: UPDATE task SET status = 9 WHERE …, then = 0",
            mending: Mending(
                "takes it out of the lane",
                """
                UPDATE task SET rank_ms = NULL
                WHERE rank_ms IS NOT NULL AND (status <> 0 OR unmet <> 0)
                """
            )
        ),
        CheckRule(
            problem: "a task waits for a run of another flow that is not there",
            sql: "SELECT \(taskName) FROM task WHERE \(isLostCall)",
            remedy: "the run was deleted by hand: flower rerun RUN --from TASK makes another",
            mending: Mending(
                "lets it go on, and fail",
                """
                UPDATE task SET retry_at_ms = NULL, judged_ms = \(Schema.rank),
                  rank_ms = CASE WHEN unmet = 0 THEN \(Schema.rank) END WHERE \(isLostCall)
                """
            )
        ),
        CheckRule(
            problem: "an attempt is open though its task does not run",
            sql: """
                SELECT \(taskName) FROM task JOIN attempt ON task_id = task.id
                WHERE ended_at_ms IS NULL AND status <> 1
                """,
            remedy: """
                end it with SQL: UPDATE attempt SET ended_at_ms = started_at_ms, outcome = 'interrupted' \
                WHERE task_id = …
                """,
            mending: Mending(
                "ends it as interrupted",
                """
                UPDATE attempt SET ended_at_ms = started_at_ms, outcome = 'interrupted'
                WHERE ended_at_ms IS NULL
                  AND EXISTS (SELECT 1 FROM task WHERE id = task_id AND status <> 1)
                """
            )
        ),
        CheckRule(
            problem: "a task runs under a runner that has ended",
            sql: """
                SELECT \(taskName) FROM task JOIN runner ON runner.id = runner_id
                WHERE status = 1 AND ended_at_ms IS NOT NULL
                """,
            remedy: "start flower run: it rescues what dead runners left"
        ),
    ]
}
