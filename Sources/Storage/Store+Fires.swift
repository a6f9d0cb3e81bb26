import Cron
import Flows
import GRDB

/// A fire's row as lists show it.
package struct FireDetail: Sendable {
    package let flow: String
    package let scheduleIdentity: String
    package let dueAt: Instant
    /// Of a row that stands for several missed fires.
    package let lastDueAt: Instant?
    package let count: Int
    package let outcome: FireOutcome
    package let note: String?
    package let recordedAt: Instant
    /// The newest run of it.
    package let runID: Int64?
    package let state: RunState?
}

/// Which fires a list is of: those that fit all that is said.
package struct FireFilter: Sendable {
    /// Removed ones included.
    package var flow: String?
    /// Due then or later.
    package var since: Instant?
    /// Neither run when they were due, nor by a backfill since, and no exceptions.
    package var isUnrun: Bool

    package init(flow: String? = nil, since: Instant? = nil, isUnrun: Bool = false) {
        (self.flow, self.since, self.isUnrun) = (flow, since, isUnrun)
    }
}

extension Store {
    /// The fires of a flow's schedules, or of all, newest first, those of removed ones included.
    ///
    /// - Throws: `StorageError.notFound` for a flow that never was.
    package func fires(
        _ filter: FireFilter = FireFilter(),
        limit: Int = Store.rowsPerPage
    ) throws -> [FireDetail] {
        var fires: [FireDetail] = []
        try eachFire(filter, limit: limit) { fires.append($0) }
        return fires
    }

    package func fires(flow: String, limit: Int = Store.rowsPerPage) throws -> [FireDetail] {
        try fires(FireFilter(flow: flow), limit: limit)
    }

    /// Gives each to `body`, as `fires`, all on one snapshot of the database. `body` must not call the store.
    package func eachFire(
        _ filter: FireFilter,
        limit: Int,
        _ body: (FireDetail) throws -> Void
    ) throws {
        try read { db in
            let id = try filter.flow.map { try Self.anyFlow(db, named: $0) }
            let sql = """
                SELECT fire.*, schedule.identity, flow.name AS flow,
                  (SELECT max(id) FROM run WHERE fire_id = fire.id) AS run
                FROM fire JOIN schedule ON schedule.id = fire.schedule_id
                  JOIN flow ON flow.id = schedule.flow_id
                WHERE coalesce(last_due_at_ms, due_at_ms) >= :since
                  \(id == nil ? "" : "AND schedule.flow_id = :flow")
                  \(filter.isUnrun ? "AND \(Self.isUnrun)" : "")
                ORDER BY due_at_ms DESC, fire.id DESC LIMIT :limit
                """
            var arguments: StatementArguments = [
                "since": filter.since?.milliseconds ?? .min, "limit": limit,
            ]
            if let id { arguments += ["flow": id] }
            let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
            while let row = try rows.next() {
                let run: Int64? = row["run"]
                let fire = FireDetail(
                    flow: row["flow"],
                    scheduleIdentity: row["identity"],
                    dueAt: Instant(stored: row["due_at_ms"]),
                    lastDueAt: (row["last_due_at_ms"] as Int64?).map { Instant(stored: $0) },
                    count: row["count"],
                    outcome: FireOutcome(rawValue: row["outcome"]) ?? .missed,
                    note: row["note"],
                    recordedAt: Instant(stored: row["recorded_at_ms"]),
                    runID: run,
                    state: try run.flatMap { try Self.state(db, run: $0) }
                )
                try body(fire)
            }
        }
    }

    private static let wasMadeUpFor = """
        EXISTS (SELECT 1 FROM run WHERE fire_id = fire.id AND origin = 'backfill')
        """

    /// Of a row of `fire`: it, or some of those that it stands for, were to be run and were not.
    private static let isUnrun = """
        (outcome NOT IN ('registered', 'except') AND count > \(wasMadeUpFor))
        """

    /// How many fires of each schedule were not run, by schedule id: neither when they were due, nor by a
    /// backfill since. Excepted ones were not to be run.
    package func unrunFires() throws -> [Int64: Int] {
        try read { db in
            let sql = """
                SELECT schedule_id, sum(count - \(Self.wasMadeUpFor)) AS count
                FROM fire WHERE \(Self.isUnrun) GROUP BY schedule_id
                """
            var result: [Int64: Int] = [:]
            for row in try Row.fetchAll(db, sql: sql) { result[row["schedule_id"]] = row["count"] }
            return result
        }
    }
}

