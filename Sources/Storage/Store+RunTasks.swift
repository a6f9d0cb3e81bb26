import Cron
import Flows
import GRDB

/// The tasks of a run, row by row: a run may have 100,000 of them.
extension Store {
    /// Gives a run, and then its tasks one by one, to `body`, all on one snapshot of the database: none of them
    /// but the present one is held in memory. `body` must not call the store.
    ///
    /// - Throws: `StorageError.notFound`, and what `body` does.
    package func readRun(
        _ id: Int64,
        _ body: (RunHead, _ eachTask: (TaskReader) throws -> Void) throws -> Void
    ) throws {
        try read { db in
            try body(try head(db, run: id)) { reader in
                try eachTask(db, ofRun: id, hasTails: true, reader)
            }
        }
    }

    func head(_ db: Database, run id: Int64) throws -> RunHead {
        try Self.checkRun(db, id)
        guard let summary = try summary(db, run: id) else { throw Self.flowless(id) }
        return RunHead(
            summary: summary,
            parent: try Self.parent(db, run: id),
            outputs: summary.state == .succeeded ? try flowOutputs(db, run: id).map(\.masked) : [],
            plan: try Self.plan(db, run: id)
        )
    }

    /// Gets a task, with the last output of its last attempt if it has failed.
    package typealias TaskReader = (TaskDetail, _ tail: [UInt8]) throws -> Void

    /// In the flow file's order; of a task that has its items these in place of the list of them.
    func eachTask(
        _ db: Database,
        ofRun id: Int64,
        hasTails: Bool = false,
        _ body: TaskReader
    ) throws {
        let rows = try hot[
            db,
            "tasks",
            // A hook that has never been due is nothing to look at.
            """
            SELECT id, name, item, status, rank_ms, lane, retry_at_ms, hold, \(Self.isList),
              kind = 'component' AND command = '@flow'
            FROM task WHERE run_id = ?1 AND (\(Schema.counts) OR unmet = 0 OR status <> 0
              OR EXISTS (SELECT 1 FROM attempt WHERE task_id = task.id))
              AND NOT \(Self.isBeyondList)
            ORDER BY position, item
            """
        ]
        rows.bind(1, id)
        var list: (name: String, needs: [String])?
        var pools: [Int64: [PoolState]] = [:]
        try rows.rows(db) {
            let task = rows.integer(0)
            let name = rows.text(1) ?? ""
            let item = Int(rows.integer(2))
            let needs =
                try item == 0 || list?.name != name ? needs(db, of: task) : list?.needs ?? []
            if item == 0 { list = (name, needs) }
            if rows.integer(8) == 1 { return }
            // Of another number, which the table refuses, SQLite's own check tells.
            let state = TaskState(rawValue: Int(rows.integer(3))) ?? .waiting
            let attempts = try attempts(db, of: task)
            let isReady = rows.optionalInteger(4) != nil
            let lane = rows.integer(5)
            if isReady, pools[lane] == nil {
                pools[lane] = try poolStates(db, of: [lane])[lane] ?? []
            }
            let detail = TaskDetail(
                id: task,
                name: name,
                item: item,
                state: state,
                needs: needs,
                isLaunched: attempts.last.map { $0.endedAt == nil } ?? false,
                isReady: isReady,
                retryAt: rows.optionalInteger(6).flatMap { Self.retry(atMilliseconds: $0) },
                attempts: attempts,
                hold: rows.text(7),
                pools: isReady ? pools[lane] ?? [] : [],
                outputs: try outputs(db, of: task),
                child: rows.integer(9) == 1 ? try child(db, of: task) : nil
            )
            let tail = hasTails && state == .failed ? try lastTail(db, of: task) : []
            try body(detail, tail)
        }
    }

    /// Names, in the file's order.
    private func needs(_ db: Database, of task: Int64) throws -> [String] {
        let select = try hot[
            db,
            """
            SELECT n.name FROM task_need JOIN task n ON n.id = need_id
            WHERE task_need.task_id = ?1 AND n.item = 0 ORDER BY n.position
            """
        ]
        select.bind(1, task)
        var names: [String] = []
        try select.rows(db) { names.append(select.text(0) ?? "") }
        return names
    }

    private func outputs(_ db: Database, of task: Int64) throws -> [Variable] {
        let select = try hot[
            db,
            "SELECT name, value, secrets FROM task_output WHERE task_id = ?1 ORDER BY name"
        ]
        select.bind(1, task)
        var outputs: [Variable] = []
        try select.rows(db) {
            // Where SQL has spoilt what is secret of it, all of it is.
            let held = select.text(2).map { try? words.value(of: $0) } ?? []
            let value = select.text(1) ?? ""
            outputs.append(
                Variable(
                    select.text(0) ?? "",
                    held.map { $0.isEmpty ? value : SecretText.masked(value, $0) } ?? "***"
                )
            )
        }
        return outputs
    }

    private func attempts(_ db: Database, of task: Int64) throws -> [AttemptDetail] {
        let select = try hot[
            db,
            """
            SELECT number, started_at_ms, ended_at_ms, duration_ms, outcome, exit_code, signal, pid,
              user_cpu_ms, system_cpu_ms, max_rss_kib, lines, sink, note, lost
            FROM attempt WHERE task_id = ?1 ORDER BY number
            """
        ]
        select.bind(1, task)
        var attempts: [AttemptDetail] = []
        try select.rows(db) {
            attempts.append(
                AttemptDetail(
                    number: Int(select.integer(0)),
                    startedAt: Instant(stored: select.integer(1)),
                    endedAt: select.optionalInteger(2).map { Instant(stored: $0) },
                    durationMilliseconds: select.optionalInteger(3),
                    outcome: select.text(4),
                    exitCode: select.optionalInteger(5).map { Int($0) },
                    signal: select.optionalInteger(6).map { Int($0) },
                    pid: select.optionalInteger(7).map { Int32(truncatingIfNeeded: $0) },
                    userCPUMilliseconds: select.optionalInteger(8),
                    systemCPUMilliseconds: select.optionalInteger(9),
                    maxRSSKiB: select.optionalInteger(10),
                    lines: Int(select.integer(11)),
                    lost: Int(select.integer(14)),
                    sink: select.text(12),
                    note: select.text(13)
                )
            )
        }
        return attempts
    }

    private func lastTail(_ db: Database, of task: Int64) throws -> [UInt8] {
        let select = try hot[
            db,
            "SELECT tail FROM attempt WHERE task_id = ?1 ORDER BY number DESC LIMIT 1"
        ]
        select.bind(1, task)
        return try select.row(db) { select.bytes(0) } ?? []
    }

    /// The newest run that a task has started.
    private func child(_ db: Database, of task: Int64) throws -> ChildRun? {
        let select = try hot[
            db,
            """
            SELECT run.id, flow.name FROM run JOIN flow ON flow.id = run.flow_id
            WHERE parent_task_id = ?1 ORDER BY run.id DESC LIMIT 1
            """
        ]
        select.bind(1, task)
        let found = try select.row(db) { (id: select.integer(0), flow: select.text(1) ?? "") }
        guard let found, let state = try Self.state(db, run: found.id) else { return nil }
        return ChildRun(id: found.id, flow: found.flow, state: state)
    }
}
