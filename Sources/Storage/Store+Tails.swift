import Flows
import FoundationEssentials
import GRDB

extension Store {
    /// The last output of one attempt; empty where there is none.
    package func tail(ofTask id: Int64, attempt number: Int) throws -> [UInt8] {
        try read { db in
            let sql = "SELECT tail FROM attempt WHERE task_id = ? AND number = ?"
            let tail = try Data.fetchOne(db, sql: sql, arguments: [id, number])
            return tail.map { Array($0) } ?? []
        }
    }

    /// The last output of the last attempts of a run's failed tasks, by task id.
    ///
    /// Apart from `run(_:)`, because each may have `Limit.tailBytes` and a run 100,000 tasks.
    ///
    /// - Parameter limit: of so many tasks at most, the first in the flow file's order.
    package func tailsOfFailedTasks(ofRun id: Int64, limit: Int) throws -> [Int64: [UInt8]] {
        try read { db in
            let sql = """
                SELECT id, (SELECT tail FROM attempt WHERE task_id = id ORDER BY number DESC LIMIT 1)
                  AS tail
                FROM task WHERE run_id = ? AND status = 2 ORDER BY position, item LIMIT ?
                """
            var result: [Int64: [UInt8]] = [:]
            for row in try Row.fetchAll(db, sql: sql, arguments: [id, limit]) {
                if let tail = row["tail"] as Data? { result[row["id"]] = Array(tail) }
            }
            return result
        }
    }
}
