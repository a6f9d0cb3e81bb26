import GRDB

extension Store {
    /// Whether a flow asks for mails.
    package func usesMail() throws -> Bool {
        try read { db in
            let sql = """
                SELECT EXISTS (
                  SELECT 1 FROM flow_task JOIN flow ON flow.id = flow_task.flow_id
                  WHERE role = 'notify' AND removed_at_ms IS NULL)
                """
            return try Bool.fetchOne(db, sql: sql) ?? false
        }
    }
}
