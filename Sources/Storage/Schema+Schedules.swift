/// Migration 13: a schedule's window for catching up may be unsaid, and the zone of those without one is kept.
///
/// The default of a day, which stood in each row, was shorter than the time between two fires of a weekly
/// schedule: its fire was missed for good after a day. A window of exactly a day counts as unsaid: nobody can
/// tell it from the former default. Whoever means it has it again once the file has changed: an unchanged one is
/// not applied again.
extension Schema {
    static let scheduleRules = unsaidWindow + recordedZone

    /// Without effect on the columns' values, so without a copy of the table (sqlite.org/lang_altertable.html, 7).
    private static let unsaidWindow = """
        PRAGMA writable_schema = ON;

        """
        + rewrite(
            "schedule",
            "catchup_window_ms INTEGER NOT NULL DEFAULT 86400000 CHECK",
            "catchup_window_ms INTEGER CHECK"
        ) + """
            PRAGMA writable_schema = RESET;

            -- What is changed here is no edit of the flow.
            DROP TRIGGER schedule_update_edits;
            UPDATE schedule SET catchup_window_ms = NULL WHERE catchup_window_ms = 86400000;
            \(scheduleEdits)
            """

    private static let recordedZone = """
        ALTER TABLE instance ADD COLUMN timezone TEXT;
        CREATE TRIGGER zone_noted AFTER UPDATE OF timezone ON instance
        WHEN OLD.timezone IS NOT NEW.timezone
        BEGIN
          INSERT INTO schedule_change (schedule_id)
            SELECT id FROM schedule WHERE timezone IS NULL AND removed_at_ms IS NULL;
        END;

        """
}
