import Cron
import Flows
import GRDB

/// What changed in the schedules since a scheduler last looked.
package enum ScheduleChanges: Sendable, Equatable {
    /// Of these, by id; removed ones too.
    case some([Int64])
    /// More than the database keeps note of.
    case all
}

// MARK: - Reading

extension Store {
    /// The schedules that can come due: those of flows and files that are still there; by flow.
    package func schedules() throws -> [StoredSchedule] {
        var schedules: [StoredSchedule] = []
        try eachSchedule { schedules.append($0) }
        return schedules.sorted { ($0.flow, $0.position) < ($1.flow, $1.position) }
    }

    /// The same in no order, one at a time: of 100,000 all at once would take 50 MiB.
    package func eachSchedule(_ body: (StoredSchedule) throws -> Void) throws {
        try read { db in
            let exceptions = try Self.exceptions(db)
            let select = try hot[
                db,
                """
                SELECT s.id, flow.name, s.cron, s.timezone, s.identity, s.catchup, s.catchup_window_ms,
                  s.deadline_ms, s.jitter_ms, s.anchor_at_ms, s.begun_at_ms, s.considered_until_ms,
                  s.position
                FROM schedule s JOIN flow ON flow.id = s.flow_id
                WHERE s.removed_at_ms IS NULL AND flow.removed_at_ms IS NULL
                """
            ]
            try select.rows(db) {
                try body(Self.schedule(select, exceptions: exceptions[select.integer(0)] ?? []))
            }
        }
    }

    /// Those of `ids` that can come due.
    package func schedules(_ ids: some Sequence<Int64>) throws -> [StoredSchedule] {
        try read { db in
            let select = try hot[
                db,
                """
                SELECT s.id, flow.name, s.cron, s.timezone, s.identity, s.catchup, s.catchup_window_ms,
                  s.deadline_ms, s.jitter_ms, s.anchor_at_ms, s.begun_at_ms, s.considered_until_ms,
                  s.position
                FROM schedule s JOIN flow ON flow.id = s.flow_id
                WHERE s.id = ?1 AND s.removed_at_ms IS NULL AND flow.removed_at_ms IS NULL
                """
            ]
            return try ids.compactMap { id in
                let exceptions = try Self.exceptions(db, of: id)
                select.bind(1, id)
                return try select.row(db) { Self.schedule(select, exceptions: exceptions) }
            }
        }
    }

    private static func schedule(
        _ row: HotStatement,
        exceptions: [FireException]
    ) -> StoredSchedule {
        StoredSchedule(
            id: row.integer(0),
            flow: row.text(1) ?? "",
            position: row.integer(12),
            cron: row.text(2) ?? "",
            timezone: row.text(3),
            identity: row.text(4) ?? "",
            timing: ScheduleTiming(
                catchUp: row.text(5).flatMap(CatchUp.init) ?? .latest,
                catchUpWindow: .milliseconds(row.integer(6)),
                deadline: row.optionalInteger(7).map { .milliseconds($0) },
                jitter: .milliseconds(row.integer(8)),
                exceptions: exceptions
            ),
            anchorAt: Instant(milliseconds: row.integer(9)),
            begunAt: Instant(milliseconds: row.integer(10)),
            consideredUntil: Instant(milliseconds: row.integer(11))
        )
    }

    private static func exceptions(_ db: Database) throws -> [Int64: [FireException]] {
        let sql = "SELECT schedule_id, text FROM schedule_except ORDER BY schedule_id, position"
        var result: [Int64: [FireException]] = [:]
        for row in try Row.fetchAll(db.cachedStatement(sql: sql)) {
            result[row["schedule_id"], default: []].append(exception(row["text"]))
        }
        return result
    }

    private static func exceptions(_ db: Database, of schedule: Int64) throws -> [FireException] {
        let sql = "SELECT text FROM schedule_except WHERE schedule_id = ? ORDER BY position"
        return try String.fetchAll(db.cachedStatement(sql: sql), arguments: [schedule])
            .map(exception)
    }

    /// What changed since the call that returned `cursor`; `nil` = everything is new.
    ///
    /// Tells whenever a schedule, or the removal of a flow, changes: by us or by plain SQL.
    package func scheduleChanges(
        since cursor: Int64?
    ) throws -> (cursor: Int64, changes: ScheduleChanges) {
        try read { db in
            let bounds = try hot[
                db,
                "SELECT (SELECT min(id) FROM schedule_change), (SELECT max(id) FROM schedule_change)"
            ]
            let (first, last) =
                try bounds.row(db) { (bounds.optionalInteger(0), bounds.optionalInteger(1)) }
                ?? (nil, nil)
            let newest = last ?? 0
            guard let cursor, newest >= cursor, first ?? 1 <= cursor + 1 else {
                return (newest, .all)
            }
            if newest == cursor { return (newest, .some([])) }
            let sql = "SELECT DISTINCT schedule_id FROM schedule_change WHERE id > ?"
            let ids = try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [cursor])
            return (newest, .some(ids))
        }
    }
}

