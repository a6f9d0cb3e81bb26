import Cron
import Flows
import GRDB

/// What a person decides about a task: to hold it, to let it go, to go on without it.
extension Store {
    /// Lets held tasks of a run go: one, or all of them. They start once their needs are met.
    ///
    /// - Returns: how many were held.
    /// - Throws: `StorageError.notFound` (run or task), `.refused` where none is held.
    package func release(
        _ run: Int64,
        task: String? = nil,
        by actor: String,
        at now: Instant
    ) throws -> Int {
        try decide(.release, run, task: task, by: actor, at: now)
    }

    /// Holds waiting tasks of a run back, until they are released.
    ///
    /// - Returns: how many were waiting.
    /// - Throws: `StorageError.notFound` (run or task), `.refused` where none waits.
    package func hold(
        _ run: Int64,
        task: String? = nil,
        by actor: String,
        at now: Instant
    ) throws -> Int {
        try decide(.hold, run, task: task, by: actor, at: now)
    }

    /// Goes on without a task: what needs it starts as if it had succeeded.
    ///
    /// - Returns: how many were skipped: more than one where the task came of a list.
    /// - Throws: `StorageError.notFound` (run or task), `.refused` where it runs or has succeeded.
    package func skip(
        _ run: Int64,
        task: String,
        by actor: String,
        at now: Instant
    ) throws -> Int {
        try decide(.skip, run, task: task, by: actor, at: now)
    }

    private func decide(
        _ event: TaskEvent,
        _ run: Int64,
        task: String?,
        by actor: String,
        at now: Instant
    ) throws -> Int {
        let count = try write { db in
            try Self.checkRun(db, run)
            let name = try task.map { try Self.checkTask(db, run: run, named: $0) }
            let from = TaskState.allCases.filter { $0.after(event) != nil }
            guard let to = from.first?.after(event) else {
                preconditionFailure("some state has the event '\(event)'")
            }
            let states = from.map { "\($0.rawValue)" }.joined(separator: ", ")
            try db.execute(
                sql: """
                    UPDATE task SET status = :to
                    WHERE run_id = :run AND status IN (\(states)) AND CASE WHEN :task IS NULL
                      THEN \(Schema.counts)
                      ELSE name = :task AND (:item IS NULL OR item = :item) END
                    """,
                arguments: [
                    "to": to.rawValue, "run": run, "task": name?.task, "item": name?.item,
                ]
            )
            let count = db.changesCount
            guard count > 0 else { throw try refusal(db, event, run, name) }
            // A run whose last task is decided on may have settled, and another wait for that.
            try advance(db, at: now)
            try Self.audit(db, at: now, by: actor, "\(event)", run: run, detail: task)
            return count
        }
        folder.touchWake()
        return count
    }

    private func refusal(
        _ db: Database,
        _ event: TaskEvent,
        _ run: Int64,
        _ task: TaskName?
    ) throws -> StorageError {
        guard let task else {
            return StorageError(
                .refused,
                event == .release ? "run \(run) has no held task" : "no task of run \(run) waits",
                hint: "flower status \(run) shows its tasks"
            )
        }
        let sql = """
            SELECT status, runner_id FROM task WHERE run_id = :run AND name = :task
              AND (:item IS NULL OR item = :item) ORDER BY item DESC
            """
        let arguments: StatementArguments = ["run": run, "task": task.task, "item": task.item]
        let row = try Row.fetchOne(db, sql: sql, arguments: arguments)
        let state = (row?["status"] as Int?).flatMap(TaskState.init(rawValue:)) ?? .waiting
        let isLeft = isLeft(by: row?["runner_id"])
        let hint: String? =
            switch (event, state) {
            case (_, .running) where isLeft: "the next flower run takes it over"
            case (.skip, .running): "flower cancel \(run) \(task) ends it; then skip it"
            case (.hold, .running): "flower cancel \(run) \(task) ends it"
            default: nil
            }
        let what = event == .hold ? "held back" : event == .release ? "released" : "skipped"
        return StorageError(
            .refused,
            "task '\(task)' of run \(run) cannot be \(what): it \(Self.phrase(state))"
                + (isLeft ? ", and its runner is dead" : ""),
            hint: hint ?? "flower status \(run) shows its tasks"
        )
    }

    private static func phrase(_ state: TaskState) -> String {
        switch state {
        case .waiting: "waits, and is not held"
        case .running: "is running"
        case .failed: "has failed"
        case .succeeded: "has succeeded"
        case .held: "is held already"
        case .cancelled: "was cancelled"
        case .skipped: "was skipped already"
        }
    }

    /// Tasks with a `hold:` that a rerun has set back wait for a person again: what they looked at
    /// is made anew. But for the one that the rerun names.
    static func holdAgain(_ db: Database, _ ids: String, but name: String?) throws {
        try db.execute(
            sql: """
                UPDATE task SET status = 4 WHERE status = 0 AND hold IS NOT NULL
                  AND id IN (SELECT value FROM json_each(:ids)) AND (:name IS NULL OR name <> :name)
                """,
            arguments: ["ids": ids, "name": name]
        )
    }
}
