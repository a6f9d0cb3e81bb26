import GRDB
import TestSupport
import Testing

@testable import Storage

/// Migration 15 says the same in fewer words: whatever is done by hand, the schema before it and the present one
/// must refuse the same with the same sentence, and make the same of the rest.
@Suite struct CompactMigrationTests {
    /// One flow with all that belongs to it and one without runs; a run that a task waits for; needs of each
    /// kind, of tasks that may stall.
    private static let rows = """
        INSERT INTO instance (id, name, created_at_ms) VALUES (1, '0123abcd', 1);
        INSERT INTO flow (id, name, working_directory, applied_at_ms)
          VALUES (1, 'f', '/', 1), (2, 'g', '/', 1);
        INSERT INTO flow_task (flow_id, name, position, kind, command)
          VALUES (1, 'a', 0, 'run', 'x'), (1, 'b', 1, 'run', 'x'), (2, 'a', 0, 'run', 'x');
        INSERT INTO flow_need VALUES (1, 'b', 'a', 0);
        INSERT INTO flow_parameter VALUES (1, 'p', 0, 'v'), (2, 'p', 0, 'v');
        INSERT INTO flow_environment VALUES (1, '', 'e', 0, 'v'), (2, 'a', 'e', 0, 'v');
        INSERT INTO schedule (id, flow_id, identity, position, cron, anchor_at_ms, begun_at_ms,
          considered_until_ms) VALUES (1, 1, 's', 0, '@hourly', 1, 1, 1), (2, 2, 's', 0, '@daily', 1, 1, 1);
        INSERT INTO schedule_parameter VALUES (1, 'p', 0, 'v'), (2, 'p', 0, 'v');
        INSERT INTO schedule_except VALUES (1, 0, '@yearly');
        INSERT INTO fire (id, schedule_id, due_at_ms, outcome, recorded_at_ms)
          VALUES (1, 1, 1, 'registered', 1), (2, 2, 1, 'missed', 1);
        INSERT INTO expectation (flow_id, every_ms, begun_at_ms, check_at_ms)
          VALUES (1, 1, 1, 1), (2, 1, 1, 1);
        INSERT INTO pause (flow_id, begun_at_ms, ended_at_ms) VALUES (1, 1, 2), (2, 1, 2);
        INSERT INTO runner VALUES (7, 1, 'boot', 1, 1, NULL);
        INSERT INTO lane (id, pools) VALUES (99, '{"gpu": 1}');
        INSERT INTO run (id, flow_id, fire_id, origin, registered_at_ms, timezone, parameters, environment,
          working_directory, shell, end_by_ms, armed, parent_task_id, awaited)
          VALUES (1, 1, 1, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]', 9, 0, 8, 1),
            (2, 1, 2, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]', NULL, NULL, NULL, 0);
        INSERT INTO task (id, run_id, position, name, status, unmet, rank_ms, kind, command, role, traits,
          stalled, lane)
          VALUES (1, 1, 0, 'a', 0, 0, 1, 'run', 'x', 'watched', NULL, 0, 99),
            (2, 1, 1, 'b', 0, 1, NULL, 'run', 'x', 'watched', NULL, 0, 0),
            (3, 1, 2, 'c', 0, 1, NULL, 'run', 'x', 'watched', '{"patience": "always"}', NULL, 0),
            (4, 1, 3, 'd', 0, 2, NULL, 'run', 'x', NULL, '{"patience": "end"}', NULL, 0),
            (5, 1, 4, 'hook', 0, 1, NULL, 'run', 'x', 'on_failure', NULL, NULL, 0),
            (6, 2, 0, 'a', 0, 0, 2, 'exec', '["x"]', NULL, NULL, NULL, 0),
            (7, 2, 1, 'b', 4, 1, NULL, 'run', 'x', NULL, NULL, NULL, 0),
            (8, 2, 2, 'c', 0, 0, NULL, 'run', 'x', NULL, '{"flow": "f"}', NULL, 0);
        UPDATE task SET retry_at_ms = 253402214400000 WHERE id = 8;
        INSERT INTO task_need (need_id, task_id) VALUES (1, 2), (1, 3), (2, 4), (3, 4), (6, 7);
        DELETE FROM schedule_change;
        UPDATE flow SET edited_at_ms = NULL;
        """

