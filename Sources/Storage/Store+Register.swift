import Cron
import Flows
import GRDB

/// What is asked of `Store.register`.
package struct RegisterRequest: Sendable {
    package enum Origin: String, Sendable {
        case schedule
        case manual
        case backfill
        case api
    }

    package var flow: String
    /// Override the flow's parameters; each must be one of them.
    package var parameters: [Variable]
    package var origin: Origin
    /// Register even though `overlap: skip` and a run is active.
    package var isForced: Bool
    /// The host's zone, in which a run without a schedule tells its date, unless one is recorded for all.
    package var hostZone: String

    package init(
        flow: String,
        parameters: [Variable] = [],
        origin: Origin = .manual,
        isForced: Bool = false,
        hostZone: String
    ) {
        self.flow = flow
        self.parameters = parameters
        self.origin = origin
        self.isForced = isForced
        self.hostZone = hostZone
    }
}

/// A run just registered.
package struct Registration: Sendable, Equatable {
    package let runID: Int64
    /// It starts when the flow's earlier runs have settled.
    package let isQueued: Bool
    /// The flow is paused: a person may register all the same, and is told so.
    package let isPaused: Bool
}

extension Store {
    /// Makes a run of a flow, with its tasks and their definition as it is now.
    ///
    /// - Throws: `StorageError.notFound` (no such flow), `.badInput` (no such parameter, or a master
    ///   spoilt with SQL), `.refused` (`overlap: skip` while a run is active). Then nothing is written.
    package func register(
        _ request: RegisterRequest,
        by actor: String,
        at now: Instant
    ) throws -> Registration {
        let registration = try write { db in
            let flow = try Self.liveFlow(db, named: request.flow)
            let id: Int64 = flow["id"]
            let parameters = try Self.parameters(db, flow: id, overriddenBy: [request.parameters])
            let overlap = request.isForced ? .start : try Self.overlap(db, flow: flow, at: now)
            if case .refuse(let reason, let active) = overlap {
                let wait = active.map { "wait for it (flower status \($0)), or " } ?? ""
                throw StorageError(
                    .refused,
                    "flow '\(request.flow)' is not registered: \(reason)",
                    hint: wait + "register all the same with --force"
                )
            }
            let run = try Self.makeRun(
                db,
                flow: flow,
                parameters: parameters,
                origin: request.origin,
                due: nil,
                isQueued: overlap == .wait,
                timezone: try Self.recordedZone(db) ?? request.hostZone,
                at: now
            )
            try Self.audit(db, at: now, by: actor, "register", flow: request.flow, run: run)
            return Registration(
                runID: run,
                isQueued: overlap == .wait,
                isPaused: Self.isPaused(flow, at: now)
            )
        }
        folder.touchWake()
        return registration
    }

    // MARK: - The steps, each within the caller's transaction

