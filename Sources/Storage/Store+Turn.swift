import Cron
import Flows
import GRDB

extension Store {
    /// One turn, one transaction: registers what was planned for now, records what ended (which frees what
    /// needed it), promotes retries whose time has come, and claims what fits.
    ///
    /// Writes nothing where there is nothing to record and nothing ready. Either all of it is durable when
    /// this returns, or none.
    ///
    /// - Parameters:
    ///   - now: asked with the write lock held, as in `record(_:plannedAt:clock:)`.
    ///   - meanwhile: called where the transaction waits for the instant of planned fires, with what will
    ///     be claimed unless it fails; it must not ask the store.
    package func turn(
        _ turn: Turn,
        by runner: RunnerIdentity,
        at now: @autoclosure () -> Instant,
        meanwhile: ([Claim]) -> Void = { _ in }
    ) throws -> TurnResult {
        if turn.recordsNothing {
            let now = now()
            let (pulse, seen) = try read { db in
                let pulse = try Pulse(db, hot, runner: runner.id, at: now)
                return (pulse, try told(db, pulse, to: runner))
            }
            let isDue = turn.wanted > 0 || pulse.isOverdue || pulse.isLate
            if !pulse.hasWork || !isDue { return seen }
        }
        let (result, wakesOthers) = try withPrioritiesInRange {
            try write(isHurried: turn.planned != nil) { db in
                let begun = now()
                guard let planned = turn.planned else {
                    return try perform(db, turn, by: runner, at: begun)
                }
                let instant = planned.instant(at: begun)
                let done = try perform(db, turn, by: runner, at: instant)
                meanwhile(done.result.claims)
                try PlannedFires.wait(toCommitAt: instant, now)
                return done
            }
        }
        if let planned = turn.planned { PlannedFires.wait(for: planned.instant(at: now()), now) }
        if wakesOthers { folder.touchWake() }
        if !result.claims.isEmpty { enrolled.withLock { _ = $0.insert(runner.id) } }
        return result
    }

    /// What `turn` does, also where a priority that was inserted with plain SQL is so far out of its range that no
    /// column holds the rank it gives: it is brought into its range, and the turn begun anew.
    private func withPrioritiesInRange<Result>(_ turn: () throws -> Result) throws -> Result {
        do {
            return try turn()
        } catch let error as StorageError where error.isOfDatatype {
            let sql = """
                UPDATE task SET priority = max(-20, min(19, priority))
                WHERE priority NOT BETWEEN -20 AND 19
                """
            let mended = try write { db in
                try db.execute(sql: sql)
                return db.changesCount
            }
            guard mended > 0 else { throw error }
            return try turn()
        }
    }

    /// A part of the caller's transaction.
    func perform(
        _ db: Database,
        _ turn: Turn,
        by runner: RunnerIdentity,
        at now: Instant
    ) throws -> (result: TurnResult, wakesOthers: Bool) {
        let registered = try turn.planned.map { try Self.record(db, $0, at: now) } ?? []
        let states = try recordTurn(db, turn, runner: runner, at: now)
        let pulse = try Pulse(db, hot, runner: runner.id, at: now)
        var wakesOthers = false
        if pulse.isLate { try Self.cancelLateRuns(db, at: now) }
        if pulse.isOverdue { wakesOthers = try Self.timeOutRuns(db, at: now) }
        if pulse.isRetryDue { try Self.promoteRetries(db, at: now) }
        if pulse.mayAdvance { try judgeAll(db, at: now) }
        var result = try told(db, pulse, to: runner)
        result.endStates = states
        if !turn.losses.isEmpty { result.losses = try note(db, turn.losses) }
        result.recorded = registered
        if pulse.isRetryDue { result.nextRetryAt = try Self.nextRetryAt(db) }
        var leavesSome = true
        repeat {
            let wanted = turn.wanted - result.claims.count
            guard wanted > 0 else { continue }
            let more = try claim(
                db,
                atMost: wanted,
                free: turn.free - result.claims.count,
                workers: pulse.workers,
                runner: runner,
                at: now
            )
            result.claims += more.claims
            leavesSome = more.leavesSome
        } while try pulse.mayAdvance && settle(db, at: now)
        result.startedRuns = startedRuns.withLock { $0 }
        let hasNewLimits =
            pulse.isOverdue || pulse.isLate || !registered.isEmpty
            || result.claims.contains(where: { $0.run.timeout != nil })
        if hasNewLimits { result.nextLimitAt = try Self.nextLimitAt(db) }
        // A slot of something scarce is free and this runner has no room: another may have.
        let hasFreed = turn.freesScarce || pulse.workers != nil && turn.endsSome
        if hasFreed, leavesSome, pulse.isReady, try Self.hasPeer(db, of: runner) {
            wakesOthers = true
        }
        // Or it has registered more than it takes, or a run that takes the place of another's.
        if !registered.isEmpty, try leavesSome || Self.hasPeer(db, of: runner) {
            wakesOthers = true
        }
        return (result, wakesOthers)
    }

    private func told(
        _ db: Database,
        _ pulse: Pulse,
        to runner: RunnerIdentity
    ) throws -> TurnResult {
        var result = TurnResult()
        result.nextRetryAt = pulse.nextRetryAt
        result.nextLimitAt = pulse.nextLimitAt
        if pulse.isCancelled || pulse.isOverdue {
            let sql = """
                SELECT task.id, timed_out_at_ms IS NOT NULL AND \(Schema.counts) AS late
                FROM task JOIN run ON run.id = task.run_id
                WHERE task.runner_id = ? AND task.cancel_at_ms IS NOT NULL
                """
            for row in try Row.fetchAll(db, sql: sql, arguments: [runner.id]) {
                if row["late"] {
                    result.toTimeOut.append(row["id"])
                } else {
                    result.toCancel.append(row["id"])
                }
            }
        }
        return result
    }

    /// Whether a runner would find anything to claim now; reads only.
    package func hasWork(at now: Instant) throws -> Bool {
        try read { try Pulse($0, hot, runner: 0, at: now).hasWork }
    }

    /// Whether another runner has claimed something and not ended.
    private static func hasPeer(_ db: Database, of runner: RunnerIdentity) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM runner WHERE ended_at_ms IS NULL AND id <> ?)"
        return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [runner.id]) ?? false
    }

    /// The runner's end: its row says that nobody need look for what it left.
    package func endRunner(_ runner: RunnerIdentity, at now: Instant) throws {
        try write { db in
            try db.execute(
                sql: "UPDATE runner SET ended_at_ms = ? WHERE id = ?",
                arguments: [now.milliseconds, runner.id]
            )
        }
    }

    // MARK: - Retries

    private static func nextRetryAt(_ db: Database) throws -> Instant? {
        let sql = "SELECT min(retry_at_ms) FROM task WHERE retry_at_ms IS NOT NULL"
        return try Int64.fetchOne(db.cachedStatement(sql: sql))
            .flatMap { retry(atMilliseconds: $0) }
    }

    /// A task of which a need was reset meanwhile becomes ready when that need is met again.
    private static func promoteRetries(_ db: Database, at now: Instant) throws {
        let sql = """
            UPDATE task SET retry_at_ms = NULL,
              rank_ms = CASE WHEN unmet = 0 THEN retry_at_ms + priority * 60000 END
            WHERE retry_at_ms <= ? AND status = 0
            """
        try db.cachedStatement(sql: sql).execute(arguments: [now.milliseconds])
    }
}
