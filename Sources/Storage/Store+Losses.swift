import GRDB

/// How many lines of an attempt could not be written to its file, and why.
package struct LogLoss: Sendable, Equatable {
    package let task: Int64
    package let attempt: Int
    package var lines: Int
    package let reason: String

    package init(task: Int64, attempt: Int, lines: Int = 0, reason: String) {
        self.task = task
        self.attempt = attempt
        self.lines = lines
        self.reason = reason
    }

    /// What the attempt's row says of it.
    package var note: String { "\(lines) of its lines could not be written to its file: \(reason)" }
}

extension Store {
    /// Notes what was lost of attempts that have ended.
    ///
    /// - Returns: those of which there is no end yet.
    func note(_ db: Database, _ losses: [LogLoss]) throws -> [LogLoss] {
        try losses.filter { loss in
            let sql = """
                UPDATE attempt SET lost = coalesce(lost, 0) + ?1,
                  note = iif(note IS NULL, ?2, note || '; ' || ?2)
                WHERE task_id = ?3 AND number = ?4 AND ended_at_ms IS NOT NULL
                """
            try db.execute(sql: sql, arguments: [loss.lines, loss.note, loss.task, loss.attempt])
            return db.changesCount == 0
        }
    }

    /// The same, of a runner that ends, once nothing else of it is to be recorded.
    package func note(_ losses: [LogLoss]) throws {
        guard !losses.isEmpty else { return }
        try write { db in _ = try note(db, losses) }
    }
}
