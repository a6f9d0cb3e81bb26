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

    private func sqlite(_ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-bail", folder.databasePath]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        input.fileHandleForWriting.write(Data(sql.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
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
}
