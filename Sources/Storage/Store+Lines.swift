import Cron
import Flows
import FoundationEssentials
import GRDB

/// How much an attempt has printed.
package struct PrintedLines: Sendable, Equatable {
    package let task: String
    package let item: Int
    package let attempt: Int
    /// `nil` where it still runs, or its runner died and took the number along.
    package let lines: Int?
    /// How many of these its file does not have.
    package let lost: Int
    package let endedAt: Instant?
    /// Whose lines they are: while it lives, some may be on their way.
    package let runner: Int64
}

extension Store {
    /// What the attempts of a run have printed, by task, item and number.
    ///
    /// - Parameter task: with all its items or one; `nil` = every task.
    package func printedLines(ofRun id: Int64, task: TaskName?) throws -> [PrintedLines] {
        try read { db in
            let sql = """
                SELECT name, item, number, lines, lost, ended_at_ms, outcome, attempt.runner_id
                FROM task JOIN attempt ON task_id = task.id
                WHERE run_id = :run AND coalesce(name = :name, TRUE) AND coalesce(item = :item, TRUE)
                ORDER BY position, item, number
                """
            let arguments: StatementArguments = [
                "run": id, "name": task?.task, "item": task?.item,
            ]
            return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
                let lines: Int? = row["lines"]
                let endedAt: Int64? = row["ended_at_ms"]
                // A rescuer that found none does not know whether there were some.
                let isKnown = endedAt != nil && (lines != 0 || row["outcome"] != "interrupted")
                return PrintedLines(
                    task: row["name"],
                    item: row["item"],
                    attempt: row["number"],
                    lines: isKnown ? lines : nil,
                    lost: row["lost"] ?? 0,
                    endedAt: endedAt.map { Instant(stored: $0) },
                    runner: row["runner_id"]
                )
            }
        }
    }

    /// The last output of one attempt, by names.
    package func tail(ofRun id: Int64, _ lines: PrintedLines) throws -> [UInt8] {
        try read { db in
            let sql = """
                SELECT tail FROM attempt JOIN task ON task_id = task.id
                WHERE run_id = ? AND name = ? AND item = ? AND number = ?
                """
            let arguments: StatementArguments = [id, lines.task, lines.item, lines.attempt]
            return try Data.fetchOne(db, sql: sql, arguments: arguments).map { Array($0) } ?? []
        }
    }
}

extension Store {
    /// - Throws: `StorageError.notFound`.
    package func flowName(ofRun id: Int64) throws -> String {
        try read { db in
            try Self.checkRun(db, id)
            let sql = "SELECT name FROM flow JOIN run ON flow.id = flow_id WHERE run.id = ?"
            return try String.fetchOne(db, sql: sql, arguments: [id]) ?? ""
        }
    }
}
