/// What the database itself keeps true, in our own process as in a bare `sqlite3` shell.
extension Schema {
    /// Milliseconds since 1970. SQLite 3.40 (Debian 12) has no `unixepoch('subsec')` yet.
    static let now = "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"

    /// `design.md`, claim order: a step of priority is worth a minute of waiting.
    static let rank = "\(now) + priority * 60000"

    static let triggers = guardTriggers + progressTriggers + editTriggers + scheduleTriggers

    /// The refusals: the same changes of state that `TaskState.after` refuses, each with a sentence.
    ///
    /// SQLite evaluates a CASE in order, so the most helpful sentence comes first.
    private static let guardTriggers = """
        CREATE TRIGGER task_status_guard BEFORE UPDATE OF status ON task
        WHEN NEW.status <> OLD.status
        BEGIN
          SELECT CASE
            WHEN NEW.status = 1 AND NEW.runner_id IS NULL THEN RAISE(ABORT,
              'a task is set running (1) only by a runner that claims it; set it waiting (0) and start flower run')
            WHEN NEW.status = 1 AND (OLD.status <> 0 OR OLD.rank_ms IS NULL) THEN RAISE(ABORT,
              'only a ready task can be claimed: this one is not waiting, or its needs are unmet')
            WHEN OLD.status = 1 AND (NEW.runner_id IS NOT NULL OR EXISTS (
              SELECT 1 FROM attempt WHERE task_id = OLD.id AND ended_at_ms IS NULL))
              THEN RAISE(ABORT,
              'the task is running (1): wait until it ends, or end it, before its status is changed')
            WHEN OLD.status <> 1 AND NEW.status IN (2, 3) THEN RAISE(ABORT,
              'only a run of the task makes it failed (2) or succeeded (3); to go on without it set it skipped (9)')
            WHEN OLD.status = 1 AND NEW.status IN (4, 9) THEN RAISE(ABORT,
              'a running task can be neither held (4) nor skipped (9)')
            WHEN NEW.status = 4 AND OLD.status <> 0 THEN RAISE(ABORT,
              'only a waiting task (0) can be held (4)')
            WHEN NEW.status = 8 AND OLD.status IN (2, 3, 9) THEN RAISE(ABORT,
              'the task has ended: there is nothing to cancel (8)')
            WHEN NEW.status = 9 AND OLD.status = 3 THEN RAISE(ABORT,
              'the task has succeeded: there is nothing to skip (9)')
          END;
        END;

        CREATE TRIGGER attempt_once BEFORE UPDATE ON attempt
        WHEN OLD.ended_at_ms IS NOT NULL AND OLD.outcome IS NOT NEW.outcome
        BEGIN
          SELECT RAISE(ABORT, 'the attempt has ended: what became of it is not changed afterwards');
        END;

        """

    /// The counters: `unmet`, `rank_ms`, `retry_at_ms` and `retry_base` follow from the states.
    private static let progressTriggers = """
        CREATE TRIGGER task_satisfied AFTER UPDATE OF status ON task
        WHEN NEW.status IN (3, 9) AND OLD.status NOT IN (3, 9)
          AND EXISTS (SELECT 1 FROM task_need WHERE need_id = NEW.id)
        BEGIN
          UPDATE task SET unmet = unmet - 1,
            rank_ms = CASE WHEN unmet = 1 AND status = 0 AND retry_at_ms IS NULL THEN \(rank) END
            WHERE id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
        END;

        CREATE TRIGGER task_unsatisfied AFTER UPDATE OF status ON task
        WHEN OLD.status IN (3, 9) AND NEW.status NOT IN (3, 9)
          AND EXISTS (SELECT 1 FROM task_need WHERE need_id = NEW.id)
        BEGIN
          UPDATE task SET unmet = unmet + 1, rank_ms = NULL
            WHERE id IN (SELECT task_id FROM task_need WHERE need_id = NEW.id);
        END;

        CREATE TRIGGER task_left_running AFTER UPDATE OF status ON task
        WHEN OLD.status = 1 AND NEW.cancel_at_ms IS NOT NULL
        BEGIN
          UPDATE task SET cancel_at_ms = NULL WHERE id = NEW.id;
        END;

        -- Reset or release: retries count anew, and the task is ready at once if its needs are met.
        CREATE TRIGGER task_reset AFTER UPDATE OF status ON task
        WHEN NEW.status = 0 AND OLD.status NOT IN (0, 1)
        BEGIN
          UPDATE task SET retry_at_ms = NULL,
            retry_base = (SELECT coalesce(max(number), 0) FROM attempt WHERE task_id = NEW.id),
            rank_ms = CASE WHEN unmet = 0 THEN \(rank) END
            WHERE id = NEW.id;
        END;

        CREATE TRIGGER task_left_waiting AFTER UPDATE OF status ON task
        WHEN NEW.status <> 0 AND (NEW.rank_ms IS NOT NULL OR NEW.retry_at_ms IS NOT NULL)
        BEGIN
          UPDATE task SET rank_ms = NULL, retry_at_ms = NULL WHERE id = NEW.id;
        END;

        """