    static func liveFlow(_ db: Database, named name: String) throws -> Row {
        let sql = "SELECT * FROM flow WHERE name = ? AND removed_at_ms IS NULL"
        if let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [name]) {
            return row
        }
        let names = try String.fetchAll(
            db,
            sql: "SELECT name FROM flow WHERE removed_at_ms IS NULL"
        )
        throw StorageError(
            .notFound,
            "there is no flow '\(name)'",
            hint: didYouMean(name, among: names)
                ?? "flower flows lists them"
        )
    }

    /// The flow's parameters with later layers over earlier ones.
    static func parameters(
        _ db: Database,
        flow id: Int64,
        overriddenBy layers: [[Variable]]
    ) throws -> [Variable] {
        let sql = "SELECT name, value FROM flow_parameter WHERE flow_id = ? ORDER BY position"
        let select = HotStatement(try db.cachedStatement(sql: sql))
        select.bind(1, id)
        var values: [Variable] = []
        try select.rows(db) { values.append(Variable(select.text(0) ?? "", select.text(1) ?? "")) }
        for variable in layers.joined() {
            guard let place = values.firstIndex(where: { $0.name == variable.name }) else {
                let names = values.map(\.name)
                throw StorageError(
                    .badInput,
                    "the flow has no parameter '\(variable.name)'",
                    hint: didYouMean(variable.name, among: names)
                        ?? (names.isEmpty
                            ? "it has none" : "it has \(names.joined(separator: ", "))")
                )
            }
            guard variable.value.utf8.count <= Limit.parameterBytes else {
                throw StorageError(
                    .badInput,
                    "the value of parameter '\(variable.name)' is longer than"
                        + " \(Limit.parameterBytes) bytes",
                    hint: "put it into a file and pass the file's name"
                )
            }
            guard !variable.value.utf8.contains(0) else {
                throw StorageError(
                    .badInput,
                    "the value of parameter '\(variable.name)' has a NUL byte, which no environment holds"
                )
            }
            values[place].value = variable.value
        }
        return values
    }

    /// Inserts the run and copies the master's tasks and needs into it.
    static func makeRun(
        _ db: Database,
        flow: Row,
        parameters: [Variable],
        origin: RegisterRequest.Origin,
        due: (at: Instant, fire: Int64, startBy: Instant?)?,
        isQueued: Bool,
        timezone: String,
        parent: Int64? = nil,
        at now: Instant
    ) throws -> Int64 {
        let id: Int64 = flow["id"]
        if flow["edited_at_ms"] as Int64? != nil {
            try checkEdited(db, flow: id)
            try makeLanes(db, flow: id)
        }
        let sql = """
            INSERT INTO run (flow_id, fire_id, origin, due_at_ms, registered_at_ms, start_by_ms, queued,
              timezone, parameters, environment, working_directory, shell, timeout_ms,
              environment_files, secrets, outputs, armed, parent_task_id, awaited)
            SELECT id, ?, ?, ?, ?, ?, ?, ?, ?,
              (SELECT json_group_object(name, value) FROM flow_environment
                WHERE flow_id = flow.id AND task = ''), working_directory, shell, run_timeout_ms,
              environment_files, secrets, outputs,
              (SELECT 1 FROM flow_task WHERE flow_id = flow.id AND \(Self.isHook) LIMIT 1), ?, ?
            FROM flow WHERE id = ?
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            due?.fire, origin.rawValue, due?.at.milliseconds, now.milliseconds,
            due?.startBy?.milliseconds, isQueued, timezone, try encode(parameters), parent,
            parent != nil, id,
        ])
        let run = db.lastInsertedRowID
        try copyTasks(db, flow: id, run: run, isQueued: isQueued, at: now)
        return run
    }

    private static func copyTasks(
        _ db: Database,
        flow id: Int64,
        run: Int64,
        isQueued: Bool,
        at now: Instant
    ) throws {
        // Asked once of a flow: most have the one or the other, and a crowd has neither.
        let hasNeeds = "EXISTS (SELECT 1 FROM flow_need WHERE flow_id = :flow)"
        let hasOwnEnvironments =
            "EXISTS (SELECT 1 FROM flow_environment WHERE flow_id = :flow AND task <> '')"
        let unmet = """
            (iif(\(hasNeeds),
                (SELECT count(*) FROM flow_need WHERE flow_id = :flow AND task = t.name), 0)
              + :queued + (t.role IS NOT NULL))
            """
        let tasks = """
            INSERT INTO task (run_id, position, name, unmet, rank_ms, lane, priority, kind, command,
              arguments, environment, timeout_ms, retry_limit, retry_delay_ms, retry_backoff,
              retry_max_delay_ms, status, hold, control, traits, judged_ms, role)
            SELECT :run, t.position, t.name, \(unmet),
              CASE WHEN \(unmet) = 0 AND t.hold IS NULL
                THEN :now + coalesce(t.priority, f.priority) * 60000 END,
              CASE WHEN t.pools IS NULL THEN iif(f.concurrency IS NULL, 0, f.id)
                ELSE (SELECT id FROM lane WHERE pools = t.pools
                  AND flow_id = iif(f.concurrency IS NULL, 0, f.id)) END,
              coalesce(t.priority, f.priority),
              t.kind, t.command, t.arguments,
              iif(\(hasOwnEnvironments), (SELECT json_group_object(name, value) FROM flow_environment
                WHERE flow_id = :flow AND task = t.name GROUP BY task), NULL),
              t.timeout_ms, t.retry_limit,
              iif(t.retry_limit, t.retry_delay_ms, 0), iif(t.retry_limit, t.retry_backoff, 1.0),
              iif(t.retry_limit, t.retry_max_delay_ms, 0), iif(t.hold IS NULL, 0, 4), t.hold,
              \(TaskControl.sql), t.traits,
              \(StoredTraits.judged),
              coalesce(t.role, (SELECT 'watched' FROM run WHERE id = :run
                AND (armed IS NOT NULL OR parent_task_id IS NOT NULL)))
            FROM flow f JOIN flow_task t ON t.flow_id = f.id
            WHERE f.id = :flow ORDER BY t.position
            """
        let arguments: StatementArguments = [
            "run": run, "flow": id, "now": now.milliseconds, "queued": isQueued,
        ]
        do {
            try db.cachedStatement(sql: tasks).execute(arguments: arguments)
        } catch let error as DatabaseError
            where error.extendedResultCode == .SQLITE_CONSTRAINT_NOTNULL
        {
            // A lane that was changed or deleted by hand.
            try makeLanes(db, flow: id)
            try db.cachedStatement(sql: tasks).execute(arguments: arguments)
        }
        let needs = """
            INSERT INTO task_need (task_id, need_id)
            SELECT t.id, n.id FROM flow_need
            JOIN task t ON t.run_id = :run AND t.name = flow_need.task AND t.item = 0
            JOIN task n ON n.run_id = :run AND n.name = flow_need.need AND n.item = 0
            WHERE flow_need.flow_id = :flow
            """
        try db.cachedStatement(sql: needs).execute(arguments: ["run": run, "flow": id])
        try watchForStalls(db, flow: id, run: run)
    }
}