// MARK: - Recording

extension Store {
    /// Gives each fire its row, once and for all, and those to be run their run: in one transaction.
    ///
    /// A fire that has its row already, from another scheduler or an earlier life, is passed over: that is
    /// what makes a due fire registered exactly once. A schedule removed meanwhile is passed over too.
    ///
    /// - Parameter consideredUntil: for each schedule, up to which instant it has now been looked at.
    /// - Returns: the fires recorded by this call, in the order given.
    package func record(
        _ fires: [DueFire],
        consideredUntil: [Int64: Instant],
        at now: Instant
    ) throws -> [RecordedFire] {
        let recorded = try write { db in
            var recorded: [RecordedFire] = []
            for fire in fires {
                if let result = try Self.record(db, fire, at: now) { recorded.append(result) }
            }
            let sql = "UPDATE schedule SET considered_until_ms = ? WHERE id = ?"
            let statement = try db.cachedStatement(sql: sql)
            for (id, instant) in consideredUntil {
                try statement.execute(arguments: [instant.milliseconds, id])
            }
            // A run that was asked to make room, and had nothing running, has settled here.
            try Self.openQueuedRuns(db, at: now)
            return recorded
        }
        if recorded.contains(where: { $0.outcome == .registered }) { folder.touchWake() }
        return recorded
    }

    private static func record(
        _ db: Database,
        _ fire: DueFire,
        at now: Instant
    ) throws -> RecordedFire? {
        let sql = """
            SELECT flow.* FROM flow JOIN schedule ON schedule.flow_id = flow.id
            WHERE schedule.id = ? AND schedule.removed_at_ms IS NULL AND flow.removed_at_ms IS NULL
            """
        let found = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [fire.scheduleID])
        guard let flow = found else { return nil }
        // The row comes first: a fire that has one cancels nobody's run a second time.
        let verdict = outcome(of: fire, flow: flow, at: now)
        guard let id = try insert(db, fire, verdict, at: now) else { return nil }
        var result = RecordedFire(flow: flow["name"], dueAt: fire.dueAt, outcome: verdict)
        guard verdict == .registered else { return result }
        do {
            try db.inSavepoint {
                let overlap = try overlap(db, flow: flow, at: now)
                if case .refuse(let reason, _) = overlap {
                    (result.outcome, result.note) = (.overlap, reason)
                } else {
                    let isQueued = overlap == .wait
                    let due = (fire: fire, id: id)
                    result.runID = try makeRun(db, due, flow: flow, isQueued: isQueued, at: now)
                }
                return .commit
            }
        } catch let error as StorageError where error.code == .badInput {
            // One spoilt flow must not keep the fires of all others from being recorded.
            (result.outcome, result.note) = (.faulty, error.message)
        }
        if result.outcome != .registered {
            try db.execute(
                sql: "UPDATE fire SET outcome = ?, note = ? WHERE id = ?",
                arguments: [result.outcome.rawValue, result.note, id]
            )
        }
        return result
    }

    static func makeRun(
        _ db: Database,
        _ due: (fire: DueFire, id: Int64),
        flow: Row,
        origin: RegisterRequest.Origin = .schedule,
        isQueued: Bool,
        at now: Instant
    ) throws -> Int64 {
        let sql = """
            SELECT name, value FROM schedule_parameter WHERE schedule_id = ? ORDER BY position
            """
        let overrides = try Row.fetchAll(
            db.cachedStatement(sql: sql),
            arguments: [due.fire.scheduleID]
        ).map { Variable($0["name"], $0["value"]) }
        return try makeRun(
            db,
            flow: flow,
            parameters: try parameters(db, flow: flow["id"], overriddenBy: [overrides]),
            origin: origin,
            due: (due.fire.dueAt, due.id, due.fire.startBy),
            isQueued: isQueued,
            timezone: due.fire.timezone,
            at: now
        )
    }

    private static func outcome(of fire: DueFire, flow: Row, at now: Instant) -> FireOutcome {
        if fire.verdict == .except { return .except }
        if isPaused(flow, at: fire.dueAt) { return .paused }
        if fire.verdict == .missed { return .missed }
        if let startBy = fire.startBy, startBy < now { return .deadline }
        return .registered
    }

    /// - Returns: `nil` where the fire has its row already.
    private static func insert(
        _ db: Database,
        _ fire: DueFire,
        _ outcome: FireOutcome,
        at now: Instant
    ) throws -> Int64? {
        let sql = """
            INSERT INTO fire
              (schedule_id, due_at_ms, boot_id, outcome, recorded_at_ms, last_due_at_ms, count)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            fire.scheduleID, fire.dueAt.milliseconds, fire.bootID, outcome.rawValue,
            now.milliseconds, fire.lastDueAt?.milliseconds, fire.count,
        ])
        return db.changesCount == 0 ? nil : db.lastInsertedRowID
    }
}