    /// A change to the master by hand is remembered, so that an unchanged file never overwrites it.
    /// `Store.apply` clears the mark at the end of its own transaction.
    private static var editTriggers: String {
        let flowColumns =
            "description, overlap, queue_limit, concurrency, priority, working_directory, shell"
        var text = """
            CREATE TRIGGER flow_edited AFTER UPDATE OF \(flowColumns) ON flow
            BEGIN
              UPDATE flow SET edited_at_ms = \(now) WHERE id = NEW.id;
            END;

            """
        let tables = ["flow_parameter", "flow_environment", "flow_task", "flow_need"]
        for table in tables {
            text += editTrigger(on: table, verb: "INSERT", row: "NEW")
            text += editTrigger(on: table, verb: "UPDATE", row: "NEW")
            text += editTrigger(on: table, verb: "DELETE", row: "OLD")
        }
        text += editTrigger(on: "schedule", verb: "INSERT", row: "NEW")
        text += editTrigger(on: "schedule", verb: "DELETE", row: "OLD")
        return text + scheduleEdits
    }

    static var scheduleEdits: String {
        let columns =
            "identity, cron, timezone, catchup, catchup_window_ms, deadline_ms,"
            + " jitter_ms, removed_at_ms"
        return editTrigger(on: "schedule", verb: "UPDATE OF \(columns)", row: "NEW")
    }

    private static func editTrigger(on table: String, verb: String, row: String) -> String {
        let name = "\(table)_\(verb.prefix { $0 != " " }.lowercased())_edits"
        return """
            CREATE TRIGGER \(name) AFTER \(verb) ON \(table)
            BEGIN
              UPDATE flow SET edited_at_ms = \(now) WHERE id = \(row).flow_id AND edited_at_ms IS NULL;
            END;

            """
    }

    /// What the scheduler must read anew; `Store.scheduleVersion` tells it.
    private static var scheduleTriggers: String {
        let columns =
            "cron, timezone, catchup, catchup_window_ms, deadline_ms, jitter_ms, begun_at_ms,"
            + " removed_at_ms"
        let events = [
            ("flow_unscheduled", "UPDATE OF paused_at_ms, paused_until_ms, removed_at_ms ON flow"),
            ("schedule_inserted", "INSERT ON schedule"),
            ("schedule_deleted", "DELETE ON schedule"),
            ("schedule_updated", "UPDATE OF \(columns) ON schedule"),
            ("except_inserted", "INSERT ON schedule_except"),
            ("except_updated", "UPDATE ON schedule_except"),
            ("except_deleted", "DELETE ON schedule_except"),
        ]
        return events.map { name, event in
            """
            CREATE TRIGGER \(name) AFTER \(event)
            BEGIN
              UPDATE instance SET schedule_version = schedule_version + 1;
            END;

            """
        }.joined()
    }

    static let views = """
        -- The state of a run is derived, never stored.
        CREATE VIEW run_state AS
        SELECT run.id AS run_id, flow.name AS flow,
          CASE
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 1) THEN 'running'
            WHEN queued = 1 AND EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 0)
              THEN 'queued'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 0
              AND (rank_ms IS NOT NULL OR retry_at_ms IS NOT NULL)) THEN 'waiting'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 4) THEN 'held'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 2) THEN 'failed'
            WHEN EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 8) THEN 'cancelled'
            ELSE 'succeeded'
          END AS state
        FROM run JOIN flow ON flow.id = run.flow_id;
        """
}
