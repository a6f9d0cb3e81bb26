import Cron
import Flows
import GRDB

/// Which tasks of a run are to run again.
package enum RerunScope: Sendable, Equatable {
    case all
    /// The failed and cancelled ones; what waits for them carries on by itself.
    case failed
    /// A task or one item of it (`clean[3]`), and all that needs it, directly or not.
    case from(String)
}

extension Store {
    /// Sets tasks of a run back to waiting; the next runner carries on from there. Ignores overlap.
    ///
    /// - Returns: how many tasks were set back.
    /// - Throws: `StorageError.notFound` (run or task), `.refused` if one of them runs, or nothing fits.
    package func rerun(
        _ id: Int64,
        _ scope: RerunScope,
        by actor: String,
        at now: Instant
    ) throws -> Int {
        let count = try write { db in
            try Self.checkRun(db, id)
            let chosen = try Self.tasks(db, run: id, in: scope)
            let list = try Self.encode(chosen)
            try checkIdle(db, run: id, tasks: list)
            let hidden = """
                SELECT count(*) FROM task WHERE id IN (SELECT value FROM json_each(?))
                  AND (\(Self.isList) OR \(Self.isBeyondList))
                """
            let lists = try Int.fetchOne(db, sql: hidden, arguments: [list]) ?? 0
            try db.execute(
                sql: """
                    UPDATE task SET status = 0
                    WHERE status IN (2, 3, 8, 9) AND id IN (SELECT value FROM json_each(?))
                    """,
                arguments: [list]
            )
            let count = db.changesCount - lists
            guard count > 0 else {
                throw StorageError(
                    .refused,
                    scope == .failed
                        ? "run \(id) has no failed task" : "no task of run \(id) has ended yet",
                    hint: "flower status \(id) shows its tasks"
                )
            }
            switch scope {
            case .all: try Self.holdAgain(db, list, but: nil)
            case .from(let name): try Self.holdAgain(db, list, but: name)
            case .failed: break
            }
            try Self.markStalled(db, at: now)
            try Self.audit(db, at: now, by: actor, "rerun", run: id, detail: "\(scope)")
            return count
        }
        folder.touchWake()
        return count
    }

    /// - Throws: `StorageError.refused` for a task that runs, or waits for a run that it has started.
    private func checkIdle(_ db: Database, run id: Int64, tasks list: String) throws {
        let sql = """
            SELECT iif(item, name || '[' || item || ']', name) AS name, runner_id,
              (SELECT id FROM run WHERE parent_task_id = task.id AND awaited = 1) AS child
            FROM task WHERE id IN (SELECT value FROM json_each(:list)) AND (status = 1
              OR (status = 0 AND retry_at_ms = :never))
            """
        let arguments: StatementArguments = ["list": list, "never": Self.waitsForRun]
        guard let row = try Row.fetchOne(db, sql: sql, arguments: arguments) else { return }
        let what = "task '\(row["name"] as String)' of run \(id)"
        guard let child = row["child"] as Int64? else {
            let isLeft = isLeft(by: row["runner_id"])
            throw StorageError(
                .refused,
                "\(what) is running" + (isLeft ? ", and its runner is dead" : ""),
                hint: isLeft
                    ? "the next flower run takes it over; then rerun"
                    : "wait until it has ended, then rerun"
            )
        }
        throw StorageError(
            .refused,
            "\(what) waits for run \(child)",
            hint: "wait until that has settled, or cancel it; then rerun"
        )
    }

    private static func tasks(
        _ db: Database,
        run id: Int64,
        in scope: RerunScope
    ) throws -> [Int64] {
        switch scope {
        case .all:
            return try Int64.fetchAll(
                db,
                sql: "SELECT id FROM task WHERE run_id = ? AND \(Schema.counts)",
                arguments: [id]
            )
        case .failed:
            return try Int64.fetchAll(
                db,
                sql:
                    "SELECT id FROM task WHERE run_id = ? AND status IN (2, 8) AND \(Schema.counts)",
                arguments: [id]
            )
        case .from(let name):
            let sql = """
                WITH RECURSIVE below (id) AS (
                  SELECT id FROM task
                    WHERE run_id = :run AND name = :task AND (:item IS NULL OR item = :item)
                  UNION
                  SELECT task_need.task_id FROM task_need JOIN below ON need_id = below.id)
                SELECT id FROM below
                """
            let name = try checkTask(db, run: id, named: name)
            return try Int64.fetchAll(
                db,
                sql: sql,
                arguments: ["run": id, "task": name.task, "item": name.item]
            )
        }
    }
}
