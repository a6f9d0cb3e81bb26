/// Retries by cause, time-outs of runs, pools, holds, files of variables, secrets and
/// components in processes of their own.
///
/// A task that uses none of it costs two empty columns and nothing else: no index that it enters, no
/// trigger that it fires.
extension Schema {
    static let control = controlColumns + controlTables + controlTriggers + controlViews

    /// A number above every flow's, from which the lanes of pools count on: `task.lane` holds either.
    static let firstPoolLane: Int64 = 1 << 40

    private static func lists(_ column: String) -> String {
        "\(column) TEXT CHECK (\(column) IS NULL OR json_valid(\(column)))"
    }

    private static let controlColumns = """
        ALTER TABLE flow ADD COLUMN kill_grace_ms INTEGER CHECK (kill_grace_ms >= 0);
        ALTER TABLE flow ADD COLUMN run_timeout_ms INTEGER CHECK (run_timeout_ms > 0);
        ALTER TABLE flow ADD COLUMN \(lists("environment_files"));
        ALTER TABLE flow ADD COLUMN \(lists("secrets"));

        ALTER TABLE flow_task ADD COLUMN retry_jitter REAL NOT NULL DEFAULT 0
          CHECK (retry_jitter BETWEEN 0 AND 1);
        ALTER TABLE flow_task ADD COLUMN retry_jitter_ms INTEGER NOT NULL DEFAULT 0
          CHECK (retry_jitter_ms >= 0);
        ALTER TABLE flow_task ADD COLUMN \(lists("retry_on"));
        ALTER TABLE flow_task ADD COLUMN kill_grace_ms INTEGER CHECK (kill_grace_ms >= 0);
        ALTER TABLE flow_task ADD COLUMN \(lists("pools"));
        ALTER TABLE flow_task ADD COLUMN hold TEXT;
        ALTER TABLE flow_task ADD COLUMN \(lists("environment_files"));
        ALTER TABLE flow_task ADD COLUMN isolate INTEGER NOT NULL DEFAULT 0
          CHECK (isolate = 0 OR (isolate = 1 AND kind = 'component'));

        ALTER TABLE run ADD COLUMN timeout_ms INTEGER;
        ALTER TABLE run ADD COLUMN end_by_ms INTEGER;
        ALTER TABLE run ADD COLUMN timed_out_at_ms INTEGER;
        ALTER TABLE run ADD COLUMN \(lists("environment_files"));
        ALTER TABLE run ADD COLUMN \(lists("secrets"));
        CREATE INDEX run_end_by ON run (end_by_ms) WHERE end_by_ms IS NOT NULL;

        ALTER TABLE task ADD COLUMN hold TEXT;
        ALTER TABLE task ADD COLUMN \(lists("control"));

        """

    private static let controlTables = """
        CREATE TABLE pool (
          name TEXT NOT NULL PRIMARY KEY,
          slots INTEGER NOT NULL CHECK (slots >= 0),
          changed_at_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- What tasks queue for together: a row for each combination that a flow has. Never changed.
        CREATE TABLE lane (
          id INTEGER PRIMARY KEY,
          flow_id INTEGER NOT NULL DEFAULT 0,
          pools TEXT NOT NULL CHECK (json_valid(pools)),
          UNIQUE (flow_id, pools)
        ) STRICT;

        """

    private static let controlTriggers = """
        CREATE TRIGGER flow_control_edited
        AFTER UPDATE OF kill_grace_ms, run_timeout_ms, environment_files, secrets ON flow
        BEGIN
          UPDATE flow SET edited_at_ms = \(now) WHERE id = NEW.id;
        END;

        -- As it was, and the run's time counts anew from its next start; not where a person only
        -- releases a task.
        DROP TRIGGER task_reset;
        CREATE TRIGGER task_reset AFTER UPDATE OF status ON task
        WHEN NEW.status = 0 AND OLD.status NOT IN (0, 1)
        BEGIN
          UPDATE task SET retry_at_ms = NULL,
            retry_base = (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = NEW.id),
            rank_ms = CASE WHEN unmet = 0 THEN \(now) + priority * 60000 END
            WHERE id = NEW.id;
          UPDATE run SET end_by_ms = NULL, timed_out_at_ms = NULL
            WHERE id = NEW.run_id AND OLD.status <> 4
              AND (end_by_ms IS NOT NULL OR timed_out_at_ms IS NOT NULL);
        END;

        """

    /// As it was, but: a task is held only once nothing else keeps it, so that a run whose held task
    /// waits for a failed one has failed; and a run that ran out of its time has failed, whatever its
    /// tasks.
    private static let controlViews = """
        DROP VIEW run_state;
        CREATE VIEW run_state AS
        SELECT run.id AS run_id, flow.name AS flow,
          CASE
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 1) THEN 'running'
            WHEN queued = 1 AND EXISTS (SELECT 1 FROM task WHERE run_id = run.id
              AND status IN (0, 4)) THEN 'queued'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 0
              AND (rank_ms IS NOT NULL OR retry_at_ms IS NOT NULL)) THEN 'waiting'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 4 AND unmet = 0)
              THEN 'held'
            WHEN timed_out_at_ms IS NOT NULL
              OR EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 2) THEN 'failed'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 8) THEN 'cancelled'
            ELSE 'succeeded'
          END AS state
        FROM run JOIN flow ON flow.id = run.flow_id;
        """
}
