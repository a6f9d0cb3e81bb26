import GRDB

/// What flows in force need of the host.
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

    /// The flows in force, sorted, that have a task or a hook of one of these components.
    package func flows(using components: [String]) throws -> [String] {
        try read { db in
            let places = components.map { _ in "?" }.joined(separator: ", ")
            let sql = """
                SELECT DISTINCT flow.name FROM flow_task JOIN flow ON flow.id = flow_task.flow_id
                WHERE kind = 'component' AND command IN (\(places)) AND removed_at_ms IS NULL
                ORDER BY flow.name
                """
            return try String.fetchAll(db, sql: sql, arguments: StatementArguments(components))
        }
    }
}
