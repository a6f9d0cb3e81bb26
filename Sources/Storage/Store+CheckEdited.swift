import Cron
import Flows
import GRDB

/// Flows that were changed with plain SQL, which the tables' own rules cannot judge as a whole: whether a run can
/// be made of one.
extension Store {
    /// - Throws: `StorageError.badInput` with what is wrong.
    static func checkEdited(_ db: Database, flow id: Int64) throws {
        let flow = try loadFlow(db, id: id)
        func refuse(_ what: String) -> StorageError {
            StorageError(
                .badInput,
                "flow '\(flow.name)' was changed with SQL and cannot run: \(what)",
                hint: "mend it with SQL, or apply its flow file again"
            )
        }
        for rule in Schema.valueRules where ["flow", "flow_task"].contains(rule.table) {
            let key = rule.table == "flow" ? "id" : "flow_id"
            let sql = """
                SELECT EXISTS (SELECT 1 FROM \(rule.table)
                  WHERE \(key) = ? AND \(rule.safeSQL(ofRow: "\(rule.table).")))
                """
            if try Bool.fetchOne(db, sql: sql, arguments: [id]) ?? false {
                throw refuse("\(rule.label): \(rule.sentence)")
            }
        }
        guard !flow.tasks.isEmpty else { throw refuse("it has no tasks") }
        let names = Set(flow.tasks.map(\.name))
        for task in flow.tasks {
            for need in task.needs where !names.contains(need) {
                throw refuse("task '\(task.name)' needs '\(need)', which is no task of it")
            }
        }
        if let cycle = Graph(flow.tasks).cycle {
            let path = cycle.map { flow.tasks[$0].name }.joined(separator: " → ")
            throw refuse("its tasks need each other in a circle: \(path)")
        }
    }

    /// Those that were changed so, and of which no run can be made.
    static func unrunnableFlows(_ db: Database) throws -> [CheckFinding] {
        let sql = """
            SELECT id, name FROM flow WHERE edited_at_ms IS NOT NULL AND removed_at_ms IS NULL
            ORDER BY name
            """
        return try Row.fetchAll(db, sql: sql).compactMap { row in
            guard let fault = try fault(db, ofFlow: row["id"]) else { return nil }
            let name: String = row["name"]
            return CheckFinding(
                "no run can be made of flow '\(name)': \(fault.message)",
                remedy: fault.hint ?? "apply its flow file again"
            )
        }
    }

    /// Why no run can be made of a flow that was changed with SQL; `nil` = it can.
    static func fault(_ db: Database, ofFlow id: Int64) throws -> StorageError? {
        do {
            try checkEdited(db, flow: id)
            return nil
        } catch let error as StorageError where error.isOfRows {
            return error
        }
    }
}
