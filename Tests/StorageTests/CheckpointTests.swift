import Cron
import Flows
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Storage

/// SQLite's WAL-reset fault (`SQLiteVersion`): nobody of ours copies the WAL into the database unless `write.lock` is
/// held.
@Suite struct CheckpointTests {
    let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test(arguments: [
        (3_040_001, true), (3_046_001, true), (3_044_005, true), (3_044_006, false),
        (3_045_000, true), (3_050_006, true), (3_050_007, false), (3_051_002, true),
        (3_051_003, false), (3_053_000, false), (3_006_023, false),
    ]) func `the fault is told by the version's number`(number: Int, isThere: Bool) {
        #expect(SQLiteVersion(number: number).hasWALResetFault == isThere)
    }

    @Test func `a version is written as people know it`() {
        #expect("\(SQLiteVersion(number: 3_040_001))" == "3.40.1")
    }

    /// By itself SQLite would do it in whichever commit makes the WAL long.
    @Test func `no connection does it by itself`() throws {
        #expect(try store.setting("wal_autocheckpoint") == "0")
    }

    /// Of the calls that could, only the one of `WALPages` stands in the sources, and it is made by `write`.
    @Test func `no other call of ours does it`() throws {
        let folder = URL(fileURLWithPath: SchemaPageTests.pagePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let files = try #require(
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        )
        var found: [String] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n")
            where ["wal_checkpoint", "walPages.checkpoint", "VACUUM INTO"].contains(
                where: line.contains
            )
                && !line.contains("//") && !line.contains("\"no PRAGMA")
            {
                found.append(
                    "\(file.lastPathComponent): \(line.trimmingCharacters(in: .whitespaces))"
                )
            }
        }
        #expect(
            found.sorted() == [
                "Store+Backup.swift: try db.execute(sql: \"VACUUM INTO ?\", arguments: [draft])",
                "Store+Transaction.swift: if !isHurried { walPages.checkpoint(db) }",
                "WALPages.swift: sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil,"
                    + " SQLITE_CHECKPOINT_PASSIVE, nil, nil)",
            ]
        )
    }

    /// Each of them at work, with WALs that are long at every commit, while another holds the lock now and then.
    @Test func `while somebody else holds the lock the database's file does not change`()
        async throws
    {
        try temporary.apply(.diamond)
        let folder = temporary.folder
        let isDone = Flag()
        let changes = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                let lock = try LockFile(folder.writeLockPath, in: folder)
                var changes: Set<[Int64]> = []
                while !isDone.value.withLock({ $0 }) {
                    try lock.lock(.exclusive, limit: .seconds(60))
                    let before = WALSeal.file(in: folder)
                    for _ in 0..<50 { sched_yield() }
                    #expect(WALSeal.file(in: folder) == before)
                    lock.unlock()
                    changes.insert(before)
                }
                return changes.count
            }
            for number in 0..<3 {
                group.addTask {
                    try Self.work(in: folder, number)
                    return 0
                }
            }
            var changes = 0
            var ended = 0
            for try await count in group {
                ended += 1
                changes = max(changes, count)
                if ended == 3 { isDone.value.withLock { $0 = true } }
            }
            return changes
        }
        // It was copied, and between the looks alone.
        #expect(changes > 3)
        #expect(try store.check() == [])
    }

    private final class Flag: Sendable {
        let value = Mutex(false)
    }

    private static func work(in folder: StateFolder, _ number: Int) throws {
        let long = String(repeating: "x", count: 5 << 20)
        for round in 0..<6 {
            let store = try Store.open(folder, create: false)
            try store.write(isHurried: round % 2 == 0) { db in
                let sql = "INSERT INTO action (at_ms, actor, verb, detail) VALUES (0, 't', 't', ?)"
                try db.execute(sql: sql, arguments: [long])
            }
            let now = Instant(seconds: 1_800_000_000)
            let request = RegisterRequest(flow: "test", isForced: true, hostZone: "UTC")
            let run = try store.register(request, by: "t", at: now).runID
            _ = try store.runs()
            _ = try store.run(run)
            _ = try store.hasWork(at: now)
            try store.backup(to: "\(folder.path)/copy-\(number)-\(round)")
            _ = try store.cancel(run, by: "t", at: now)
            // Closed here, while the test's own store keeps the database open.
        }
    }
}
