import Cron
import Flows
import FoundationEssentials
import GRDB

/// What people look at. Nothing here writes.
extension Store {
    /// How many rows a list gives unless more are asked for.
    package static let rowsPerPage = 100

    /// By name.
    ///
    /// - Parameter now: a pause that is over by then is none.
    package func flows(at now: Instant) throws -> [FlowSummary] {
        try read { db in
            let sql = """
                SELECT f.*,
                  (SELECT count(*) FROM flow_task WHERE flow_id = f.id AND role IS NULL) AS tasks,
                  (SELECT count(*) FROM schedule WHERE flow_id = f.id AND removed_at_ms IS NULL)
                    AS schedules,
                  (SELECT max(id) FROM run WHERE flow_id = f.id) AS last_run,
                  EXISTS (SELECT 1 FROM expectation WHERE flow_id = f.id
                    AND unmet_at_ms IS NOT NULL) AS late
                FROM flow f WHERE removed_at_ms IS NULL ORDER BY name
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                let lastRun: Int64? = row["last_run"]
                return FlowSummary(
                    name: row["name"],
                    description: row["description"],
                    tasks: row["tasks"],
                    schedules: row["schedules"],
                    pause: Self.pause(row, at: now),
                    isEdited: row["edited_at_ms"] as Int64? != nil,
                    isLate: row["late"],
                    lastRun: lastRun,
                    lastState: try lastRun.flatMap { try Self.state(db, run: $0) }
                )
            }
        }
    }

    /// The pauses that last, by flow.
    package func pauses(at now: Instant) throws -> [String: Pause] {
        try read { db in
            let sql = "SELECT * FROM flow WHERE paused_at_ms IS NOT NULL AND removed_at_ms IS NULL"
            var result: [String: Pause] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                result[row["name"]] = Self.pause(row, at: now)
            }
            return result
        }
    }

    private static func pause(_ flow: Row, at now: Instant) -> Pause? {
        guard let begunAt = instant(flow, "paused_at_ms"), isPaused(flow, at: now) else {
            return nil
        }
        return Pause(
            begunAt: begunAt,
            until: instant(flow, "paused_until_ms"),
            reason: flow["pause_reason"]
        )
    }

    /// - Throws: `StorageError.notFound`, with the nearest name.
    package func flow(named name: String, at now: Instant) throws -> FlowDetail {
        try read { db in
            let row = try Self.liveFlow(db, named: name)
            return try Self.detail(db, row, try Self.loadFlow(db, id: row["id"]), at: now)
        }
    }

    /// Gives a flow without its tasks, and then these one by one, to `body`, all on one snapshot of the database:
    /// a flow may have 100,000 of them. `body` must not call the store.
    ///
    /// - Throws: `StorageError.notFound`, with the nearest name, and what `body` does.
    package func readFlow(
        named name: String,
        at now: Instant,
        _ body: (FlowDetail, _ eachTask: ((TaskSpec) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        try read { db in
            let row = try Self.liveFlow(db, named: name)
            let id: Int64 = row["id"]
            let flow = try Self.loadFlow(db, id: id, hasTasks: false)
            try body(try Self.detail(db, row, flow, at: now)) { reader in
                try Self.eachTask(db, flow: id, .tasks) { task, _ in try reader(task) }
            }
        }
    }

    private static func detail(
        _ db: Database,
        _ row: Row,
        _ flow: Flow,
        at now: Instant
    ) throws -> FlowDetail {
        FlowDetail(
            flow: flow,
            sourcePath: row["source_path"],
            appliedAt: Instant(stored: row["applied_at_ms"]),
            editedAt: instant(row, "edited_at_ms"),
            pause: pause(row, at: now),
            lateAt: try Int64.fetchOne(
                db,
                sql: "SELECT unmet_at_ms FROM expectation WHERE flow_id = ?",
                arguments: [row["id"] as Int64]
            ).map { Instant(stored: $0) }
        )
    }

    /// The newest past fire of each schedule that has one, by schedule id.
    package func lastFires() throws -> [Int64: LastFire] {
        try read { db in
            let sql = """
                SELECT fire.schedule_id, max(fire.due_at_ms) AS due, fire.outcome, run.id AS run
                FROM fire LEFT JOIN run ON run.fire_id = fire.id GROUP BY fire.schedule_id
                """
            var result: [Int64: LastFire] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                let run: Int64? = row["run"]
                result[row["schedule_id"]] = LastFire(
                    dueAt: Instant(stored: row["due"]),
                    outcome: FireOutcome(rawValue: row["outcome"]) ?? .missed,
                    runID: run,
                    state: try run.flatMap { try Self.state(db, run: $0) }
                )
            }
            return result
        }
    }

    /// - Throws: `StorageError.notFound`.
    package func run(_ id: Int64) throws -> RunDetail {
        try read { db in
            let head = try head(db, run: id)
            var tasks: [TaskDetail] = []
            try eachTask(db, ofRun: id) { task, _ in tasks.append(task) }
            return RunDetail(
                summary: head.summary,
                tasks: tasks,
                parent: head.parent,
                outputs: head.outputs,
                plan: head.plan
            )
        }
    }

    /// - Throws: `StorageError.notFound`.
    package func state(ofRun id: Int64) throws -> RunState {
        try read { db in
            try Self.checkRun(db, id)
            guard let state = try Self.state(db, run: id) else { throw Self.flowless(id) }
            return state
        }
    }

    /// The same, after the write that is under way: a write's files change before it can be read, so
    /// whoever was told of the change would else look too early.
    package func stateAfterWrite(ofRun id: Int64) throws -> RunState {
        try awaitWriter()
        return try state(ofRun: id)
    }

    // MARK: - The parts

    static func checkRun(_ db: Database, _ id: Int64) throws {
        let sql = "SELECT 1 FROM run WHERE id = ?"
        if try Bool.fetchOne(db, sql: sql, arguments: [id]) ?? false { return }
        throw StorageError(.notFound, "there is no run \(id)", hint: "flower runs lists them")
    }

    /// `nil` where there is no such run: other prunes delete runs, and so do people in a bare shell; nor is
    /// there one whose flow's row was deleted.
    static func state(_ db: Database, run id: Int64) throws -> RunState? {
        let sql = "SELECT state FROM run_state WHERE run_id = ?"
        return try String.fetchOne(db.cachedStatement(sql: sql), arguments: [id])
            .flatMap(RunState.init)
    }

    static func flowless(_ id: Int64) -> StorageError {
        StorageError(
            .notFound,
            "the flow of run \(id) is not there",
            hint:
                "its row was deleted by hand: flower check tells of it, and --mend deletes the run"
        )
    }

    private static func instant(_ row: Row, _ column: String) -> Instant? {
        (row[column] as Int64?).map { Instant(stored: $0) }
    }

    static func attempt(_ row: Row) -> AttemptDetail {
        AttemptDetail(
            number: row["number"],
            startedAt: Instant(stored: row["started_at_ms"]),
            endedAt: instant(row, "ended_at_ms"),
            durationMilliseconds: row["duration_ms"],
            outcome: row["outcome"],
            exitCode: row["exit_code"],
            signal: row["signal"],
            pid: (row["pid"] as Int64?).flatMap { Int32(exactly: $0) },
            userCPUMilliseconds: row["user_cpu_ms"],
            systemCPUMilliseconds: row["system_cpu_ms"],
            maxRSSKiB: row["max_rss_kib"],
            lines: row["lines"],
            lost: row["lost"] ?? 0,
            sink: row["sink"],
            note: row["note"]
        )
    }
}
