/// Migration 11: of what an attempt has printed, how much its file does not have.
extension Schema {
    static let losses = """
        ALTER TABLE attempt ADD COLUMN lost INTEGER CHECK (lost >= 0);

        """
}