    /// All but the instants that both take from the clock.
    private static let looks = [
        "SELECT id, description, outputs, edited_at_ms IS NULL FROM flow",
        "SELECT * FROM flow_task", "SELECT * FROM flow_need", "SELECT * FROM flow_parameter",
        "SELECT * FROM flow_environment", "SELECT * FROM schedule",
        "SELECT * FROM schedule_parameter",
        "SELECT * FROM schedule_except", "SELECT * FROM fire", "SELECT * FROM expectation",
        "SELECT * FROM pause", "SELECT * FROM runner", "SELECT * FROM lane", "SELECT * FROM run",
        "SELECT * FROM attempt", "SELECT * FROM task_need", "SELECT * FROM task_output",
        "SELECT * FROM settling", "SELECT * FROM schedule_change", "SELECT * FROM run_state",
        """
        SELECT id, status, unmet, rank_ms IS NULL, retry_at_ms, retry_base, runner_id, cancel_at_ms,
          stalled, priority, command, environment, judged_ms IS NULL, rank_ms IS judged_ms, lane FROM task
        """,
    ]

    private func state(_ random: inout SplitMix64) -> String {
        let (task, other) = (
            Int.random(in: 1...8, using: &random), Int.random(in: 1...8, using: &random)
        )
        let status = [0, 1, 2, 3, 4, 8, 9].randomElement(using: &random) ?? 0
        let these =
            ["id = \(task)", "id IN (\(task), \(other))", "run_id = \(task % 2 + 1)"]
            .randomElement(using: &random) ?? ""
        return [
            "UPDATE task SET status = \(status) WHERE \(these)",
            "UPDATE task SET status = 0 WHERE \(these) AND status > 1",
            "UPDATE task SET status = 8 WHERE \(these) AND status IN (0, 4)",
            "UPDATE task SET status = 9 WHERE \(these) AND status <> 1",
            "UPDATE task SET status = 4 WHERE \(these) AND status = 0",
            "UPDATE task SET status = 1, runner_id = 7, rank_ms = NULL WHERE \(these) AND rank_ms > 0",
            """
            UPDATE task SET status = \(status == 3 ? 3 : 2), runner_id = NULL, retry_at_ms = NULL
              WHERE \(these) AND status = 1
            """,
            "UPDATE task SET status = 0, runner_id = NULL, retry_at_ms = 5 WHERE \(these) AND status = 1",
            "UPDATE task SET cancel_at_ms = 9 WHERE \(these) AND status = 1",
            // As `Store.markStalled` leaves them.
            "UPDATE task SET stalled = \(task % 3) WHERE id IN (1, 2) AND status IN (0, 4)",
            "UPDATE task SET stalled = 0 WHERE stalled IS NOT NULL",
            """
            INSERT INTO attempt (task_id, number, runner_id, started_at_ms)
              SELECT id, 1 + (SELECT count(*) FROM attempt WHERE task_id = task.id), 7, 1 FROM task
              WHERE \(these) AND status = 1
            """,
            "UPDATE attempt SET ended_at_ms = 2, outcome = 'failed' WHERE ended_at_ms IS NULL",
            "INSERT OR IGNORE INTO task_output (task_id, name, value) VALUES (\(task), 'o', 'v')",
            "UPDATE run SET end_by_ms = 9, timed_out_at_ms = \(task % 2 == 0 ? "9" : "NULL")",
            "UPDATE run SET armed = 0, awaited = 1 WHERE id = 1",
            "DELETE FROM settling",
        ].randomElement(using: &random) ?? ""
    }

    private func value(_ random: inout SplitMix64) -> String {
        let value =
            [
                "NULL", "'{}'", "'[]'", "'[\"x\"]'", "'[\"x\", 1]'", "'{\"a\": \"b\"}'",
                "'{\"a\": 1}'",
                "'1'", "'\"x\"'", "'null'", "'x'", "''", "0", "1", "31622400001",
            ].randomElement(using: &random) ?? ""
        let column =
            [
                "run SET parameters", "run SET environment", "run SET shell",
                "run SET environment_files",
                "run SET secrets", "run SET outputs", "run SET carried", "run SET timeout_ms",
                "run SET outputs = '{}', secrets", "task SET environment", "task SET command",
                "task SET priority", "lane SET pools",
            ].randomElement(using: &random) ?? ""
        return "UPDATE \(column) = \(value)"
    }

