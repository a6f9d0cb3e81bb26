import Cron
import Flows
import GRDB

/// A task that a runner took and, the runner being dead, nobody looks after.
package struct Abandoned: Sendable {
    package let claim: Claim
    /// `nil` where the database has no launch of it; the runner's file may know more.
    package let pid: Int32?
    package let startedAt: Instant?
}

extension Store {
    /// The runners that have not said that they ended, with the boot they lived in.
    package func unendedRunners() throws -> [RunnerIdentity] {
        try read { db in
            // Also those whose rows are gone, or say that they ended, while they have tasks: of them the lock
            // alone tells whether they live.
            let sql = """
                SELECT id, pid, boot_id, workers FROM runner WHERE ended_at_ms IS NULL
                UNION ALL SELECT DISTINCT runner_id, 0, '', 0 FROM task WHERE status = 1
                  AND NOT EXISTS (SELECT 1 FROM runner WHERE id = runner_id AND ended_at_ms IS NULL)
                ORDER BY id
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                RunnerIdentity(
                    id: row["id"],
                    pid: Int32(truncatingIfNeeded: row["pid"] as Int64),
                    bootID: row["boot_id"],
                    workers: row["workers"]
                )
            }
        }
    }

    /// What a dead runner had taken and not given back.
    ///
    /// Call it only with the dead runner's lock held: then nobody else rescues, and it is dead.
    package func abandoned(by runner: RunnerIdentity) throws -> [Abandoned] {
        try read { db in
            let sql = """
                SELECT task.id, a.number, a.pid, a.started_at_ms FROM task
                LEFT JOIN attempt a ON a.task_id = task.id AND a.ended_at_ms IS NULL
                WHERE task.status = 1 AND task.runner_id = ? ORDER BY task.id
                """
            return try Row.fetchAll(db, sql: sql, arguments: [runner.id]).map { row in
                Abandoned(
                    claim: try claim(db, id: row["id"], attempt: row["number"]),
                    pid: (row["pid"] as Int64?).flatMap { Int32(exactly: $0) },
                    startedAt: (row["started_at_ms"] as Int64?).map { Instant(stored: $0) }
                )
            }
        }
    }

    /// Records what the rescue found, hands back what was never launched and ends the runner's row: in one
    /// transaction, so that a rescuer killed in between leaves the next one the whole work.
    ///
    /// - Returns: what each of `ended` made of its task, as `TurnResult.endStates`.
    package func rescue(
        _ runner: RunnerIdentity,
        ended: [AttemptEnd],
        returned: [Claim],
        at now: Instant
    ) throws -> [TaskState?] {
        var turn = Turn()
        turn.ended = ended
        turn.returned = returned
        let states = try write { db in
            let result = try recordTurn(db, turn, runner: runner, at: now)
            try advance(db, at: now)
            try db.execute(
                sql: "UPDATE runner SET ended_at_ms = ? WHERE id = ?",
                arguments: [now.milliseconds, runner.id]
            )
            return result
        }
        folder.touchWake()
        return states
    }
}
