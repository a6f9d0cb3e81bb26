/// What tells a fire that nobody had looked at yet from a missed one, and makes the unrun countable.
extension Schema {
    static let pauses = """
        CREATE TABLE pause (
          id INTEGER PRIMARY KEY,
          flow_id INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
          begun_at_ms INTEGER NOT NULL,
          ended_at_ms INTEGER NOT NULL,
          reason TEXT
        ) STRICT;
        CREATE INDEX pause_flow ON pause (flow_id, ended_at_ms);
        CREATE INDEX fire_folded ON fire (schedule_id, last_due_at_ms)
          WHERE last_due_at_ms IS NOT NULL;
        CREATE INDEX fire_unrun ON fire (schedule_id, count)
          WHERE outcome NOT IN ('registered', 'except');

        """
}
