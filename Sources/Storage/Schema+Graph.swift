/// Migration 5: outputs, conditions, fan-outs, hooks and runs within runs.
///
/// All of it keeps out of the way of tasks that have none of it: a column of theirs is NULL, and no index
/// below holds them.
extension Schema {
    static let graph = graphColumns + graphIndexes + graphTriggers + graphViews

    /// NULL is asked for first: for a list of more than two SQLite fills a table, at each row.
    private static let graphColumns = """
        ALTER TABLE flow_task ADD COLUMN role TEXT
          CHECK (role IS NULL OR role IN ('on_failure', 'on_success', 'always', 'notify'));
        ALTER TABLE flow_task ADD COLUMN traits TEXT CHECK (traits IS NULL OR json_valid(traits));

        ALTER TABLE run ADD COLUMN armed INTEGER CHECK (armed IN (0, 1));
        ALTER TABLE run ADD COLUMN parent_task_id INTEGER REFERENCES task ON DELETE SET NULL;
        ALTER TABLE run ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0 CHECK (awaited IN (0, 1));

        ALTER TABLE task ADD COLUMN role TEXT
          CHECK (role IS NULL
            OR role IN ('watched', 'on_failure', 'on_success', 'always', 'notify'));
        ALTER TABLE task ADD COLUMN traits TEXT CHECK (traits IS NULL OR json_valid(traits));
        ALTER TABLE task ADD COLUMN judged_ms INTEGER;

        CREATE TABLE task_output (
          task_id INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
          name TEXT NOT NULL,
          value TEXT NOT NULL,
          PRIMARY KEY (task_id, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE settling (
          run_id INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE
        ) STRICT;

        """

    private static let graphIndexes = """
        CREATE INDEX task_unjudged ON task (id)
          WHERE judged_ms IS NOT NULL AND rank_ms IS NOT NULL AND rank_ms <> judged_ms;
        CREATE INDEX run_parent ON run (parent_task_id) WHERE parent_task_id IS NOT NULL;

        """

    /// `status IN (2, 3, 8, 9)`, for which SQLite would fill a table at each change of state: that took two
    /// microseconds of the eight that such a change takes.
    private static let hadEnded = "(OLD.status > 1 AND OLD.status <> 4)"
    private static let hasEnded = "(NEW.status > 1 AND NEW.status <> 4)"

    /// Whether the row counts a failed need as one that has ended: `when:` names `failed` or `always`.
    static let isPatient = "coalesce(task.traits ->> 'patience', 'success') <> 'success'"

    /// What follows from a change of state, in two triggers: one that a plain task which others need passes,
    /// and one that no plain task passes on its way from claim to success. Each trigger costs every change
    /// of state a quarter of a microsecond, its WHEN alone: the five of before are in these two.
    private static let graphTriggers = """
        DROP TRIGGER task_satisfied;
        DROP TRIGGER task_unsatisfied;
        DROP TRIGGER task_left_running;
        DROP TRIGGER task_reset;
        DROP TRIGGER task_left_waiting;

        CREATE TRIGGER task_satisfied AFTER UPDATE OF status ON task
        WHEN NEW.status IN (3, 9) AND NOT \(hadEnded)
          AND EXISTS (SELECT 1 FROM task_need WHERE need_id = NEW.id)
        BEGIN
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
        END;

        CREATE TRIGGER task_changed AFTER UPDATE OF status ON task
        WHEN OLD.status > 1 OR NEW.status IN (2, 8) OR NEW.role IS NOT NULL
          OR NEW.traits IS NOT NULL OR NEW.cancel_at_ms IS NOT NULL
          OR (NEW.status <> 0 AND (NEW.rank_ms IS NOT NULL OR NEW.retry_at_ms IS NOT NULL))
        BEGIN
        \(needTriggers)
        \(ownTriggers)
        END;

        """

