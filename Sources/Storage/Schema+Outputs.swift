/// Migration 10: flows have outputs, and secrets are known again wherever they are carried.
extension Schema {
    static let outputs = """
        ALTER TABLE flow ADD COLUMN outputs TEXT CHECK (outputs IS NULL OR json_valid(outputs));
        ALTER TABLE run ADD COLUMN outputs TEXT CHECK (outputs IS NULL OR json_valid(outputs));
        ALTER TABLE run ADD COLUMN carried TEXT CHECK (carried IS NULL OR json_valid(carried));
        ALTER TABLE task_output ADD COLUMN secrets TEXT
          CHECK (secrets IS NULL OR json_valid(secrets));

        CREATE TRIGGER flow_outputs_edited AFTER UPDATE OF outputs ON flow
        BEGIN
          UPDATE flow SET edited_at_ms = \(now) WHERE id = NEW.id;
        END;

        """
}
