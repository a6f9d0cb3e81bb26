import GRDB
import TestSupport
import Testing

@testable import Storage

/// Migration 8 says in one trigger what two said before: whatever is done to tasks by hand, both must
/// refuse the same, and make the same of the rest.
@Suite struct GuardMigrationTests {
    /// A run that somebody waits for and that has a hook, one that waits for it, and a plain one; needs of
    /// each kind.
    private static let tasks = """
        INSERT INTO flow (id, name, working_directory, applied_at_ms) VALUES (1, 'f', '/', 1);
        INSERT INTO runner VALUES (7, 1, 'boot', 1, 1, NULL);
        INSERT INTO run (id, flow_id, origin, registered_at_ms, timezone, parameters, environment,
          working_directory, shell, end_by_ms, armed, parent_task_id, awaited)
          VALUES (1, 1, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]', 9, 0, 9, 1),
            (2, 1, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]', NULL, NULL, NULL, 0),
            (3, 1, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]', NULL, NULL, NULL, 0);
        INSERT INTO task (id, run_id, position, name, status, unmet, rank_ms, kind, command, role, traits)
          VALUES (1, 1, 0, 'a', 0, 0, 1, 'run', 'x', 'watched', NULL),
            (2, 1, 1, 'b', 0, 1, NULL, 'run', 'x', 'watched', NULL),
            (3, 1, 2, 'c', 0, 1, NULL, 'run', 'x', 'watched', '{"patience": "failure"}'),
            (4, 1, 3, 'd', 0, 2, NULL, 'run', 'x', 'watched', '{"patience": "end"}'),
            (5, 1, 4, 'hook', 0, 1, NULL, 'run', 'x', 'on_failure', NULL),
            (6, 2, 0, 'a', 0, 0, 2, 'run', 'x', NULL, NULL),
            (7, 2, 1, 'b', 0, 1, NULL, 'run', 'x', NULL, NULL),
            (8, 2, 2, 'c', 4, 0, NULL, 'run', 'x', NULL, NULL),
            (9, 2, 3, 'd', 0, 0, 3, 'run', 'x', NULL, '{"flow": "f"}'),
            (10, 3, 0, 'a', 0, 0, 4, 'run', 'x', NULL, NULL),
            (11, 3, 1, 'b', 0, 0, 4, 'run', 'x', NULL, NULL),
            (12, 3, 2, 'c', 0, 0, 4, 'run', 'x', NULL, NULL),
            (13, 3, 3, 'd', 0, 2, NULL, 'run', 'x', NULL, NULL);
        INSERT INTO task_need (need_id, task_id) VALUES (1, 2), (1, 3), (2, 4), (3, 4), (6, 7), (10, 13), (11, 13);
        """

    /// All but the instants themselves, which both take from the clock.
    private static let looks = [
        """
        SELECT id, status, unmet, rank_ms IS NOT NULL, retry_at_ms IS NOT NULL, retry_base, runner_id,
          cancel_at_ms FROM task ORDER BY id
        """,
        "SELECT id, end_by_ms, timed_out_at_ms, armed, awaited FROM run ORDER BY id",
        "SELECT run_id FROM settling ORDER BY run_id",
        "SELECT task_id FROM task_output ORDER BY task_id",
        "SELECT task_id, number, ended_at_ms FROM attempt ORDER BY task_id, number",
        "SELECT run_id, state FROM run_state ORDER BY run_id",
    ]

    /// What a person, a runner and a rescue do.
    private func change(_ random: inout SplitMix64) -> String {
        let task = Int.random(in: 1...13, using: &random)
        let states = [0, 1, 2, 3, 4, 8, 9]
        let state = states.randomElement(using: &random) ?? 0
        let these =
            [
                "id = \(task)", "id = \(task)", "id = \(task)",
                "id BETWEEN \(task) AND \(task + 3)",
                "run_id = \(task % 3 + 1)", "status = \(state)",
            ].randomElement(using: &random) ?? ""
        let ends = "runner_id = NULL, retry_at_ms = NULL WHERE \(these) AND status = 1"
        return [
            "UPDATE task SET status = \(state) WHERE \(these)",
            "UPDATE task SET status = \(state), runner_id = NULL WHERE \(these)",
            "UPDATE task SET status = 0 WHERE \(these) AND status > 1",
            "UPDATE task SET status = 1, runner_id = 7 WHERE \(these)",
            "UPDATE task SET status = 1, runner_id = 7 WHERE \(these) AND rank_ms IS NOT NULL",
            "UPDATE task SET status = 1, runner_id = 7, rank_ms = NULL WHERE \(these) AND rank_ms IS NOT NULL",
            "UPDATE task SET status = 1, runner_id = 7, rank_ms = NULL WHERE status = 0 AND rank_ms > 0",
            "UPDATE task SET status = 3, \(ends)",
            "UPDATE task SET status = 2, \(ends)",
            "UPDATE task SET status = 0, runner_id = NULL, retry_at_ms = 5 WHERE \(these) AND status = 1",
            "UPDATE task SET cancel_at_ms = 9 WHERE \(these) AND status = 1",
            """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms)
              SELECT id, 1 + (SELECT count(*) FROM attempt WHERE task_id = task.id), 7, 1 FROM task
              WHERE \(these) AND status = 1
            """,
            "UPDATE attempt SET ended_at_ms = 2, outcome = 'failed' WHERE ended_at_ms IS NULL",
            "INSERT OR IGNORE INTO task_output (task_id, name, value) VALUES (\(task), 'o', 'v')",
            "UPDATE run SET end_by_ms = 9, timed_out_at_ms = 9 WHERE id = \(task % 3 + 1)",
            "DELETE FROM settling",
        ].randomElement(using: &random) ?? ""
    }

    /// - Returns: what is said against it, and all that there is afterwards.
    private func perform(_ sql: String, _ queue: DatabaseQueue) throws -> (
        said: String?, rows: [Row]
    ) {
        try queue.writeWithoutTransaction { db in
            var said: String?
            do { try db.execute(sql: sql) } catch let error as DatabaseError {
                said = error.message ?? ""
            }
            return (said, try Self.looks.flatMap { try Row.fetchAll(db, sql: $0) })
        }
    }

    @Test(arguments: 0..<8)
    func `what is done by hand has the same consequences`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let former = try bareDatabase(versions: 7, Self.tasks)
        let present = try bareDatabase(versions: Schema.migrations.count, Self.tasks)
        var refused = 0
        var done = 0
        for _ in 0..<400 {
            let sql = change(&random)
            let (before, after) = (try perform(sql, former), try perform(sql, present))
            try #require(before.rows == after.rows, "seed \(seed): \(sql)")
            try #require((before.said == nil) == (after.said == nil), "seed \(seed): \(sql)")
            guard let said = after.said else {
                done += 1
                continue
            }
            refused += 1
            let isNamed = said.hasPrefix(
                "CHECK constraint failed: only a runner sets a task running"
            )
            #expect(said == before.said || isNamed, "seed \(seed): \(sql)")
        }
        #expect(done > 100 && refused > 20, "seed \(seed): \(done) done, \(refused) refused")
    }
}
