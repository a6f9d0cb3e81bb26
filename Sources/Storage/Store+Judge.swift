import Cron
import Flows
import GRDB

/// `when:` and `for_each:`: judged once a task's needs have ended, before it can be claimed.
extension Store {
    /// Brings the graph forward as far as it goes without a runner: looks what stalls, judges what is ready,
    /// lets queued runs go, settles what has settled. A part of every transaction that changes states.
    func advance(_ db: Database, at now: Instant) throws {
        repeat { try judgeAll(db, at: now) } while try settleRuns(db, at: now)
    }

    /// The same but for settling, which a turn leaves until it has claimed: while a task of a run is
    /// claimed, the first look at the run tells that it is active.
    func judgeAll(_ db: Database, at now: Instant) throws {
        try Self.markStalled(db, at: now)
        repeat {
            while try judge(db, at: now) {}
            try Self.openQueuedRuns(db, at: now)
        } while try Self.hasUnjudged(db)
    }

    /// - Returns: whether a run has settled, so that others may be ready.
    func settle(_ db: Database, at now: Instant) throws -> Bool {
        guard try settleRuns(db, at: now) else { return false }
        try judgeAll(db, at: now)
        return true
    }

    private static func hasUnjudged(_ db: Database) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM task
              WHERE judged_ms IS NOT NULL AND rank_ms IS NOT NULL AND rank_ms <> judged_ms)
            """
        return try Bool.fetchOne(db.cachedStatement(sql: sql)) ?? false
    }

    /// - Returns: whether there was any: what was skipped may have made others ready.
    private func judge(_ db: Database, at now: Instant) throws -> Bool {
        let sql = """
            SELECT id FROM task
            WHERE judged_ms IS NOT NULL AND rank_ms IS NOT NULL AND rank_ms <> judged_ms ORDER BY id
            """
        let ready = try Int64.fetchAll(db.cachedStatement(sql: sql))
        for id in ready {
            do {
                try judge(db, task: id, at: now)
            } catch let error as StorageError where error.isOfRows {
                // Plain SQL has spoilt its row, or its run's: its claim tells it.
                let done = "UPDATE task SET judged_ms = coalesce(rank_ms, 0) WHERE id = ?"
                try db.cachedStatement(sql: done).execute(arguments: [id])
            }
        }
        return !ready.isEmpty
    }

    /// A fault leaves it ready: its claim has it, and the attempt tells it.
    private func judge(_ db: Database, task id: Int64, at now: Instant) throws {
        // What an earlier judgement left is gone first.
        let forget = """
            UPDATE task SET traits = json_remove(traits, '$.fault')
            WHERE id = ? AND traits ->> 'fault' IS NOT NULL
            """
        try db.cachedStatement(sql: forget).execute(arguments: [id])
        let sql = "SELECT run_id, item, kind, command, arguments, traits FROM task WHERE id = ?"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else {
            return
        }
        let traits = try Self.decode(StoredTraits.self, row["traits"] ?? "{}")
        let run = try context(db, run: row["run_id"])
        let places = Places(db, run: run, isLenient: traits.isLenient)
        var fault: String?
        do {
            let isExecuted = try traits.condition.map { try places.holds($0, of: id) } ?? true
            if let list = traits.list {
                // Items of before a rerun go with it.
                let own = places.fresh
                let items = isExecuted ? try own.items(list) : nil
                return try fanOut(db, task: id, traits, items, own.met)
            }
            guard isExecuted else { return try Self.skip(db, task: id) }
            if row["command"] == StoredFlow.command, row["kind"] == "component" {
                let action = try Self.action(
                    kind: row["kind"],
                    command: row["command"],
                    with: row["arguments"]
                )
                try start(db, action, for: id, in: row["run_id"], traits, places, at: now)
            }
        } catch let missing as Places.Missing {
            fault = missing.message
        }
        let done = """
            UPDATE task SET judged_ms = coalesce(rank_ms, 0),
              traits = CASE WHEN :fault IS NULL THEN traits
                ELSE json_set(coalesce(traits, '{}'), '$.fault', :fault) END
            WHERE id = :id
            """
        try db.cachedStatement(sql: done).execute(arguments: ["fault": fault, "id": id])
    }

    private static func skip(_ db: Database, task id: Int64) throws {
        let sql = "UPDATE task SET status = 9 WHERE id = ?"
        try db.cachedStatement(sql: sql).execute(arguments: [id])
    }

    // MARK: - Items

    /// Makes the rows of a task's items, 1...n, beside item 0, which stands for the list and is skipped:
    /// that makes them ready. What needs the task needs them all.
    ///
    /// After a rerun the rows of before are used again; those beyond the new list are skipped.
    ///
    /// - Parameter list: `nil` = its condition does not hold.
    private func fanOut(
        _ db: Database,
        task id: Int64,
        _ traits: StoredTraits,
        _ list: [String]?,
        _ met: MetSecrets
    ) throws {
        let items = list ?? []
        let copied = try itemColumns(db)
        let insert = """
            INSERT INTO task (\(copied), item, unmet, traits, judged_ms, stalled)
            SELECT \(copied), ?, 1, ?, iif(command = '\(StoredFlow.command)', 0, NULL),
              iif(stalled IS NULL, NULL, 0)
            FROM task WHERE id = ?
            """
        let known = try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT t.id FROM task t JOIN task g ON t.run_id = g.run_id AND t.name = g.name
                    WHERE g.id = ? AND t.item > 0 ORDER BY t.item
                    """
            ),
            arguments: [id]
        )
        var made: [Int64] = []
        for (index, item) in items.enumerated() {
            var own = StoredTraits()
            own.item = item
            own.reads_outputs = traits.reads_outputs
            own.lenient = traits.isLenient ? true : nil
            own.flow = traits.flow
            own.secrets = Self.secrets(of: item, met)
            let text = try Self.encode(own)
            if index < known.count {
                let sql = "UPDATE task SET traits = ? WHERE id = ? AND status IN (0, 4)"
                try db.cachedStatement(sql: sql).execute(arguments: [text, known[index]])
            } else {
                try db.cachedStatement(sql: insert).execute(arguments: [index + 1, text, id])
                made.append(db.lastInsertedRowID)
            }
        }
        for old in known.dropFirst(items.count) {
            let sql = "UPDATE task SET status = 9 WHERE id = ? AND status IN (0, 4)"
            try db.cachedStatement(sql: sql).execute(arguments: [old])
        }
        try Self.linkItems(db, made, of: id)
        let mark =
            list == nil
            ? "json_set(traits, '$.items', ?, '$.is_skipped', 1)"
            : "json_remove(json_set(traits, '$.items', ?), '$.is_skipped')"
        let count = "UPDATE task SET traits = \(mark) WHERE id = ?"
        try db.cachedStatement(sql: count).execute(arguments: [items.count, id])
        try Self.skip(db, task: id)
    }

    /// Those of a list's secrets that an item holds; where the list is a secret parameter's, all of it is one.
    private static func secrets(of item: String, _ met: MetSecrets) -> [String]? {
        guard !met.isEmpty else { return nil }
        let text = (try? Template(item))?.filled { _ in nil } ?? item
        let held = SecretText.held(met.texts.sorted(), in: text)
        if !held.isEmpty { return held }
        return met.places.contains { !TaskPlace.isMeant(by: $0) } ? [text] : nil
    }

    private static func linkItems(_ db: Database, _ items: [Int64], of id: Int64) throws {
        guard !items.isEmpty else { return }
        let dependents = try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT task_id FROM task_need JOIN task t ON t.id = task_id
                    JOIN task g ON g.id = need_id WHERE need_id = ? AND t.name <> g.name
                    """
            ),
            arguments: [id]
        )
        let insert = "INSERT INTO task_need (need_id, task_id) VALUES (?, ?)"
        for item in items {
            try db.cachedStatement(sql: insert).execute(arguments: [id, item])
            for dependent in dependents {
                try db.cachedStatement(sql: insert).execute(arguments: [item, dependent])
            }
        }
        // None of them is ready: item 0 has not ended yet.
        let count = "UPDATE task SET unmet = unmet + ? WHERE id = ?"
        for dependent in dependents {
            try db.cachedStatement(sql: count).execute(arguments: [items.count, dependent])
        }
    }

    /// The columns that an item has of its task's item 0: its definition, but not its state.
    private func itemColumns(_ db: Database) throws -> String {
        let own: Set<String> = [
            "id", "item", "status", "unmet", "rank_ms", "retry_at_ms", "retry_base", "runner_id",
            "cancel_at_ms", "traits", "judged_ms", "stalled",
            // A person lets the task go, not each item.
            "hold",
        ]
        let names = try String.fetchAll(
            db.cachedStatement(sql: "SELECT name FROM pragma_table_info('task')")
        )
        return names.filter { !own.contains($0) }.joined(separator: ", ")
    }
}
