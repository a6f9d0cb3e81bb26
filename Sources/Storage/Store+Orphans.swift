import GRDB

/// Rows that refer to rows that are not there: deleted in a shell, which has foreign keys switched off.
extension Store {
    /// What becomes of them, by table and the table that they refer to; of those that are not here a person
    /// decides, or a rescue.
    private static let orphanMendings: [String: Mending] = {
        var mendings: [String: Mending] = [:]
        func add(_ table: String, _ parent: String, _ what: String, _ sql: String) {
            mendings["\(table) \(parent)"] = Mending(what, sql)
        }
        func delete(_ table: String, _ column: String, without parent: String) {
            let isOrphan = "\(column) NOT IN (SELECT id FROM \(parent))"
            add(table, parent, "deletes it", "DELETE FROM \(table) WHERE \(isOrphan)")
        }
        func forget(_ table: String, _ column: String, without parent: String) {
            let isOrphan = "\(column) NOT IN (SELECT id FROM \(parent))"
            let sql = "UPDATE \(table) SET \(column) = NULL WHERE \(isOrphan)"
            add(table, parent, "lets it refer to none", sql)
        }
        for table in [
            "flow_parameter", "flow_environment", "flow_task", "schedule", "pause", "expectation",
        ] { delete(table, "flow_id", without: "flow") }
        for table in ["schedule_parameter", "schedule_except", "fire"] {
            delete(table, "schedule_id", without: "schedule")
        }
        for table in ["attempt", "task_output"] { delete(table, "task_id", without: "task") }
        for table in ["task", "settling"] { delete(table, "run_id", without: "run") }
        forget("run", "fire_id", without: "fire")
        forget("run", "parent_task_id", without: "task")
        add(
            "run",
            "flow",
            "deletes it with its tasks, once none of them runs",
            """
            DELETE FROM run WHERE flow_id NOT IN (SELECT id FROM flow)
              AND NOT EXISTS (SELECT 1 FROM task WHERE run_id = run.id AND status = 1)
            """
        )
        add(
            "task_need",
            "task",
            "deletes it",
            """
            DELETE FROM task_need WHERE task_id NOT IN (SELECT id FROM task)
              OR need_id NOT IN (SELECT id FROM task)
            """
        )
        add(
            "flow_need",
            "flow_task",
            "deletes it",
            """
            DELETE FROM flow_need WHERE NOT EXISTS (SELECT 1 FROM flow_task t
                WHERE t.flow_id = flow_need.flow_id AND t.name = task)
              OR NOT EXISTS (SELECT 1 FROM flow_task t
                WHERE t.flow_id = flow_need.flow_id AND t.name = need)
            """
        )
        return mendings
    }()

    static func orphans(_ db: Database) throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        var counts: [String: Int] = [:]
        for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
            let (table, parent): (String, String) = (row["table"], row["parent"])
            let kind = "\(table) \(parent)"
            counts[kind, default: 0] += 1
            guard let count = counts[kind], count <= rowsTold else { continue }
            // A table without rowid has no number to tell.
            let number = (row["rowid"] as Int64?).map { "row \($0)" } ?? "a row"
            findings.append(
                CheckFinding(
                    "\(number) of \(table) refers to a row of \(parent) that is not there",
                    remedy: kind == "task runner"
                        ? "start flower run: it rescues what dead runners left"
                        : "rows were deleted by hand: delete that row too",
                    mending: orphanMendings[kind]
                )
            )
        }
        for (kind, count) in counts.sorted(by: { $0.key < $1.key }) where count > rowsTold {
            let words = kind.split(separator: " ")
            findings.append(
                CheckFinding(
                    "\(count - rowsTold) more rows of \(words[0]) refer to rows of \(words[1]) that are"
                        + " not there",
                    remedy: "rows were deleted by hand: delete these rows too",
                    mending: orphanMendings[kind]
                )
            )
        }
        return findings
    }
}
