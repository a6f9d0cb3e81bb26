/// Migration 12: tasks that wait and cannot go on without a person, of which others take notice.
///
/// A task whose `when:` names `failed` or `always` (it has `patience`) waits until nothing it needs can go on.
/// So a need that waits for a failed one, directly or through others, counts as one that has ended. What that
/// is of, `task.stalled`, is known of tasks that such a one hangs on, and of no others: these keep NULL there,
/// and meet nothing more at a change of state than before.
///
/// A trigger could not follow a chain of more than 1,000 tasks (SQLite's limit of nesting). So it only notes
/// the task that has changed (2) and its run (`settling`), in our own process as in a bare shell, and whoever
/// writes next works it off: `Store.markStalled`.
extension Schema {
    static let stalled = stalledColumn + stalledMarks + stalledTriggers + stalledView

    private static let stalledColumn = """
        ALTER TABLE task ADD COLUMN stalled INTEGER CHECK (stalled BETWEEN 0 AND 2);
        CREATE INDEX task_noted ON task (run_id) WHERE stalled = 2;
        CREATE INDEX flow_task_patient ON flow_task (flow_id)
          WHERE traits ->> 'patience' IS NOT NULL;

        """

    /// In the runs that are at work. Those that have settled stay as they are: nobody wants the alerts of
    /// last year.
    private static let stalledMarks = """
        UPDATE task SET stalled = iif(status IN (2, 8), 2, 0)
        WHERE id IN (\(needsOfPatient("IN (\(runsAtWork))")));
        INSERT OR IGNORE INTO settling (run_id) SELECT run_id FROM task WHERE stalled = 2;

        """

    private static let runsAtWork = """
        SELECT run_id FROM task WHERE status = 1
        UNION SELECT run_id FROM task WHERE \(isStartable)
        UNION SELECT id FROM run WHERE queued = 1
        """

    /// The tasks that others with `patience` hang on, directly or not.
    ///
    /// - Parameter run: which runs, as it stands behind `run_id`.
    static func needsOfPatient(_ run: String) -> String {
        """
        WITH RECURSIVE above (id) AS (
          SELECT need_id FROM task CROSS JOIN task_need ON task_id = task.id
            WHERE run_id \(run) AND traits ->> 'patience' IS NOT NULL
          UNION SELECT need_id FROM above CROSS JOIN task_need ON task_id = above.id)
        SELECT id FROM above
        """
    }

    /// As before but for `stalled`: a task that stalled and is changed counts again for those with patience,
    /// before what it is changed to does. What two statements did at the end of a wait and of a run is one now.
    private static let stalledTriggers = """
        DROP TRIGGER task_changed;
        DROP TRIGGER task_change_follows;
        DROP VIEW task_change;

        CREATE VIEW task_change AS
        SELECT id, run_id, status AS old_status, status, rank_ms AS old_rank_ms, rank_ms, retry_at_ms,
          runner_id, role, traits, cancel_at_ms, stalled
        FROM task;

        CREATE TRIGGER task_changed AFTER UPDATE OF status ON task
        WHEN NOT (NEW.role IS NULL AND NEW.traits IS NULL AND NEW.cancel_at_ms IS NULL
          AND NEW.rank_ms IS NULL AND NEW.retry_at_ms IS NULL
          AND (OLD.status = 0 AND NEW.status = 1 AND OLD.rank_ms IS NOT NULL
            OR OLD.status = 1 AND NEW.status = 3
              AND NOT EXISTS (SELECT 1 FROM task_need WHERE need_id = NEW.id)
              AND NOT \(isOpen)))
        BEGIN
          INSERT INTO task_change VALUES (NEW.id, NEW.run_id, OLD.status, NEW.status, OLD.rank_ms,
            NEW.rank_ms, NEW.retry_at_ms, NEW.runner_id, NEW.role, NEW.traits, NEW.cancel_at_ms,
            NEW.stalled);
        END;

        CREATE TRIGGER task_change_follows INSTEAD OF INSERT ON task_change
        BEGIN
        \(refusals)
          UPDATE task SET unmet = unmet + 1, rank_ms = NULL
            WHERE NEW.stalled IS 1 AND NEW.status <> NEW.old_status
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id) AND \(isPatient);
          UPDATE task SET unmet = unmet + \(isMet("NEW.old_status")) - \(isMet("NEW.status")),
            rank_ms = CASE WHEN \(isMet("NEW.status")) AND unmet = 1 AND status = 0
              AND retry_at_ms IS NULL THEN \(rank) END
            WHERE id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id)
              AND \(isMet("NEW.old_status")) <> \(isMet("NEW.status"));
        \(followers)
        END;

        """

