/// Migration: outputs, conditions, fan-outs, hooks and runs within runs.
///
/// All of it keeps out of the way of tasks that have none of it: a column of theirs is NULL, and no index
/// below holds them.
extension Schema {
    static let graph = graphColumns + graphIndexes + graphTriggers + graphViews

    /// Of a run: the waiting task of another run's that is to go on when it has settled.
    private static let graphColumns = """
        ALTER TABLE flow_task ADD COLUMN role TEXT
          CHECK (role IN ('on_failure', 'on_success', 'always', 'notify'));
        ALTER TABLE flow_task ADD COLUMN traits TEXT CHECK (traits IS NULL OR json_valid(traits));

        ALTER TABLE run ADD COLUMN armed INTEGER CHECK (armed IN (0, 1));
        ALTER TABLE run ADD COLUMN parent_task_id INTEGER REFERENCES task ON DELETE SET NULL;
        ALTER TABLE run ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0 CHECK (awaited IN (0, 1));

        ALTER TABLE task ADD COLUMN role TEXT
          CHECK (role IN ('watched', 'on_failure', 'on_success', 'always', 'notify'));
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
        CREATE INDEX task_watched_active ON task (run_id) WHERE role = 'watched'
          AND (status IN (1, 4) OR rank_ms IS NOT NULL OR retry_at_ms IS NOT NULL);
        CREATE INDEX run_parent ON run (parent_task_id) WHERE parent_task_id IS NOT NULL;

        """

    /// Whether the row counts a failed need as one that has ended: `when:` names `failed` or `always`.
    private static let isPatient = "coalesce(traits ->> 'patience', 'success') <> 'success'"

    /// `task_satisfied` as it was, but for skipping what has failed, which `task_gave_up` does.
    private static let graphTriggers = """
        DROP TRIGGER task_satisfied;
        CREATE TRIGGER task_satisfied AFTER UPDATE OF status ON task
        WHEN NEW.status IN (3, 9) AND OLD.status NOT IN (2, 3, 8, 9)
          AND EXISTS (SELECT 1 FROM task_need WHERE need_id = NEW.id)
        BEGIN
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
        END;

        -- Into failed or cancelled, and out of them: of those that need it, each has its own view of it.
        CREATE TRIGGER task_gave_up AFTER UPDATE OF status ON task
        WHEN (NEW.status IN (2, 8)) <> (OLD.status IN (2, 8))
          AND EXISTS (SELECT 1 FROM task_need WHERE need_id = NEW.id)
        BEGIN
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE NEW.status IN (2, 8) AND \(isPatient)
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
          UPDATE task SET unmet = unmet + 1, rank_ms = NULL
            WHERE OLD.status IN (2, 8) AND NEW.status NOT IN (3, 9) AND \(isPatient)
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE OLD.status IN (2, 8) AND NEW.status IN (3, 9) AND NOT (\(isPatient))
              AND id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
        END;

        -- As before; and what it gave is of its former execution.
        DROP TRIGGER task_reset;
        CREATE TRIGGER task_reset AFTER UPDATE OF status ON task
        WHEN NEW.status = 0 AND OLD.status NOT IN (0, 1)
        BEGIN
          DELETE FROM task_output WHERE task_id = NEW.id;
          UPDATE task SET retry_at_ms = NULL,
            retry_base = (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = NEW.id),
            rank_ms = CASE WHEN unmet = 0 THEN \(rank) END
            WHERE id = NEW.id;
        END;

        -- Somebody waits for the run to settle: a hook of it, or a task of another run. Whoever commits
        -- next looks whether it has; all triggers of this change must have been at work by then.
        CREATE TRIGGER task_settles AFTER UPDATE OF status ON task
        WHEN NEW.role IS NOT NULL AND NEW.status <> OLD.status
          AND (NEW.status IN (2, 3, 8, 9) OR OLD.status IN (2, 3, 8, 9))
        BEGIN
          INSERT INTO settling (run_id) SELECT NEW.run_id
            WHERE NOT EXISTS (SELECT 1 FROM settling WHERE run_id = NEW.run_id);
          UPDATE run SET armed = 1 WHERE id = NEW.run_id AND armed = 0
            AND NEW.role = 'watched' AND OLD.status IN (2, 3, 8, 9);
        END;

        -- A task that waits for a run of another flow has its result, or does not want it any more.
        CREATE TRIGGER task_left_run AFTER UPDATE OF status ON task
        WHEN NEW.traits IS NOT NULL AND NEW.status <> OLD.status
          AND (NEW.status IN (2, 3, 8, 9) OR (OLD.status = 1 AND NEW.retry_at_ms IS NOT NULL))
        BEGIN
          UPDATE run SET awaited = 0 WHERE parent_task_id = NEW.id AND awaited = 1;
        END;

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
              AND EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 0 AND \(counts))
              THEN 'queued'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 0
              AND (rank_ms IS NOT NULL OR retry_at_ms IS NOT NULL) AND \(counts)) THEN 'waiting'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 4 AND \(counts))
              THEN 'held'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 2 AND \(counts))
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