    /// Into failed or cancelled, out of them and out of succeeded or skipped: of the tasks that need it,
    /// each has its own view of it.
    private static let needTriggers = """
          UPDATE task SET unmet = unmet + 1, rank_ms = NULL
            WHERE OLD.status IN (3, 9) AND NEW.status NOT IN (3, 9)
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
          UPDATE task SET unmet = unmet + 1, rank_ms = NULL
            WHERE OLD.status IN (2, 8) AND NOT \(hasEnded) AND \(isPatient)
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE NOT \(hadEnded) AND NEW.status IN (2, 8) AND \(isPatient)
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE OLD.status IN (2, 8) AND NEW.status IN (3, 9) AND NOT (\(isPatient))
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
        """

    /// In turn: its cancel is done; reset or released, it counts retries anew, is ready at once if its needs
    /// are met, what it gave is of before, and its run's time counts anew (not for a release, nor for a hook);
    /// it does not wait any more; somebody waits for its run to
    /// settle, and whoever commits next looks whether it has, when all of this has been at work; the run
    /// that it waited for has given its result, or is not wanted any more.
    static let ownTriggers = """
          UPDATE task SET cancel_at_ms = NULL
            WHERE OLD.status = 1 AND NEW.cancel_at_ms IS NOT NULL AND id = NEW.id;
          DELETE FROM task_output
            WHERE NEW.status = 0 AND OLD.status NOT IN (0, 1) AND task_id = NEW.id;
          UPDATE task SET retry_at_ms = NULL,
            retry_base = (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = NEW.id),
            rank_ms = CASE WHEN unmet = 0 THEN \(rank) END
            WHERE NEW.status = 0 AND OLD.status NOT IN (0, 1) AND id = NEW.id;
          UPDATE run SET end_by_ms = NULL, timed_out_at_ms = NULL
            WHERE NEW.status = 0 AND OLD.status > 1 AND OLD.status <> 4
              AND coalesce(NEW.role, 'watched') = 'watched' AND id = NEW.run_id
              AND (end_by_ms IS NOT NULL OR timed_out_at_ms IS NOT NULL);
          UPDATE task SET rank_ms = NULL, retry_at_ms = NULL
            WHERE NEW.status <> 0 AND (NEW.rank_ms IS NOT NULL OR NEW.retry_at_ms IS NOT NULL)
              AND id = NEW.id;
          INSERT INTO settling (run_id) SELECT NEW.run_id
            WHERE NEW.role IS NOT NULL AND NEW.status <> OLD.status
              AND (\(hasEnded) OR \(hadEnded))
              AND NOT EXISTS (SELECT 1 FROM settling WHERE run_id = NEW.run_id);
          UPDATE run SET armed = 1
            WHERE NEW.role = 'watched' AND \(hadEnded) AND NEW.status <> OLD.status
              AND id = NEW.run_id AND armed = 0;
          UPDATE run SET awaited = 0
            WHERE NEW.traits IS NOT NULL AND NEW.status <> OLD.status
              AND (\(hasEnded) OR (OLD.status = 1 AND NEW.retry_at_ms IS NOT NULL))
              AND parent_task_id = NEW.id AND awaited = 1;
        """

    /// As before, hooks left out: they do not count.
    private static let graphViews = """
        DROP VIEW run_state;
        CREATE VIEW run_state AS
        SELECT run.id AS run_id, flow.name AS flow,
          CASE
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 1 AND \(counts))
              THEN 'running'
            WHEN queued = 1
              AND EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status IN (0, 4)
                AND \(counts))
              THEN 'queued'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 0
              AND (rank_ms IS NOT NULL OR retry_at_ms IS NOT NULL) AND \(counts)) THEN 'waiting'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 4 AND unmet = 0
              AND \(counts)) THEN 'held'
            WHEN timed_out_at_ms IS NOT NULL
              OR EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 2 AND \(counts))
              THEN 'failed'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 8 AND \(counts))
              THEN 'cancelled'
            ELSE 'succeeded'
          END AS state
        FROM run JOIN flow ON flow.id = run.flow_id;
        """

    /// Of a row of `task`: whether it counts for the state of its run.
    static let counts = "coalesce(role, 'watched') = 'watched'"
}
