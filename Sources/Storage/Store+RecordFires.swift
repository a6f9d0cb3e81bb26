import Cron
import Flows
import GRDB

extension Store {
    /// Gives each fire its row, once and for all, and those to be run their run: in one transaction.
    ///
    /// What makes a due fire recorded exactly once is `considered_until_ms`, compared and set in that
    /// transaction: a span that was planned from another instant is stale, and nothing of it is written.
    /// The fire's unique row guards what this cannot see: a fire registered before the clock was set back,
    /// or by a backfill, is passed over. A schedule removed meanwhile is passed over too.
    ///
    /// - Parameters:
    ///   - plannedAt: what the clock said when the spans were looked through.
    ///   - clock: asked with the write lock held, so that of two writers the later has the later time,
    ///     unless the clock was set back.
    package func record(
        _ spans: [ScheduleSpan],
        plannedAt: Instant,
        clock: () -> Instant
    ) throws -> Recording {
        let recording = try write { try Self.record($0, spans, plannedAt: plannedAt, at: clock()) }
        if recording.fires.contains(where: { $0.outcome == .registered }) { folder.touchWake() }
        return recording
    }

    /// A part of the caller's transaction.
    static func record(
        _ db: Database,
        _ spans: [ScheduleSpan],
        plannedAt: Instant,
        at now: Instant
    ) throws -> Recording {
        var recording = Recording()
        var fires: [(fire: DueFire, flow: Row)] = []
        for span in spans {
            guard let flow = try Self.flow(ofSchedule: span.scheduleID, db) else { continue }
            let isSetBack = now < plannedAt
            if let until = try Self.staleness(db, span, flow, isSetBack: isSetBack, at: now) {
                recording.stale[span.scheduleID] = until
            } else {
                fires += span.fires.map { ($0, flow) }
                try Self.setConsidered(db, span)
            }
        }
        // Of two schedules of a flow, the fire that was due first meets the other as a run.
        fires.sort { $0.fire.dueAt < $1.fire.dueAt }
        for (fire, flow) in fires {
            if let result = try Self.record(db, fire, flow: flow, at: now) {
                recording.fires.append(result)
            }
        }
        // A run that was asked to make room, and had nothing running, has settled here.
        try Self.openQueuedRuns(db, at: now)
        return recording
    }

