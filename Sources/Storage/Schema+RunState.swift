/// Migration 7: what state a run is in is answered from indexes alone, however many tasks and runs there were.
///
/// `task_open` held each task until it had succeeded, and changed twice on its way; the view `run_state` never
/// asked for it, and looked at every task of a run for each of its states. Each index below holds what one
/// state is told from, and none holds a plain task for longer than it waits or runs.
extension Schema {
    static let runState = runStateIndexes + runStateView

    /// Of a row of `task`: waits for nothing but a runner, its retry or a person. A query that has this term as
    /// it stands is answered from `task_startable`.
    static let isStartable = """
        ((status = 0 AND (rank_ms IS NOT NULL OR retry_at_ms IS NOT NULL))
          OR (status = 4 AND unmet = 0))
        """

    static let hasFailed = "(status = 2 OR status = 8)"

    private static let runStateIndexes = """
        DROP INDEX task_open;
        DROP INDEX task_claimed;
        CREATE INDEX task_startable ON task (run_id, status) WHERE \(isStartable);
        CREATE INDEX task_claimed ON task (run_id, lane, status) WHERE status = 1;
        CREATE INDEX task_failed ON task (run_id, status) WHERE \(hasFailed);

        """

    /// As before.
    private static let runStateView = """
        DROP VIEW run_state;
        CREATE VIEW run_state AS
        SELECT run.id AS run_id, flow.name AS flow,
          CASE
            WHEN \(has("status = 1")) THEN 'running'
            WHEN queued = 1 AND \(has("status IN (0, 4)")) THEN 'queued'
            WHEN \(has("status = 0 AND \(isStartable)")) THEN 'waiting'
            WHEN \(has("status = 4 AND \(isStartable)")) THEN 'held'
            WHEN timed_out_at_ms IS NOT NULL OR \(has("status = 2 AND \(hasFailed)")) THEN 'failed'
            WHEN \(has("status = 8 AND \(hasFailed)")) THEN 'cancelled'
            ELSE 'succeeded'
          END AS state
        FROM run JOIN flow ON flow.id = run.flow_id;
        """

    /// Whether a row of `run` has a task that is so, hooks left out.
    static func has(_ condition: String) -> String {
        "EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND \(condition) AND \(counts))"
    }
}
