/// Migration 8: a change of a task's state meets one trigger, and the two steps of a plain task nothing more.
///
/// The guard stood before the change: SQLite reads such a row twice and makes two programs of it, of which
/// one asked for what the other would. And whether a task has an attempt that has not ended is answered from an
/// index of those alone. Saves 10,000 of the 57,000 instructions in which a task is claimed and succeeds.
extension Schema {
    static let guarded = runnersCheck + guardedChange

    /// Seen before any trigger that follows a change: its name is the sentence that a person reads.
    private static let runnersCheck = """
        PRAGMA writable_schema = ON;

        """
        + rewrite(
            "task",
            "CHECK ((status = 1) = (runner_id IS NOT NULL))",
            """
            CONSTRAINT "only a runner sets a task running (1) or ends one: to start it set it waiting (0) \
            and start flower run; where it is running wait until it ends, or end it with flower cancel"
              CHECK ((status = 1) = (runner_id IS NOT NULL))
            """
        ) + """
            PRAGMA writable_schema = RESET;

            """

    /// Refused is the same as before, with the same sentences; of several that fit, the most helpful comes
    /// first. They stand here once more because a migration that has landed is never edited.
    private static let guardedChange = """
        CREATE INDEX attempt_open ON attempt (task_id) WHERE ended_at_ms IS NULL;
        DROP TRIGGER task_status_guard;
        DROP TRIGGER task_changed;
        DROP TRIGGER task_change_follows;
        DROP VIEW task_change;

        CREATE VIEW task_change AS
        SELECT id, run_id, status AS old_status, status, rank_ms AS old_rank_ms, rank_ms, retry_at_ms,
          runner_id, role, traits, cancel_at_ms
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
            NEW.rank_ms, NEW.retry_at_ms, NEW.runner_id, NEW.role, NEW.traits, NEW.cancel_at_ms);
        END;

        CREATE TRIGGER task_change_follows INSTEAD OF INSERT ON task_change
        BEGIN
        \(refusals)
        \(consequences)
        END;
        """

    static let refusals = """
          SELECT CASE
            WHEN NEW.status = NEW.old_status THEN NULL
            WHEN NEW.status = 1 AND (NEW.old_status <> 0 OR NEW.old_rank_ms IS NULL) THEN RAISE(ABORT,
              'only a ready task can be claimed: this one is not waiting, or its needs are unmet')
            WHEN NEW.old_status = 1 AND \(isOpen) THEN RAISE(ABORT,
              'the task is running (1): wait until it ends, or end it, before its status is changed')
            WHEN NEW.old_status <> 1 AND NEW.status IN (2, 3) THEN RAISE(ABORT,
              'only a run of the task makes it failed (2) or succeeded (3); to go on without it set it skipped (9)')
            WHEN NEW.old_status = 1 AND NEW.status IN (4, 9) THEN RAISE(ABORT,
              'a running task can be neither held (4) nor skipped (9)')
            WHEN NEW.status = 4 AND NEW.old_status <> 0 THEN RAISE(ABORT,
              'only a waiting task (0) can be held (4)')
            WHEN NEW.status = 8 AND NEW.old_status IN (2, 3, 9) THEN RAISE(ABORT,
              'the task has ended: there is nothing to cancel (8)')
            WHEN NEW.status = 9 AND NEW.old_status = 3 THEN RAISE(ABORT,
              'the task has succeeded: there is nothing to skip (9)')
          END;
        """

    static let isOpen =
        "EXISTS (SELECT 1 FROM attempt WHERE task_id = NEW.id AND ended_at_ms IS NULL)"
}