    private func master(_ random: inout SplitMix64) -> String {
        let row = Int.random(in: 1...2, using: &random)
        return [
            "UPDATE flow SET edited_at_ms = NULL",
            "UPDATE flow SET description = 'x' WHERE id = \(row)",
            "UPDATE flow SET kill_grace_ms = 1 WHERE id = \(row)",
            "UPDATE flow SET outputs = '{}' WHERE id = \(row)",
            "UPDATE flow SET applied_at_ms = 7 WHERE id = \(row)",
            "UPDATE flow SET removed_at_ms = 7 WHERE id = \(row)",
            "INSERT OR REPLACE INTO flow_parameter VALUES (\(row), 'q', 1, 'v')",
            "UPDATE flow_parameter SET value = 'w' WHERE flow_id = \(row)",
            "DELETE FROM flow_parameter WHERE flow_id = \(row) AND name = 'q'",
            "INSERT OR REPLACE INTO flow_environment VALUES (\(row), 'a', 'q', 1, 'v')",
            "UPDATE flow_environment SET value = 'w' WHERE flow_id = \(row)",
            "DELETE FROM flow_environment WHERE flow_id = \(row) AND name = 'q'",
            "INSERT OR REPLACE INTO flow_need VALUES (\(row), 'a', 'c', 0)",
            "UPDATE flow_need SET position = 3 WHERE flow_id = \(row)",
            "DELETE FROM flow_need WHERE flow_id = \(row) AND need = 'c'",
            "UPDATE flow_task SET command = 'y' WHERE flow_id = \(row)",
            """
            INSERT OR IGNORE INTO flow_task (flow_id, name, position, kind, command)
              VALUES (\(row), 'c', 2, 'run', 'x')
            """,
            "DELETE FROM flow_task WHERE flow_id = \(row) AND name = 'c'",
            """
            INSERT OR IGNORE INTO schedule (flow_id, identity, position, cron, anchor_at_ms, begun_at_ms,
              considered_until_ms) VALUES (\(row), 't', 1, '@hourly', 1, 1, 1)
            """,
            "UPDATE schedule SET cron = '@weekly' WHERE flow_id = \(row)",
            "UPDATE schedule SET identity = id || 'i' WHERE flow_id = \(row)",
            "UPDATE schedule SET begun_at_ms = 5 WHERE flow_id = \(row)",
            "UPDATE schedule SET considered_until_ms = 5 WHERE flow_id = \(row)",
            "UPDATE expectation SET every_ms = 5, check_at_ms = 5 WHERE flow_id = \(row)",
            "UPDATE expectation SET check_at_ms = 6 WHERE flow_id = \(row)",
        ].randomElement(using: &random) ?? ""
    }

    private func deletion(_ random: inout SplitMix64) -> String {
        let row = Int.random(in: 1...2, using: &random)
        return [
            "DELETE FROM run WHERE id = \(row)", "DELETE FROM run",
            "DELETE FROM task WHERE id = \(row)", "DELETE FROM runner", "DELETE FROM lane",
            "DELETE FROM flow WHERE id = \(row)", "DELETE FROM schedule WHERE id = \(row)",
            "DELETE FROM fire WHERE id = \(row)",
        ].randomElement(using: &random) ?? ""
    }

    /// - Returns: what is said against it, and all that there is afterwards.
    private func perform(_ sql: String, _ queue: DatabaseQueue, isUndone: Bool) throws -> (
        said: String?, rows: [[Row]]
    ) {
        try queue.writeWithoutTransaction { db in
            var said: String?
            if isUndone { try db.execute(sql: "SAVEPOINT step") }
            do { try db.execute(sql: sql) } catch let error as DatabaseError {
                said = error.message ?? ""
            }
            let rows = try Self.looks.map { try Row.fetchAll(db, sql: $0) }
            if isUndone { try db.execute(sql: "ROLLBACK TO step; RELEASE step") }
            return (said, rows)
        }
    }

    @Test(arguments: 0..<4)
    func `what is done by hand has the same consequences and refusals`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let former = try bareDatabase(versions: 14, Self.rows)
        let present = try bareDatabase(versions: Schema.migrations.count, Self.rows)
        var (done, undone, refused) = (0, 0, 0)
        for _ in 0..<250 {
            let kind = Int.random(in: 0..<10, using: &random)
            let isUndone = kind == 0
            let sql =
                switch kind {
                case 0: deletion(&random)
                case 1, 2: value(&random)
                case 3, 4, 5: master(&random)
                default: state(&random)
                }
            let before = try perform(sql, former, isUndone: isUndone)
            let after = try perform(sql, present, isUndone: isUndone)
            for (place, rows) in before.rows.enumerated() {
                try #require(
                    rows == after.rows[place],
                    "seed \(seed): \(sql): \(Self.looks[place])"
                )
            }
            try #require(before.said == after.said, "seed \(seed): \(sql)")
            if after.said != nil {
                refused += 1
            } else if isUndone {
                undone += 1
            } else {
                done += 1
            }
        }
        #expect(
            done > 75 && undone > 5 && refused > 10,
            "seed \(seed): \(done) done, \(undone) undone, \(refused) refused"
        )
    }

    /// SQLite reads all of it at each start of a command, some 130 instructions for each of its bytes.
    @Test func `what is read at each start keeps within its limit`() throws {
        let present = try bareDatabase(versions: Schema.migrations.count, Self.rows)
        let bytes = try present.read {
            try Int.fetchOne(
                $0,
                sql: "SELECT sum(length(sql)) FROM sqlite_schema WHERE sql NOT NULL"
            )
        }
        #expect(try #require(bytes) <= 31_000)
    }
}
