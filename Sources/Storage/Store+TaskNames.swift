import GRDB

extension Store {
    /// The names of a run's tasks in the flow file's order, or the one asked for alone.
    ///
    /// - Throws: `StorageError.notFound` for the run or the task, with the nearest name.
    package func taskNames(ofRun id: Int64, only name: String? = nil) throws -> [String] {
        try read { db in
            try Self.checkRun(db, id)
            if let name {
                return [try Self.checkTask(db, run: id, named: name, isPast: true).task]
            }
            let sql = "SELECT DISTINCT name FROM task WHERE run_id = ? ORDER BY position"
            return try String.fetchAll(db, sql: sql, arguments: [id])
        }
    }
}
