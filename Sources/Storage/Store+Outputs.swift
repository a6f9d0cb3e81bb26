import Flows
import GRDB

/// What tasks give to others, and what is given to a claim.
extension Store {
    /// In the transaction that records the end of the attempt which gave them, in the place of what an
    /// attempt before it gave.
    func recordOutputs(_ db: Database, of end: AttemptEnd) throws {
        let claim = end.start.claim
        if claim.attempt > claim.retryBase + 1 {
            let forget = "DELETE FROM task_output WHERE task_id = ?"
            try db.cachedStatement(sql: forget).execute(arguments: [claim.taskID])
        }
        let sql = """
            INSERT INTO task_output (task_id, name, value, secrets) VALUES (?, ?, ?, ?)
            ON CONFLICT (task_id, name) DO UPDATE
              SET value = excluded.value, secrets = excluded.secrets
            """
        for output in end.outputs {
            let held = end.secrets.isEmpty ? [] : SecretText.held(end.secrets, in: output.value)
            try db.cachedStatement(sql: sql).execute(arguments: [
                claim.taskID, output.name, output.value, try held.isEmpty ? nil : Self.encode(held),
            ])
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
        if claim.fault != nil { return claim }
        do {
            let traits = try Self.column("task.traits") {
                let traits = try Self.decode(StoredTraits.self, text)
                // One that cannot be read was not judged, and is not to be executed.
                _ = try traits.condition
                return traits
            }
            return try given(db, claim, traits)
        } catch let error as StorageError where error.isOfRows {
            var claim = claim
            claim.given = Claim.Given(values: [:], fault: error.rowFault)
            return claim
        }
    }

    private func given(_ db: Database, _ claim: Claim, _ traits: StoredTraits) throws -> Claim {
        var claim = claim
        let isLenient = traits.isLenient || HookEvent(taskName: claim.name) != nil
        let places = Places(db, run: claim.run, isLenient: isLenient)
        var values: [String: String] = [:]
        var fault = traits.fault
        do {
            var texts: [String] = []
            if traits.reads_outputs == true {
                texts = claim.environment.map(\.value) + claim.action.texts
            }
            if let item = traits.item {
                values["item"] = try places.fill(item: item, holding: traits.secrets)
                texts.append(item)
            }
            if let state = traits.state {
                values["run.state"] = state.rawValue
                values["run.failed_tasks"] = try failedTasks(db, run: claim.run.runID)
            }
            for text in texts {
                for (name, value) in try places.facts(in: text) { values[name] = value }
            }
        } catch let missing as Places.Missing {
            fault = fault ?? missing.message
        }
        claim.given = Claim.Given(
            values: values,
            fault: fault,
            child: fault == nil ? try settledRun(db, of: claim, traits) : nil,
            secrets: places.met
        )
        return claim
    }
}

/// What `${…}` stands for inside the database: the run's parameters, its number, what its tasks have come to.
struct Places {
    private let db: Database
    private let run: RunContext
    /// Whether what a task has not given is an empty text.
    private let isLenient: Bool
    /// Secrets that stood in what was filled.
    let met = MetSecrets()

    /// What a place names is not there, or is of no use.
    struct Missing: Error {
        let message: String
    }

    init(_ db: Database, run: RunContext, isLenient: Bool) {
        self.db = db
        self.run = run
        self.isLenient = isLenient
    }

    /// What a text names of tasks, by the names of its places.
    ///
    /// - Throws: `Missing` for the first that is not there.
    func facts(in text: String) throws -> [String: String] {
        guard TaskPlace.mayStand(in: text) else { return [:] }
        var values: [String: String] = [:]
        for name in try template(text).names {
            if let place = TaskPlace(name) { values[name] = try fact(place, name) }
        }
        return values
    }

    /// The same places, and no secret met so far.
    var fresh: Places { Places(db, run: run, isLenient: isLenient) }

    /// The text of an item, of which a place is to be known as secret where it holds one.
    func fill(item: String, holding secrets: [String]?) throws -> String {
        let own = fresh
        let text = try own.fill(item)
        own.met.add(secrets ?? [], at: nil)
        if !own.met.isEmpty { met.add(own.met.texts, at: "item") }
        return text
    }

    /// A text with its places filled.
    func fill(_ text: String, item: String? = nil) throws -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        let facts = try facts(in: text)
        return try template(text).filled { facts[$0] ?? ($0 == "item" ? item : nil) ?? value($0) }
    }

