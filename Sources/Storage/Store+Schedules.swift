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
                SELECT s.id, flow.name, s.cron, coalesce(s.timezone, (SELECT timezone FROM instance)),
                  s.identity, s.catchup, s.catchup_window_ms, s.deadline_ms, s.jitter_ms, s.anchor_at_ms, s.begun_at_ms, s.considered_until_ms,
                  s.position, flow.paused_until_ms
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
                SELECT s.id, flow.name, s.cron, coalesce(s.timezone, (SELECT timezone FROM instance)),
                  s.identity, s.catchup, s.catchup_window_ms, s.deadline_ms, s.jitter_ms, s.anchor_at_ms, s.begun_at_ms, s.considered_until_ms,
                  s.position, flow.paused_until_ms
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
                catchUpWindow: row.optionalInteger(6).map { .stored($0) },
                deadline: row.optionalInteger(7).map { .stored($0) },
                jitter: .stored(row.integer(8)),
                exceptions: exceptions
            ),
            anchorAt: Instant(stored: row.integer(9)),
            begunAt: Instant(stored: row.integer(10)),
            consideredUntil: Instant(stored: row.integer(11)),
            pausedUntil: row.optionalInteger(13).map { Instant(stored: $0) }
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

    /// The zone of schedules without one of their own, where one was recorded; `nil` = the host's.
    package func recordedZone() throws -> String? { try read(Self.recordedZone) }

    static func recordedZone(_ db: Database) throws -> String? {
        let sql = "SELECT timezone FROM instance WHERE id = 1"
        return try String.fetchOne(db.cachedStatement(sql: sql))
    }

    /// Records the zone of schedules without one of their own, for whoever works in this state folder.
    ///
    /// - Parameter name: of a zone that is there; `nil` = the host's.
    /// - Returns: whether that is a change.
    @discardableResult
    package func recordZone(_ name: String?, by actor: String, at now: Instant) throws -> Bool {
        guard try recordedZone() != name else { return false }
        try write { db in
            try db.execute(sql: "UPDATE instance SET timezone = ? WHERE id = 1", arguments: [name])
            try Self.audit(db, at: now, by: actor, "timezone", detail: name ?? "the host's")
        }
        folder.touchWake()
        return true
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
