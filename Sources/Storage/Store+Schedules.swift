import Cron
import Flows
import GRDB

/// A schedule as the scheduler needs it: the flow stays in the database until its fire is due.
package struct StoredSchedule: Sendable {
    package let id: Int64
    package let flow: String
    package let cron: String
    package let timezone: String?
    /// What it is known by in its flow: the seed of its jitter.
    package let identity: String
    package let timing: ScheduleTiming
    /// `@every` counts from here.
    package let begunAt: Instant
    /// Every fire up to and including this instant has its row.
    package let consideredUntil: Instant
}

/// One due instant of a schedule, to be registered or recorded with the reason why not.
package struct DueFire: Sendable {
    package enum Verdict: Sendable {
        /// Register it, subject to the flow's overlap policy.
        case run
        /// Record that it was not run: its instant passed while nobody watched.
        case missed
        /// Record that `except:` kept it from being run.
        case except
    }

    package let scheduleID: Int64
    package let dueAt: Instant
    /// The kernel's boot, for `@reboot`: a fire of which the key is the boot and not the instant.
    package let bootID: String?
    /// Of a row that stands for several missed fires: the last of them, and how many there were.
    package let lastDueAt: Instant?
    package let count: Int
    /// The latest start; `nil` = none.
    package let startBy: Instant?
    /// In which the run tells its date.
    package let timezone: String
    package let verdict: Verdict

    package init(
        scheduleID: Int64,
        dueAt: Instant,
        bootID: String? = nil,
        lastDueAt: Instant? = nil,
        count: Int = 1,
        startBy: Instant? = nil,
        timezone: String,
        verdict: Verdict
    ) {
        self.scheduleID = scheduleID
        self.dueAt = dueAt
        self.bootID = bootID
        self.lastDueAt = lastDueAt
        self.count = count
        self.startBy = startBy
        self.timezone = timezone
        self.verdict = verdict
    }
}

/// What became of a due fire.
package enum FireOutcome: String, Sendable, CaseIterable {
    case registered
    case missed
    case overlap
    case deadline
    case paused
    case except
    /// The flow's definition was spoilt with SQL: no run can be made of it until that is mended.
    case faulty
}

/// A fire that has just got its row.
package struct RecordedFire: Sendable {
    package let flow: String
    package let dueAt: Instant
    package let outcome: FireOutcome
    /// Of a registered one.
    package let runID: Int64?
    /// Why a faulty one could not be registered.
    package let note: String?
}

extension Store {
    /// The schedules that can come due: those of flows and files that are still there.
    package func schedules() throws -> [StoredSchedule] {
        try read { db in
            let sql = """
                SELECT schedule.*, flow.name AS flow FROM schedule
                JOIN flow ON flow.id = schedule.flow_id
                WHERE schedule.removed_at_ms IS NULL AND flow.removed_at_ms IS NULL
                ORDER BY flow.name, schedule.position
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                StoredSchedule(
                    id: row["id"],
                    flow: row["flow"],
                    cron: row["cron"],
                    timezone: row["timezone"],
                    identity: row["identity"],
                    timing: try Self.loadTiming(db, row),
                    begunAt: Instant(milliseconds: row["begun_at_ms"]),
                    consideredUntil: Instant(milliseconds: row["considered_until_ms"])
                )
            }
        }
    }

    /// Changes whenever a schedule, or the pause or removal of a flow, does: by us or by plain SQL.
    package func scheduleVersion() throws -> Int64 {
        try read { db in
            let sql = "SELECT schedule_version FROM instance"
            return try Int64.fetchOne(db.cachedStatement(sql: sql)) ?? 0
        }
    }

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
        let name: String = flow["name"]
        let outcome = try outcome(db, of: fire, flow: flow, at: now)
        guard let id = try insert(db, fire, outcome, at: now) else { return nil }
        guard outcome == .registered else {
            return RecordedFire(
                flow: name,
                dueAt: fire.dueAt,
                outcome: outcome,
                runID: nil,
                note: nil
            )
        }
        do {
            var run: Int64 = 0
            try db.inSavepoint {
                run = try makeRun(db, of: fire, id: id, flow: flow, at: now)
                return .commit
            }
            return RecordedFire(
                flow: name,
                dueAt: fire.dueAt,
                outcome: outcome,
                runID: run,
                note: nil
            )
        } catch let error as StorageError where error.code == .badInput {
            // One spoilt flow must not keep the fires of all others from being recorded.
            try db.execute(
                sql: "UPDATE fire SET outcome = 'faulty', note = ? WHERE id = ?",
                arguments: [error.message, id]
            )
            return RecordedFire(
                flow: name,
                dueAt: fire.dueAt,
                outcome: .faulty,
                runID: nil,
                note: error.message
            )
        }
    }

    private static func makeRun(
        _ db: Database,
        of fire: DueFire,
        id: Int64,
        flow: Row,
        at now: Instant
    ) throws -> Int64 {
        let sql = """
            SELECT name, value FROM schedule_parameter WHERE schedule_id = ? ORDER BY position
            """
        let overrides = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [fire.scheduleID])
            .map { Variable($0["name"], $0["value"]) }
        return try makeRun(
            db,
            flow: flow,
            parameters: try parameters(db, flow: flow["id"], overriddenBy: [overrides]),
            origin: .schedule,
            due: (fire.dueAt, id, fire.startBy),
            timezone: fire.timezone,
            at: now
        )
    }

    private static func outcome(
        _ db: Database,
        of fire: DueFire,
        flow: Row,
        at now: Instant
    ) throws -> FireOutcome {
        if fire.verdict == .except { return .except }
        if flow["paused_at_ms"] as Int64? != nil { return .paused }
        if fire.verdict == .missed { return .missed }
        if let startBy = fire.startBy, startBy < now { return .deadline }
        if flow["overlap"] == "skip", try activeRun(db, flow: flow["id"]) != nil { return .overlap }
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