// MARK: - Backfill

/// Which fires of the past are to be run.
package struct BackfillRequest: Sendable {
    package var flow: String
    /// In the order in which they are to run.
    package var fires: [DueFire]
    /// How many of the runs may be active at once, 1 or more.
    package var concurrency: Int
    /// Also fires that have a run already.
    package var isAgain: Bool

    package init(flow: String, fires: [DueFire], concurrency: Int, isAgain: Bool) {
        self.flow = flow
        self.fires = fires
        self.concurrency = concurrency
        self.isAgain = isAgain
    }
}

extension Store {
    /// The fires among `fires` that have no run: what a backfill would register.
    package func unregistered(_ fires: [DueFire]) throws -> [DueFire] {
        try read { db in try fires.filter { try !Self.hasRun(db, $0) } }
    }

    /// Registers a run for each fire that has none, in order, in one transaction.
    ///
    /// The runs are queued and let go `concurrency` at a time; the flow's overlap policy plays no part.
    package func backfill(
        _ request: BackfillRequest,
        by actor: String,
        at now: Instant
    ) throws -> [RecordedFire] {
        let recorded = try write { db in
            let flow = try Self.liveFlow(db, named: request.flow)
            var recorded: [RecordedFire] = []
            for fire in request.fires {
                if !request.isAgain, try Self.hasRun(db, fire) { continue }
                recorded.append(try Self.backfill(db, fire, flow, request.concurrency, at: now))
            }
            try Self.openQueuedRuns(db, at: now)
            let detail = "\(recorded.count) runs"
            try Self.audit(db, at: now, by: actor, "backfill", flow: request.flow, detail: detail)
            return recorded
        }
        if !recorded.isEmpty { folder.touchWake() }
        return recorded
    }

    private static func hasRun(_ db: Database, _ fire: DueFire) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM fire JOIN run ON run.fire_id = fire.id
              WHERE schedule_id = ? AND fire.due_at_ms = ? AND boot_id IS NULL)
            """
        let arguments: StatementArguments = [fire.scheduleID, fire.dueAt.milliseconds]
        return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? false
    }

    private static func backfill(
        _ db: Database,
        _ fire: DueFire,
        _ flow: Row,
        _ concurrency: Int,
        at now: Instant
    ) throws -> RecordedFire {
        // A fire that was missed keeps its row and its reason: the run refers to it. One that shares a row
        // gets its own.
        let split = """
            UPDATE fire SET count = count - 1 WHERE schedule_id = :schedule AND outcome <> 'except'
              AND last_due_at_ms >= :due AND due_at_ms < :due AND count > 1
              AND NOT EXISTS (SELECT 1 FROM fire WHERE schedule_id = :schedule
                AND due_at_ms = :due AND boot_id IS NULL)
            RETURNING outcome
            """
        let outcome = try String.fetchOne(
            db.cachedStatement(sql: split),
            arguments: ["schedule": fire.scheduleID, "due": fire.dueAt.milliseconds]
        )
        let upsert = """
            INSERT INTO fire (schedule_id, due_at_ms, outcome, recorded_at_ms)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (schedule_id, due_at_ms) WHERE boot_id IS NULL
              DO UPDATE SET recorded_at_ms = recorded_at_ms
            RETURNING id
            """
        let arguments: StatementArguments = [
            fire.scheduleID, fire.dueAt.milliseconds,
            outcome ?? FireOutcome.registered.rawValue, now.milliseconds,
        ]
        let row = try Int64.fetchOne(db.cachedStatement(sql: upsert), arguments: arguments)
        guard let id = row else { throw StorageError.unwritten("fire") }
        let due = (fire: fire, id: id)
        let run = try makeRun(db, due, flow: flow, origin: .backfill, isQueued: true, at: now)
        let sql = "UPDATE run SET queue_width = ? WHERE id = ?"
        try db.cachedStatement(sql: sql).execute(arguments: [concurrency, run])
        return RecordedFire(
            flow: flow["name"],
            dueAt: fire.dueAt,
            outcome: .registered,
            runID: run
        )
    }
}
