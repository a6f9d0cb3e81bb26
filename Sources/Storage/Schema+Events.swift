/// Migration 2: what the scheduler is told of, expects and refuses.
extension Schema {
    static let schedulerEvents = expectation + sourceFile + scheduleChange

    /// `expect:` of a flow. `check_at_ms` is the scheduler's alarm.
    private static let expectation = """
        CREATE TABLE expectation (
          flow_id INTEGER PRIMARY KEY REFERENCES flow ON DELETE CASCADE,
          every_ms INTEGER NOT NULL CHECK (every_ms > 0),
          register TEXT,
          begun_at_ms INTEGER NOT NULL,
          check_at_ms INTEGER NOT NULL,
          unmet_at_ms INTEGER
        ) STRICT;
        CREATE INDEX expectation_check ON expectation (check_at_ms);
        CREATE TRIGGER expectation_changed AFTER UPDATE OF every_ms, register ON expectation
        BEGIN
          UPDATE flow SET edited_at_ms = \(now) WHERE id = NEW.flow_id AND edited_at_ms IS NULL;
          UPDATE expectation SET check_at_ms = 0 WHERE flow_id = NEW.flow_id;
        END;

        """

    /// The files of the scheduler's folder, as it saw them last. `message` tells why one was refused;
    /// then the definition before it stays in force.
    private static let sourceFile = """
        CREATE TABLE source_file (
          path TEXT PRIMARY KEY,
          source_path TEXT NOT NULL,
          digest TEXT NOT NULL,
          flows INTEGER NOT NULL,
          dependencies TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(dependencies)),
          message TEXT,
          seen_at_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX flow_source ON flow (source_path);

        """

    /// Which schedules to read again: of 100,000, those that changed. Only the newest changes are kept;
    /// a scheduler that has missed older ones reads all.
    private static var scheduleChange: String {
        let columns =
            "cron, timezone, catchup, catchup_window_ms, deadline_ms, jitter_ms, begun_at_ms,"
            + " removed_at_ms"
        let events = [
            ("schedule_insert", "INSERT ON schedule", "VALUES (NEW.id)"),
            ("schedule_delete", "DELETE ON schedule", "VALUES (OLD.id)"),
            ("schedule_update", "UPDATE OF \(columns) ON schedule", "VALUES (NEW.id)"),
            ("except_insert", "INSERT ON schedule_except", "VALUES (NEW.schedule_id)"),
            ("except_update", "UPDATE ON schedule_except", "VALUES (NEW.schedule_id)"),
            ("except_delete", "DELETE ON schedule_except", "VALUES (OLD.schedule_id)"),
            (
                "flow_removed", "UPDATE OF removed_at_ms ON flow",
                "SELECT id FROM schedule WHERE flow_id = NEW.id"
            ),
        ]
        return """
            CREATE TABLE schedule_change (
              id INTEGER PRIMARY KEY,
              schedule_id INTEGER NOT NULL
            ) STRICT;
            CREATE TRIGGER schedule_change_trimmed AFTER INSERT ON schedule_change
            WHEN NEW.id % 1000 = 0
            BEGIN
              DELETE FROM schedule_change WHERE id <= NEW.id - \(scheduleChangesKept);
            END;

            """
                + events.map { name, event, rows in
                    """
                    CREATE TRIGGER \(name)_noted AFTER \(event)
                    BEGIN
                      INSERT INTO schedule_change (schedule_id) \(rows);
                    END;

                    """
                }.joined()
    }

    /// At least so many changes are kept.
    static let scheduleChangesKept = 10_000
}
