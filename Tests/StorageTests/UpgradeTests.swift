import Cron
import Flows
import Foundation
import TestSupport
import Testing

@testable import Storage

/// A database of the version before, in the midst of its work.
@Suite struct UpgradeTests {
    private let temporary: TemporaryFolder
    private var folder: StateFolder { StateFolder(path: temporary.path + "/state") }

    init() throws { temporary = try TemporaryFolder() }

    private func sqlite(_ sql: String) throws { #expect(try shell(sql) == 0) }

    /// - Returns: the exit code.
    private func shell(_ sql: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-bail", folder.databasePath]
        process.standardError = FileHandle.nullDevice
        let input = Pipe()
        process.standardInput = input
        try process.run()
        input.fileHandleForWriting.write(Data(sql.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test func `the version is the number of the migrations`() {
        #expect(Schema.version == Schema.migrations.count)
    }

    /// Migration 6 writes some rules in other words, without a copy of the tables.
    @Test(arguments: [0, Schema.migrations.count - 1])
    func `what a row may hold is the same after the rules were rewritten`(version: Int) throws {
        try folder.create()
        if version > 0 {
            try sqlite(Schema.migrations.prefix(version).joined(separator: "\n"))
            try sqlite(
                """
                PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(version);
                INSERT INTO instance (id, name, created_at_ms) VALUES (1, '0123abcd', 1);
                """
            )
        }
        let store = try Store.open(folder, create: true)
        try store.write { db in
            let sql = "SELECT sql FROM sqlite_schema WHERE name IN ('task', 'attempt', 'run')"
            let texts = try String.fetchAll(db, sql: sql).joined()
            #expect(texts.contains("(status BETWEEN 0 AND 4 OR status BETWEEN 8 AND 9)"))
            for column in ["status", "outcome", "kind", "origin"] {
                #expect(!texts.contains("CHECK (\(column) IN ("))
            }
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
        }
        try sqlite(
            """
            INSERT INTO flow (id, name, working_directory, applied_at_ms) VALUES (1, 'old', '/', 1);
            INSERT INTO runner VALUES (1, 1, 'boot', 1, 1, NULL);
            """
        )
        func run(_ id: Int, _ origin: String) -> String {
            """
            INSERT INTO run (id, flow_id, origin, registered_at_ms, timezone, parameters, environment,
              working_directory, shell)
              VALUES (\(id), 1, '\(origin)', 1, 'UTC', '{}', '{}', '/', '["sh"]');
            """
        }
        for (place, origin) in ["schedule", "manual", "backfill", "api"].enumerated() {
            #expect(try shell(run(place + 1, origin)) == 0)
        }
        #expect(try shell(run(9, "cron")) != 0)
        func task(_ status: Int, _ kind: String) -> String {
            """
            INSERT INTO task (id, run_id, position, name, status, runner_id, kind, command)
              VALUES (\(status + 1), 1, 0, 't\(status)', \(status), iif(\(status) = 1, 1, NULL),
                '\(kind)', '["true"]');
            """
        }
        for status in -1...10 {
            let isLegal = TaskState(rawValue: status) != nil
            #expect(try (shell(task(status, "exec")) == 0) == isLegal, "\(status)")
        }
        for (place, kind) in ["run", "exec", "component"].enumerated() {
            #expect(try shell("UPDATE task SET kind = '\(kind)' WHERE id = \(place + 1)") == 0)
        }
        #expect(try shell("UPDATE task SET kind = 'shell' WHERE id = 1") != 0)
        let outcomes = [
            "succeeded", "failed", "signalled", "timed-out", "not-started", "interrupted",
            "cancelled", "killed", "",
        ]
        for (place, outcome) in outcomes.enumerated() {
            let insert = """
                INSERT INTO attempt (task_id, number, runner_id, started_at_ms, ended_at_ms, outcome)
                  VALUES (1, \(place + 1), 1, 1, 2, '\(outcome)');
                """
            #expect(try (shell(insert) == 0) == (place < 7), "\(outcome)")
        }
    }

    @Test func `runs registered before pools and holds were known go on, and may be held`() throws {
        try folder.create()
        let version = try #require(Schema.migrations.firstIndex(of: Schema.control))
        try sqlite(Schema.migrations.prefix(version).joined(separator: "\n"))
        try sqlite(
            """
            PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(version);
            INSERT INTO instance (id, name, created_at_ms) VALUES (1, '0123abcd', 1);
            INSERT INTO flow (id, name, working_directory, applied_at_ms) VALUES (1, 'old', '/', 1);
            INSERT INTO flow_task (flow_id, name, position, kind, command)
              VALUES (1, 'a', 0, 'run', 'true');
            INSERT INTO run (id, flow_id, origin, registered_at_ms, timezone, parameters,
              environment, working_directory, shell)
              VALUES (1, 1, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]');
            INSERT INTO task (id, run_id, position, name, rank_ms, kind, command)
              VALUES (1, 1, 0, 'a', 1, 'run', 'true'), (2, 1, 1, 'b', 2, 'run', 'true');
            INSERT INTO task (id, run_id, position, name, unmet, kind, command)
              VALUES (3, 1, 2, 'c', 1, 'run', 'true');
            INSERT INTO task_need (need_id, task_id) VALUES (2, 3);
            """
        )
        let store = try Store.open(folder, create: false)
        #expect(try store.check().isEmpty)
        #expect(try store.state(ofRun: 1) == .waiting)
        #expect(try store.hold(1, task: "b", by: "test", at: .init(seconds: 9)) == 1)
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
        var turn = Turn()
        turn.wanted = 9
        let claims = try store.turn(turn, by: runner, at: .init(seconds: 9)).claims
        #expect(claims.map(\.name) == ["a"])
        #expect(claims.first?.killGrace == Limit.killGrace && claims.first?.lane == 0)
        #expect(
            try store.flow(named: "old", at: .init(seconds: 9)).flow.tasks.first?.retries
                == RetryPolicy.none
        )
        let request = RegisterRequest(flow: "old", isForced: true, hostZone: "UTC")
        #expect(try store.register(request, by: "test", at: .init(seconds: 9)).runID == 2)
        #expect(try store.release(1, by: "test", at: .init(seconds: 9)) == 1)
        #expect(try store.turn(turn, by: runner, at: .init(seconds: 9)).claims.count == 2)
    }

    @Test func `mails of before have the limits of now, and no flow counts as edited`() throws {
        try folder.create()
        let version = try #require(Schema.migrations.firstIndex(of: Schema.mailLimits))
        try sqlite(Schema.migrations.prefix(version).joined(separator: "\n"))
        try sqlite(
            """
            PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(version);
            INSERT INTO instance (id, name, created_at_ms) VALUES (1, '0123abcd', 1);
            INSERT INTO flow (id, name, working_directory, applied_at_ms)
              VALUES (1, 'old', '/', 1), (2, 'edited', '/', 1);
            INSERT INTO flow_task (flow_id, name, position, kind, command, role)
              VALUES (1, '@notify', 0, 'exec', '["sendmail","-i","root"]', 'notify'),
                (1, 'a', 0, 'run', 'true', NULL), (2, 'a', 0, 'run', 'true', NULL);
            UPDATE flow SET edited_at_ms = NULL WHERE id = 1;
            UPDATE flow SET edited_at_ms = 7 WHERE id = 2;
            """
        )
        let store = try Store.open(folder, create: false)
        let now = Instant(seconds: 9)
        let old = try store.flow(named: "old", at: now)
        #expect(old.flow.hooks == [.mail(to: ["root"])] && old.editedAt == nil)
        #expect(old.flow.tasks.map(\.timeout) == [nil])
        #expect(try store.flow(named: "edited", at: now).editedAt?.milliseconds == 7)
    }

    @Test func `of runs at work, what waits for ever is over; those of before stay settled`() throws
    {
        try folder.create()
        let version = try #require(Schema.migrations.firstIndex(of: Schema.stalled))
        try sqlite(Schema.migrations.prefix(version).joined(separator: "\n"))
        func run(_ id: Int) -> String {
            """
            INSERT INTO run (id, flow_id, origin, registered_at_ms, timezone, parameters,
              environment, working_directory, shell)
              VALUES (\(id), 1, 'manual', 1, 'UTC', '{}', '{}', '/', '["sh"]');
            INSERT INTO task (id, run_id, position, name, status, unmet, kind, command, traits, judged_ms)
              VALUES (\(id)1, \(id), 0, 'fetch', 2, 0, 'run', 'true', NULL, NULL),
                (\(id)2, \(id), 1, 'load', 0, 1, 'run', 'true', NULL, NULL),
                (\(id)3, \(id), 2, 'alert', 0, 1, 'run', 'true',
                  '{"when":"failed","patience":"end"}', 0);
            INSERT INTO task_need (need_id, task_id)
              VALUES (\(id)1, \(id)2), (\(id)1, \(id)3), (\(id)2, \(id)3);
            """
        }
        try sqlite(
            """
            PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(version);
            INSERT INTO instance (id, name, created_at_ms) VALUES (1, '0123abcd', 1);
            INSERT INTO flow (id, name, working_directory, applied_at_ms) VALUES (1, 'old', '/', 1);
            \(run(1))\(run(2))
            INSERT INTO task (id, run_id, position, name, rank_ms, kind, command)
              VALUES (24, 2, 3, 'slow', 1, 'run', 'true');
            """
        )
        let store = try Store.open(folder, create: false)
        #expect(try store.check().isEmpty)
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 9)
        var turn = Turn()
        turn.wanted = 9
        let claims = try store.turn(turn, by: runner, at: .init(seconds: 9)).claims
        #expect(claims.map(\.taskID) == [24, 23])
        #expect(try store.state(ofRun: 1) == .failed)
        #expect(try store.check().isEmpty)
    }
}
