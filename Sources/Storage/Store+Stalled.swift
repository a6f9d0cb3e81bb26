import Cron
import Flows
import GRDB

/// Which tasks stall: they wait, and something that they need has failed, was cancelled or stalls itself.
///
/// ```
/// fetch ✗ ──▶ load ──▶ publish          load and publish stall: without a person neither goes on
///    │          │         │
///    └──────────┴─────────┴──▶ alert    when: failed: it needs all three, and is ready at once
/// ```
///
/// To a task with `patience` a need that stalls is one that has ended in failure. Such a task never stalls
/// itself, and nor does one that a person holds: that means to go on. One that its flow file holds is released
/// when its needs are met, and stalls with them.
extension Store {
    /// Of a row of `task`: whether it stalls once a need of it has failed or stalls.
    static let canStall = """
        (task.status = 0 OR task.status = 4 AND task.hold IS NOT NULL) AND NOT (\(Schema.isPatient))
        """

    /// Of a row of `task` named `need`: whether one that waits for it without patience waits for a person.
    static let stalls = "(need.status IN (2, 8) OR need.stalled IS 1)"

    /// Marks those that a run's patient tasks hang on, where it has any.
    static func watchForStalls(_ db: Database, flow: Int64, run: Int64) throws {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM flow_task
              WHERE flow_id = ? AND traits ->> 'patience' IS NOT NULL)
            """
        let isPatient = try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [flow]) ?? false
        guard isPatient else { return }
        let mark = "UPDATE task SET stalled = 0 WHERE id IN (\(Schema.needsOfPatient("= ?")))"
        try db.cachedStatement(sql: mark).execute(arguments: [run])
    }

    /// Works off what the triggers have noted: looks which tasks stall now and which go on, and counts them
    /// for those with patience, which may become ready by it, or wait again if they have not started.
    ///
    /// Takes as long as what may have changed is large, whatever else there is.
    static func markStalled(_ db: Database, at now: Instant) throws {
        let noted = "SELECT EXISTS (SELECT 1 FROM task WHERE stalled = 2)"
        guard try Bool.fetchOne(db.cachedStatement(sql: noted)) ?? false else { return }
        // First none that stalled because of what is noted does; then those that do are found anew.
        let before = try stalledBelowNoted(db)
        try set(db, "stalled = 2", before)
        let after = try stalling(db)
        try set(db, "stalled = 1", after)
        try db.cachedStatement(sql: "UPDATE task SET stalled = 0 WHERE stalled = 2").execute()
        let (stalled, stalls) = (Set(before), Set(after))
        try count(db, before.filter { !stalls.contains($0) }, "unmet + need.count", rank: "NULL")
        let rank = """
            CASE WHEN unmet = need.count AND status = 0 AND retry_at_ms IS NULL
              THEN \(now.milliseconds) + priority * 60000 END
            """
        try count(db, after.filter { !stalled.contains($0) }, "unmet - need.count", rank: rank)
    }

    private static func stalledBelowNoted(_ db: Database) throws -> [Int64] {
        let sql = """
            WITH RECURSIVE below (id) AS (
              SELECT id FROM task WHERE stalled = 2
              UNION
              SELECT task.id FROM below CROSS JOIN task_need ON need_id = below.id
                CROSS JOIN task ON task.id = task_id WHERE task.stalled = 1)
            SELECT task.id FROM below CROSS JOIN task ON task.id = below.id WHERE task.stalled = 1
            """
        return try Int64.fetchAll(db.cachedStatement(sql: sql))
    }

    /// Of the noted tasks, those that need them, and all that hangs on one of these.
    private static func stalling(_ db: Database) throws -> [Int64] {
        let sql = """
            WITH RECURSIVE asked (id) AS (
              SELECT id FROM task WHERE stalled = 2
              UNION
              SELECT task_id FROM task noted CROSS JOIN task_need ON need_id = noted.id
                WHERE noted.stalled = 2),
            stuck (id) AS (
              SELECT task.id FROM asked CROSS JOIN task ON task.id = asked.id
                WHERE task.stalled IN (0, 2) AND \(canStall)
                  AND EXISTS (SELECT 1 FROM task_need CROSS JOIN task need ON need.id = need_id
                    WHERE task_need.task_id = task.id AND \(stalls))
              UNION
              SELECT task.id FROM stuck CROSS JOIN task_need ON need_id = stuck.id
                CROSS JOIN task ON task.id = task_id
                WHERE task.stalled IN (0, 2) AND \(canStall))
            SELECT id FROM stuck
            """
        return try Int64.fetchAll(db.cachedStatement(sql: sql))
    }

    private static func set(_ db: Database, _ column: String, _ tasks: [Int64]) throws {
        guard !tasks.isEmpty else { return }
        let sql = "UPDATE task SET \(column) WHERE id IN (SELECT value FROM json_each(?))"
        try db.cachedStatement(sql: sql).execute(arguments: [try encode(tasks)])
    }

    /// Counts needs that have begun or ended to stall, of the tasks with patience that need them.
    private static func count(
        _ db: Database,
        _ needs: [Int64],
        _ unmet: String,
        rank: String
    ) throws {
        guard !needs.isEmpty else { return }
        try db.execute(
            sql: """
                UPDATE task SET unmet = \(unmet), rank_ms = \(rank)
                FROM (SELECT task_id, count(*) AS count
                  FROM json_each(?) CROSS JOIN task_need ON need_id = value GROUP BY task_id) need
                WHERE task.id = need.task_id AND \(Schema.isPatient)
                """,
            arguments: [try encode(needs)]
        )
    }
}
