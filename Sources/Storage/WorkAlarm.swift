import Cron
import GRDB

/// Tells when somebody must look though nothing happens: a retry comes due, a run is over its `run_timeout`,
/// or it is too late for the start of one.
///
/// For whoever sleeps beside runners: a runner sees to what it has been told of itself, and what another has
/// left when it ended it has not.
package struct WorkAlarm {
    private let store: Store
    /// What had come due when it was asked last.
    private var known = DueWork()

    package struct Look: Equatable, Sendable {
        /// Whether more has come due since the look before.
        package let hasRung: Bool
        /// When the next will; `nil` where none is to come.
        package let nextAt: Instant?
    }

    package init(_ store: Store) { self.store = store }

    package mutating func look(at now: Instant) throws -> Look {
        let (due, nextAt) = try store.timedWork(at: now)
        defer { known = due }
        return Look(hasRung: due.count > 0 && due != known, nextAt: nextAt)
    }
}

/// What has come due and was not seen to, told apart from any other by their number and sum.
package struct DueWork: Equatable, Sendable {
    package var count = 0
    var sum = 0.0
}

extension Store {
    /// What is due by the clock alone, and when the next of it comes; `nil` where none is to come.
    package func timedWork(at now: Instant) throws -> (due: DueWork, nextAt: Instant?) {
        try read { db in
            let sql = """
                WITH due (at) AS (
                  SELECT retry_at_ms FROM task WHERE retry_at_ms <= :now
                  UNION ALL SELECT end_by_ms FROM run WHERE end_by_ms <= :now
                  UNION ALL SELECT start_by_ms FROM run WHERE start_by_ms < :now),
                next (at) AS (
                  SELECT min(retry_at_ms) FROM task
                    WHERE retry_at_ms > :now AND retry_at_ms < \(Self.waitsForRun)
                  UNION ALL SELECT min(end_by_ms) FROM run WHERE end_by_ms > :now
                  UNION ALL SELECT min(min(start_by_ms), 253402300799999) + 1 FROM run WHERE start_by_ms >= :now)
                SELECT (SELECT count(*) FROM due), (SELECT total(at) FROM due),
                  (SELECT min(at) FROM next)
                """
            let row = try Row.fetchOne(
                db.cachedStatement(sql: sql),
                arguments: ["now": now.milliseconds]
            )
            guard let row else { return (DueWork(), nil) }
            let nextAt = (row[2] as Int64?).map { Instant(stored: $0) }
            return (DueWork(count: row[0], sum: row[1]), nextAt)
        }
    }
}
