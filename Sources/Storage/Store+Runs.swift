import Cron
import Flows
import GRDB

/// Lists of runs.
extension Store {
    /// Newest first.
    ///
    /// - Throws: `StorageError.notFound` for a flow that never was.
    package func runs(
        _ filter: RunFilter = RunFilter(),
        limit: Int = Store.rowsPerPage
    ) throws -> [RunSummary] {
        var runs: [RunSummary] = []
        try eachRun(filter, limit: limit) { runs.append($0) }
        return runs
    }

    /// Gives each to `body`, newest first, all on one snapshot of the database. `body` must not call the store.
    ///
    /// - Throws: `StorageError.notFound` for a flow that never was, and what `body` does.
    package func eachRun(
        _ filter: RunFilter,
        limit: Int,
        _ body: (RunSummary) throws -> Void
    ) throws {
        try read { db in
            let (condition, arguments) = try Self.condition(db, filter)
            let sql = "SELECT id FROM run \(condition) ORDER BY id DESC LIMIT ?"
            let ids = try Int64.fetchCursor(db, sql: sql, arguments: arguments + [limit])
            while let id = try ids.next() {
                // One whose flow's row was deleted is told by `flower check`.
                if let summary = try summary(db, run: id) { try body(summary) }
            }
        }
    }

    /// The number of the newest run, of a flow or of all; `nil` where there is none.
    ///
    /// - Throws: `StorageError.notFound` for a flow that never was.
    package func newestRun(ofFlow name: String? = nil) throws -> Int64? {
        try read { db in
            let (condition, arguments) = try Self.condition(db, RunFilter(flow: name))
            let sql = "SELECT max(id) FROM run \(condition)"
            return try Int64.fetchOne(db, sql: sql, arguments: arguments)
        }
    }

    private static func condition(
        _ db: Database,
        _ filter: RunFilter
    ) throws -> (text: String, arguments: StatementArguments) {
        var terms: [String] = []
        var arguments: StatementArguments = []
        if let flow = filter.flow {
            terms.append("flow_id = ?")
            arguments += [try anyFlow(db, named: flow)]
        }
        if let since = filter.since {
            terms.append("registered_at_ms >= ?")
            arguments += [since.milliseconds]
        }
        if !filter.states.isEmpty {
            let words = filter.states.map(\.rawValue).sorted()
            let places = words.map { _ in "?" }.joined(separator: ", ")
            let state = "(SELECT state FROM run_state WHERE run_id = run.id)"
            terms.append("\(state) IN (\(places))")
            arguments += StatementArguments(words)
        }
        return (terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND "), arguments)
    }

    /// The id of a flow, be it removed.
    ///
    /// - Throws: `StorageError.notFound` for one that never was.
    static func anyFlow(_ db: Database, named name: String) throws -> Int64 {
        let sql = "SELECT id FROM flow WHERE name = ?"
        return try Int64.fetchOne(db, sql: sql, arguments: [name])
            ?? liveFlow(db, named: name)["id"]
    }

    /// `nil` where the run or its flow is not there.
    func summary(_ db: Database, run id: Int64) throws -> RunSummary? {
        let select = try hot[
            db,
            "summary",
            """
            SELECT flow.name, origin, due_at_ms, registered_at_ms, parameters, run.secrets,
              timeout_ms, timed_out_at_ms,
              (SELECT min(started_at_ms) FROM attempt JOIN task ON task.id = task_id
                WHERE run_id = run.id),
              (SELECT max(ended_at_ms) FROM attempt JOIN task ON task.id = task_id
                WHERE run_id = run.id AND \(Schema.counts)), armed, carried
            FROM run JOIN flow ON flow.id = run.flow_id WHERE run.id = ?1
            """
        ]
        select.bind(1, id)
        let counts = try taskCounts(db, ofRun: id)
        func instant(_ column: Int32) -> Instant? {
            select.optionalInteger(column).map { Instant(stored: $0) }
        }
        let found = try select.row(db) { () -> RunSummary? in
            guard let state = try Self.state(db, run: id) else { return nil }
            // What cannot be read is not shown, nor what it may say is not to be; `flower check` tells of it.
            let (parameters, secrets, carried) =
                (try? (
                    Self.decodeVariables(select.text(4) ?? "{}"),
                    Set(select.text(5).map(words.value(of:)) ?? []),
                    select.text(11).map(words.value(of:)) ?? []
                )) ?? ([], [], [])
            return RunSummary(
                id: id,
                flow: select.text(0) ?? "",
                state: state,
                origin: select.text(1) ?? "",
                dueAt: instant(2),
                registeredAt: Instant(stored: select.integer(3)),
                startedAt: instant(8),
                endedAt: state.isActive ? nil : instant(9),
                parameters: parameters,
                counts: counts,
                secrets: secrets,
                failedHooks: select.optionalInteger(10) == nil ? [] : try failedHooks(db, of: id),
                carried: carried,
                timeout: select.optionalInteger(6).map { .stored($0) },
                timedOutAt: instant(7)
            )
        }
        return found ?? nil
    }

    private func failedHooks(_ db: Database, of run: Int64) throws -> [String] {
        let select = try hot[
            db,
            "failed hooks",
            "SELECT name FROM task WHERE run_id = ?1 AND \(Self.isHook) AND status = 2 ORDER BY position"
        ]
        select.bind(1, run)
        var names: [String] = []
        try select.rows(db) { names.append(select.text(0) ?? "") }
        return names
    }

    private func taskCounts(_ db: Database, ofRun id: Int64) throws -> [TaskState: Int] {
        let select = try hot[
            db,
            "counts",
            """
            SELECT status, count(*) FROM task WHERE run_id = ?1 AND \(Schema.counts)
              AND NOT \(Self.isList) AND NOT \(Self.isEmptyList) AND NOT \(Self.isBeyondList)
            GROUP BY status
            """
        ]
        select.bind(1, id)
        var counts: [TaskState: Int] = [:]
        try select.rows(db) {
            guard let state = TaskState(rawValue: Int(select.integer(0))) else { return }
            counts[state] = Int(select.integer(1))
        }
        return counts
    }

    /// Of a row of `task`: an item beyond the list as a rerun has it, which is no part of the run any more. It
    /// stays for a rerun whose list is longer.
    static let isBeyondList = """
        (item > 0 AND status IN (0, 4, 9)
          AND item > coalesce((SELECT list.traits ->> 'items' FROM task list
            WHERE list.run_id = task.run_id AND list.name = task.name AND list.item = 0), item))
        """

    /// Of a row of `task`: item 0 of a list that was empty. It is skipped, and nothing was there to be skipped.
    private static let isEmptyList = """
        (item = 0 AND status = 9 AND traits ->> 'items' IS 0 AND traits ->> 'is_skipped' IS NULL)
        """

    /// Of a row of `task`: item 0 of one that has its items, which stands for them and is no task to people.
    static let isList = """
        (item = 0 AND status = 9 AND EXISTS (SELECT 1 FROM task i
          WHERE i.run_id = task.run_id AND i.name = task.name
            AND i.item BETWEEN 1 AND coalesce(task.traits ->> 'items', i.item)))
        """
}