    /// With the schedule's `considered_until_ms` and `begun_at_ms`; `nil` where either is removed.
    private static func flow(ofSchedule id: Int64, _ db: Database) throws -> Row? {
        let sql = """
            SELECT flow.*, schedule.considered_until_ms, schedule.begun_at_ms
            FROM flow JOIN schedule ON schedule.flow_id = flow.id
            WHERE schedule.id = ? AND schedule.removed_at_ms IS NULL AND flow.removed_at_ms IS NULL
            """
        return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id])
    }

    /// Up to where the schedule is considered, where `span` was planned from something else; `nil` where it
    /// can be recorded.
    private static func staleness(
        _ db: Database,
        _ span: ScheduleSpan,
        _ flow: Row,
        isSetBack: Bool,
        at now: Instant
    ) throws -> Instant? {
        let considered = Instant(stored: flow["considered_until_ms"])
        if considered > now {
            return try takeBack(db, schedule: span.scheduleID, at: now)
        }
        let isMoved = span.after.map { $0 != considered } ?? false
        return try isMoved || isSetBack || !isUntouched(db, span) ? considered : nil
    }

    private static func setConsidered(_ db: Database, _ span: ScheduleSpan) throws {
        guard span.after != nil else { return }
        let sql = "UPDATE schedule SET considered_until_ms = ? WHERE id = ?"
        try db.cachedStatement(sql: sql)
            .execute(arguments: [span.through.milliseconds, span.scheduleID])
    }

    /// Whether the fires that a row is to stand for have no rows but those it was planned with: a backfill
    /// may have come between.
    private static func isUntouched(_ db: Database, _ span: ScheduleSpan) throws -> Bool {
        for fire in span.fires {
            guard let last = fire.lastDueAt else { continue }
            let sql = """
                SELECT count(*) FROM fire
                WHERE schedule_id = ? AND due_at_ms BETWEEN ? AND ? AND boot_id IS NULL
                """
            let arguments: StatementArguments = [
                span.scheduleID, fire.dueAt.milliseconds, last.milliseconds,
            ]
            let rows = try Int.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
            if rows != fire.knownRows { return false }
        }
        return true
    }

    /// What is known of the span (`after`, `through`] of a schedule's past.
    package func past(
        ofSchedule id: Int64,
        after: Instant,
        through: Instant
    ) throws -> FirePast {
        try read { db in
            let fires = """
                SELECT due_at_ms FROM fire
                WHERE schedule_id = ? AND due_at_ms > ? AND due_at_ms <= ? AND boot_id IS NULL
                """
            let recorded = try Int64.fetchAll(
                db,
                sql: fires,
                arguments: [id, after.milliseconds, through.milliseconds]
            )
            let pauses = """
                SELECT begun_at_ms, ended_at_ms FROM pause
                WHERE flow_id = (SELECT flow_id FROM schedule WHERE id = :id) AND ended_at_ms > :after
                UNION ALL SELECT paused_at_ms, paused_until_ms FROM flow
                WHERE id = (SELECT flow_id FROM schedule WHERE id = :id) AND paused_at_ms IS NOT NULL
                """
            let arguments: StatementArguments = ["id": id, "after": after.milliseconds]
            var bounds: [Int64] = []
            for row in try Row.fetchAll(db, sql: pauses, arguments: arguments) {
                bounds += [row[0] as Int64?, row[1] as Int64?].compactMap { $0 }
            }
            return FirePast(
                recorded: Set(recorded.map { Instant(stored: $0) }),
                pauseBounds: bounds.sorted().map { Instant(stored: $0) }
            )
        }
    }

    // MARK: - One fire

    private static func record(
        _ db: Database,
        _ fire: DueFire,
        flow: Row,
        at now: Instant
    ) throws -> RecordedFire? {
        // The row comes first: a fire that has one cancels nobody's run a second time.
        let verdict = try outcome(db, of: fire, flow: flow, at: now)
        let note = verdict == .missed ? fire.note : nil
        guard let id = try insert(db, fire, verdict, note, at: now) else { return nil }
        var result = RecordedFire(flow: flow["name"], dueAt: fire.dueAt, outcome: verdict)
        result.note = note
        guard verdict == .registered else { return result }
        do {
            try db.inSavepoint {
                let overlap = try start(db, of: fire, flow: flow, at: now)
                if case .refuse(let reason, _) = overlap {
                    (result.outcome, result.note) = (.overlap, reason)
                } else {
                    let due = (fire: fire, id: id)
                    let isQueued = overlap == .wait
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

    /// What a run of `fire` does about others of its flow, those of its own absence included.
    private static func start(
        _ db: Database,
        of fire: DueFire,
        flow: Row,
        at now: Instant
    ) throws -> Overlap {
        if case .series(let isLast) = fire.verdict {
            switch OverlapPolicy(rawValue: flow["overlap"]) {
            case .skip: return .wait
            case .replace where !isLast:
                let reason = "a later fire of the same absence takes its place: overlap is replace"
                return .refuse(reason: reason, active: nil)
            default: break
            }
        }
        return try overlap(db, flow: flow, at: now)
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

    /// - Parameter flow: with the schedule's `begun_at_ms`.
    private static func outcome(
        _ db: Database,
        of fire: DueFire,
        flow: Row,
        at now: Instant
    ) throws -> FireOutcome {
        if fire.verdict == .except { return .except }
        let begunAt: Int64 = flow["begun_at_ms"]
        let isEarly = fire.dueAt.milliseconds <= begunAt
        if try wasPaused(db, flow, at: fire.dueAt, isEarly: isEarly, now: now) { return .paused }
        // A beginning that lies ahead was told by a clock that was ahead.
        if (isEarly && begunAt <= now.milliseconds) || fire.verdict == .missed { return .missed }
        // It was due before the pause, and would be run in it.
        if isPaused(flow, at: now) { return .paused }
        // A pause that is over by itself has begun the life anew.
        if let until = flow["paused_until_ms"] as Int64?, fire.dueAt.milliseconds < until {
            return .missed
        }
        if let startBy = fire.startBy, startBy < now { return .deadline }
        return .registered
    }

    /// - Parameter isEarly: due before the schedule's life began; only then a former pause can cover it.
    private static func wasPaused(
        _ db: Database,
        _ flow: Row,
        at instant: Instant,
        isEarly: Bool,
        now: Instant
    ) throws -> Bool {
        if let from = flow["paused_at_ms"] as Int64?, from <= instant.milliseconds,
            isPaused(flow, at: instant)
        {
            return true
        }
        guard isEarly else { return false }
        let sql = """
            SELECT EXISTS (SELECT 1 FROM pause
              WHERE flow_id = :flow AND ended_at_ms > :at AND begun_at_ms <= :at
                AND ended_at_ms <= :now)
            """
        // One that ended later than now was ended by a clock that was ahead: it is over.
        let arguments: StatementArguments = [
            "flow": flow["id"] as Int64, "at": instant.milliseconds, "now": now.milliseconds,
        ]
        return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? false
    }

    /// - Returns: `nil` where the fire has its row already.
    private static func insert(
        _ db: Database,
        _ fire: DueFire,
        _ outcome: FireOutcome,
        _ note: String?,
        at now: Instant
    ) throws -> Int64? {
        let sql = """
            INSERT INTO fire (schedule_id, due_at_ms, boot_id, outcome, note, recorded_at_ms,
              last_due_at_ms, count)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            fire.scheduleID, fire.dueAt.milliseconds, fire.bootID, outcome.rawValue, note,
            now.milliseconds, fire.lastDueAt?.milliseconds, fire.count,
        ])
        return db.changesCount == 0 ? nil : db.lastInsertedRowID
    }
}