    /// Whether a task whose needs have ended is to be executed.
    func holds(_ condition: Condition, of task: Int64) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM task_need JOIN task need ON need.id = need_id
              WHERE task_id = ? AND \(Store.stalls))
            """
        let hasFailed = try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [task]) ?? false
        var facts: [String: String] = [:]
        for (name, _) in condition.places {
            if let place = TaskPlace(name) { facts[name] = try fact(place, name) }
        }
        return condition.holds(hasFailed ? .failed : .succeeded) { facts[$0] ?? value($0) ?? "" }
    }

    /// A template for each item.
    ///
    /// - Throws: `Missing` also for a text that gives no list, or one that is too long.
    func items(_ list: ItemList) throws -> [String] {
        switch list {
        case .texts(let texts): return texts
        case .template(let text):
            do {
                let items = try ItemList.items(of: try fill(text))
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
        if name == "run.id" { return String(run.runID) }
        let value = run.parameters.first { $0.name == name }?.value
        if let value, run.secrets.contains(name) {
            met.add(
                SecretText.pieces(of: value) + SecretText.held(run.carried, in: value),
                at: name
            )
        }
        return value
    }

    private func fact(_ place: TaskPlace, _ name: String) throws -> String {
        do {
            return try found(place, name)
        } catch let missing as Missing {
            if let text = place.orElse { return text }
            if isLenient { return "" }
            throw missing
        }
    }

    /// Of a task with `for_each` a JSON array of what its items gave, in order, with a null for one that gave
    /// no such thing.
    private func found(_ place: TaskPlace, _ name: String) throws -> String {
        var key: String?
        if case .output(let name) = place.fact { key = name }
        let sql = """
            SELECT task.item, task.status, task.traits -> 'for_each' IS NOT NULL AS is_list,
              max(0, CAST(task.traits ->> 'items' AS INTEGER)) AS items,
              task_output.value, task_output.secrets, last.outcome,
              last.exit_code
            FROM task
            LEFT JOIN task_output ON task_output.task_id = task.id AND task_output.name = ?
            LEFT JOIN attempt last ON last.task_id = task.id AND last.number > task.retry_base
              AND last.number = (SELECT max(number) FROM attempt WHERE task_id = task.id)
            WHERE run_id = ? AND task.name = ? ORDER BY item
            """
        let arguments: StatementArguments = [key, run.runID, place.task]
        let rows = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
        guard let first = rows.first, let state = TaskState(rawValue: first["status"]) else {
            throw Missing(message: "there is no task '\(place.task)' in run \(run.runID)")
        }
        if first["is_list"], state == .skipped {
            // Those beyond belong to a longer list of before a rerun.
            let count: Int = first["items"] ?? rows.count - 1
            let items = rows.dropFirst().prefix(count)
            for row in items { try meet(row, name) }
            return try Store.encode(items.map { Self.fact(place, $0) })
        }
        try meet(first, name)
        if let value = Self.fact(place, first) { return value }
        throw Missing(message: Self.reason(place, state, first))
    }

    private func meet(_ row: Row, _ name: String) throws {
        guard let text = row["secrets"] as String? else { return }
        do {
            met.add(try Store.decode([String].self, text), at: name)
        } catch let error as StorageError {
            // A row that was changed with SQL is the fault of the task that reads it, and of no other.
            throw Missing(message: error.message)
        }
    }

    private static func fact(_ place: TaskPlace, _ row: Row) -> String? {
        switch place.fact {
        case .output: return row["value"]
        case .exitCode: return (row["exit_code"] as Int?).map(String.init)
        case .outcome:
            let state = TaskState(rawValue: row["status"])
            let last: String? = state == .failed ? row["outcome"] : nil
            return last ?? state?.word
        }
    }

    private static func reason(_ place: TaskPlace, _ state: TaskState, _ row: Row) -> String {
        let last: String? = row["outcome"]
        return switch (place.fact, state) {
        case (.output(let key), .succeeded):
            "task '\(place.task)' gave no output '\(key)': it wrote none to $FLOWER_OUTPUT"
        case (.output(let key), _):
            "task '\(place.task)' gave no output '\(key)': it is \(state.word)"
        case (_, .failed):
            "task '\(place.task)' has no exit code: it has \(last ?? state.word)"
        default:
            "task '\(place.task)' has no exit code: it is \(state.word)"
        }
    }
}