    private static let hadEnded = "(NEW.old_status > 1 AND NEW.old_status <> 4)"
    private static let hasEnded = "(NEW.status > 1 AND NEW.status <> 4)"

    /// Whether the change may make the task stall, or go on, or others that need it.
    private static let isNoted = """
        (NEW.stalled IS NOT NULL AND NEW.status <> 3 AND NEW.status <> NEW.old_status
          AND (NEW.stalled = 1 OR NEW.status = 0 OR NEW.status IN (2, 8) OR NEW.old_status IN (2, 8)))
        """

    /// In turn: its cancel is done, it does not wait any more, whoever writes next looks whether it stalls;
    /// reset or released, it counts retries anew, is ready at once if its needs are met, what it gave is of
    /// before, and its run's time counts anew (not for a release, nor for a hook); its run may have settled,
    /// and somebody waits for that; the run that it waited for has given its result, or is not wanted any
    /// more.
    private static let followers = """
          UPDATE task SET cancel_at_ms = iif(NEW.old_status = 1, NULL, cancel_at_ms),
            rank_ms = iif(NEW.status = 0, rank_ms, NULL),
            retry_at_ms = iif(NEW.status = 0, retry_at_ms, NULL),
            stalled = iif(\(isNoted), 2, stalled)
            WHERE (NEW.old_status = 1 AND NEW.cancel_at_ms IS NOT NULL
              OR NEW.status <> 0 AND (NEW.rank_ms IS NOT NULL OR NEW.retry_at_ms IS NOT NULL)
              OR \(isNoted)) AND id = NEW.id;
          DELETE FROM task_output
            WHERE NEW.status = 0 AND NEW.old_status NOT IN (0, 1) AND task_id = NEW.id;
          UPDATE task SET retry_at_ms = NULL,
            retry_base = (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = NEW.id),
            rank_ms = CASE WHEN unmet = 0 THEN \(rank) END
            WHERE NEW.status = 0 AND NEW.old_status NOT IN (0, 1) AND id = NEW.id;
          UPDATE run SET end_by_ms = NULL, timed_out_at_ms = NULL
            WHERE NEW.status = 0 AND NEW.old_status > 1 AND NEW.old_status <> 4
              AND coalesce(NEW.role, 'watched') = 'watched' AND id = NEW.run_id
              AND (end_by_ms IS NOT NULL OR timed_out_at_ms IS NOT NULL);
          INSERT INTO settling (run_id) SELECT NEW.run_id
            WHERE (NEW.role IS NOT NULL AND NEW.status <> NEW.old_status
                AND (\(hasEnded) OR \(hadEnded)) OR \(isNoted))
              AND NOT EXISTS (SELECT 1 FROM settling WHERE run_id = NEW.run_id);
          UPDATE run SET armed = 1
            WHERE NEW.role = 'watched' AND \(hadEnded) AND NEW.status <> NEW.old_status
              AND id = NEW.run_id AND armed = 0;
          UPDATE run SET awaited = 0
            WHERE NEW.traits IS NOT NULL AND NEW.status <> NEW.old_status
              AND (\(hasEnded) OR (NEW.old_status = 1 AND NEW.retry_at_ms IS NOT NULL))
              AND parent_task_id = NEW.id AND awaited = 1;
        """

    /// As before, and a run of which something is noted has not settled: what hangs on that may be executed.
    private static let stalledView = """
        DROP VIEW run_state;
        CREATE VIEW run_state AS
        SELECT run.id AS run_id, flow.name AS flow,
          CASE
            WHEN \(has("status = 1")) THEN 'running'
            WHEN queued = 1 AND \(has("status IN (0, 4)")) THEN 'queued'
            WHEN \(has("status = 0 AND \(isStartable)")) THEN 'waiting'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND stalled = 2) THEN 'waiting'
            WHEN \(has("status = 4 AND \(isStartable)")) THEN 'held'
            WHEN timed_out_at_ms IS NOT NULL OR \(has("status = 2 AND \(hasFailed)")) THEN 'failed'
            WHEN \(has("status = 8 AND \(hasFailed)")) THEN 'cancelled'
            ELSE 'succeeded'
          END AS state
        FROM run JOIN flow ON flow.id = run.flow_id;
        """
}
