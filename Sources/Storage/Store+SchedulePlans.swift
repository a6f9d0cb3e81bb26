import Cron
import Flows
import GRDB

/// When a run that waits is to start.
package struct RunPlan: Sendable, Equatable {
    /// Its due time, and the jitter of its schedule later.
    package let startAt: Instant
    /// Not started by then it never is; `nil` = no deadline, or started.
    package let startBy: Instant?
}

/// What lists tell of schedules besides what the scheduler needs of them.
extension Store {
    /// What each schedule sets the flow's parameters to, by schedule id, secret ones without their values.
    package func scheduleParameters() throws -> [Int64: [Variable]] {
        try read { db in
            let sql = """
                SELECT p.schedule_id, p.name, p.value, flow.secrets FROM schedule_parameter p
                JOIN schedule ON schedule.id = p.schedule_id JOIN flow ON flow.id = schedule.flow_id
                ORDER BY p.schedule_id, p.position
                """
            var result: [Int64: [Variable]] = [:]
            for row in try Row.fetchAll(db, sql: sql) {
                let secrets = try (row["secrets"] as String?).map {
                    try Self.decode([String].self, $0)
                }
                let variable = Variable(row["name"], row["value"])
                result[row["schedule_id"], default: []] += [variable].masking(secrets ?? [])
            }
            return result
        }
    }

    /// - Returns: `nil` for a run that no schedule made.
    static func plan(_ db: Database, run id: Int64) throws -> RunPlan? {
        let sql = """
            SELECT run.due_at_ms, run.start_by_ms, schedule.identity, schedule.jitter_ms, flow.name
            FROM run JOIN fire ON fire.id = run.fire_id JOIN schedule ON schedule.id = fire.schedule_id
            JOIN flow ON flow.id = schedule.flow_id WHERE run.id = ? AND run.origin = 'schedule'
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]),
            let due = row["due_at_ms"] as Int64?
        else { return nil }
        let delay = StoredSchedule.delay(
            flow: row["name"],
            identity: row["identity"],
            jitter: .milliseconds(row["jitter_ms"] as Int64)
        )
        return RunPlan(
            startAt: Instant(milliseconds: due + delay.milliseconds),
            startBy: (row["start_by_ms"] as Int64?).map { Instant(milliseconds: $0) }
        )
    }
}
