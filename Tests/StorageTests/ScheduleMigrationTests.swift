import Flows
import GRDB
import TestSupport
import Testing

@testable import Storage

/// Migration 13: what a schedule says of its window, and the zone of those that name none.
@Suite struct ScheduleMigrationTests {
    private let temporary: TemporaryFolder
    private var folder: StateFolder { StateFolder(path: temporary.path + "/state") }

    init() throws { temporary = try TemporaryFolder() }

    /// As the version before left it: one schedule by default, one with a window of its own.
    private static let rows = """
        PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 12;
        INSERT INTO instance (id, name, created_at_ms) VALUES (1, '0123abcd', 1);
        INSERT INTO flow (id, name, working_directory, applied_at_ms) VALUES (1, 'f', '/', 1);
        INSERT INTO schedule (id, flow_id, identity, position, cron, anchor_at_ms, begun_at_ms,
          considered_until_ms) VALUES (1, 1, 'a', 0, '@weekly', 1, 1, 1);
        INSERT INTO schedule (id, flow_id, identity, position, cron, catchup_window_ms, anchor_at_ms,
          begun_at_ms, considered_until_ms) VALUES (2, 1, 'b', 1, '@daily', 7200000, 1, 1, 1);
        UPDATE flow SET edited_at_ms = NULL;
        """

    private func opened() throws -> Store {
        try folder.create()
        let queue = try DatabaseQueue(path: folder.databasePath)
        try queue.writeWithoutTransaction { db in
            for migration in Schema.migrations.prefix(12) { try db.execute(sql: migration) }
            try db.execute(sql: Self.rows)
        }
        try queue.close()
        return try Store.open(folder, create: false)
    }

    @Test func `the former default is unsaid, and a window that was written stays`() throws {
        let store = try opened()
        let windows = try store.schedules().map(\.timing.catchUpWindow)
        #expect(windows == [nil, .seconds(7200)])
        let edited = try store.read { db in
            try Int64.fetchOne(db, sql: "SELECT count(*) FROM flow WHERE edited_at_ms IS NOT NULL")
        }
        #expect(edited == 0, "it is no edit")
        #expect(try store.check().isEmpty)
    }

    @Test func `a window may be changed with SQL, and that is an edit`() throws {
        let store = try opened()
        try store.write { db in
            try db.execute(sql: "UPDATE schedule SET catchup_window_ms = 5 WHERE id = 1")
            #expect(throws: DatabaseError.self) {
                try db.execute(sql: "UPDATE schedule SET catchup_window_ms = 0 WHERE id = 1")
            }
        }
        #expect(try store.schedules()[0].timing.catchUpWindow == .milliseconds(5))
        let edited = try store.read { db in
            try Int64.fetchOne(db, sql: "SELECT count(*) FROM flow WHERE edited_at_ms IS NOT NULL")
        }
        #expect(edited == 1)
    }

    @Test func `a recorded zone is that of schedules without one, and schedulers are told`() throws
    {
        let store = try opened()
        #expect(try store.recordedZone() == nil)
        let cursor = try store.scheduleChanges(since: nil).cursor
        #expect(try store.recordZone("Asia/Tokyo", by: "test", at: .init(milliseconds: 5)))
        #expect(try !store.recordZone("Asia/Tokyo", by: "test", at: .init(milliseconds: 6)))
        #expect(try store.schedules().map(\.timezone) == ["Asia/Tokyo", "Asia/Tokyo"])
        #expect(try store.schedules([1]).map(\.timezone) == ["Asia/Tokyo"])
        #expect(try store.scheduleChanges(since: cursor).changes == .some([1, 2]))
        #expect(try store.recordZone(nil, by: "test", at: .init(milliseconds: 7)))
        #expect(try store.schedules().map(\.timezone) == [nil, nil])
    }
}
