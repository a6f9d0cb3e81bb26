import Flows
import GRDB

/// What tasks give to others, and what is given to a claim.
extension Store {
    /// In the transaction that records the end of the attempt which gave them.
    func record(_ db: Database, _ outputs: [Variable], ofTask id: Int64) throws {
        let sql = """
            INSERT INTO task_output (task_id, name, value) VALUES (?, ?, ?)
            ON CONFLICT (task_id, name) DO UPDATE SET value = excluded.value
            """
        for output in outputs {
            try db.cachedStatement(sql: sql).execute(arguments: [id, output.name, output.value])
        }
    }

    /// Whether the database has the end of an attempt, or will never have it.
    package func hasEnded(_ task: Int64, _ attempt: Int) throws -> Bool {
        try read { db in
            let sql = """
                SELECT coalesce((SELECT ended_at_ms IS NOT NULL FROM attempt
                    WHERE task_id = :task AND number = :attempt),
                  NOT EXISTS (SELECT 1 FROM task WHERE id = :task))
                """
            let arguments: StatementArguments = ["task": task, "attempt": attempt]
            return try Bool.fetchOne(db, sql: sql, arguments: arguments) ?? false
        }
    }

    /// The claim with what its places stand for, or with the reason why it cannot be launched.
    ///
    /// - Parameter text: the column `traits` of its row.
    func given(_ db: Database, _ claim: Claim, _ text: String) throws -> Claim {
        let traits = try Self.decode(StoredTraits.self, text)
        let places = Places(db, run: claim.run)
        var values: [String: String] = [:]
        var fault = traits.fault
        do {
            var texts: [String] = []
            if traits.reads_outputs == true {
                texts = claim.environment.map(\.value) + claim.action.texts
            }
            if let item = traits.item {
                values["item"] = try places.fill(item)
                texts.append(item)
            }
            if let state = traits.state {
                values["run.state"] = state.rawValue
                values["run.failed_tasks"] = try failedTasks(db, run: claim.run.runID)
            }
            for text in texts {
                for (name, value) in try places.outputs(in: text) { values[name] = value }
            }
        } catch let missing as Places.Missing {
            fault = fault ?? missing.message
        }
        var claim = claim
        claim.given = Claim.Given(
            values: values,
            fault: fault,
            child: fault == nil ? try settledRun(db, of: claim, traits.state) : nil
        )
        return claim
    }
}

/// What `${…}` stands for inside the database: the run's parameters, its number, outputs of its tasks.
struct Places {
    private let db: Database
    private let run: RunContext

    /// What a place names is not there, or is of no use.
    struct Missing: Error {
        let message: String
    }

    init(_ db: Database, run: RunContext) {
        self.db = db
        self.run = run
    }

    /// The outputs that a text names, by the names of their places.
    ///
    /// - Throws: `Missing` for the first that is not there.
    func outputs(in text: String) throws -> [String: String] {
        guard OutputPlace.mayStand(in: text) else { return [:] }
        var values: [String: String] = [:]
        for name in try template(text).names {
            if let place = OutputPlace(name) { values[name] = try output(place) }
        }
        return values
    }

    /// A text with its places filled.
    func fill(_ text: String, item: String? = nil) throws -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        let outputs = try outputs(in: text)
        return try template(text).filled { outputs[$0] ?? ($0 == "item" ? item : nil) ?? value($0) }
    }

    /// Whether a task whose needs have ended is to be executed.
    func holds(_ condition: Condition, of task: Int64) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM task_need JOIN task ON task.id = need_id
              WHERE task_id = ? AND status IN (2, 8))
            """
        let hasFailed = try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [task]) ?? false
        var outputs: [String: String] = [:]
        for (name, _) in condition.places {
            if let place = OutputPlace(name) { outputs[name] = try output(place) }
        }
        return condition.holds(hasFailed ? .failed : .succeeded) { outputs[$0] ?? value($0) ?? "" }
    }

    /// A template for each item.
    ///
    /// - Throws: `Missing` also for a text that gives no list, or one that is too long.
    func items(_ list: ItemList) throws -> [String] {
        switch list {
        case .texts(let texts): return texts
        case .template(let text):
            do {
                let items = try ItemList.items(of: try fill(text)) {
                    // Lines may begin with a bracket too.
                    try? Store.decode(JSONValue.self, $0)
                }
                return items.map { Template.literal($0) }
            } catch let fault as ItemList.Fault {
                throw Missing(message: "its for_each, '\(text)', gives no list: \(fault.message)")
            }
        }
    }

    private func template(_ text: String) throws -> Template {
        do {
            return try Template(text)
        } catch {
            throw Missing(message: "'\(text)' cannot be filled: \(error.message)")
        }
    }

    private func value(_ name: String) -> String? {
        name == "run.id"
            ? String(run.runID) : run.parameters.first { $0.name == name }?.value
    }

    /// Of a task with items a JSON array of theirs, in order.
    private func output(_ place: OutputPlace) throws -> String {
        let sql = """
            SELECT task.item, task.status, task_output.value FROM task
            LEFT JOIN task_output ON task_id = task.id AND task_output.name = ?
            WHERE run_id = ? AND task.name = ? ORDER BY item
            """
        let arguments: StatementArguments = [place.key, run.runID, place.task]
        let rows = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
        let values = rows.compactMap { $0["value"] as String? }
        if let last = rows.last, last["item"] as Int > 0, !values.isEmpty {
            return try Store.encode(values)
        }
        if let value = values.first { return value }
        let state = rows.first.flatMap { TaskState(rawValue: $0["status"]) }
        let reason =
            switch state {
            case nil: "there is no such task"
            case .succeeded: "it wrote none to $FLOWER_OUTPUT"
            case let state?: "it is \(state.word)"
            }
        throw Missing(message: "task '\(place.task)' gave no output '\(place.key)': \(reason)")
    }
}
