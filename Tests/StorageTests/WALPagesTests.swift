import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct WALPagesTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// More than SQLite's 1,000 pages of 4 KiB.
    private let long = String(repeating: "x", count: 5 << 20)

    private func write(_ text: String, isHurried: Bool) throws {
        try temporary.store.write(isHurried: isHurried) { db in
            let sql = "INSERT INTO action (at_ms, actor, verb, detail) VALUES (0, 't', 't', ?)"
            try db.execute(sql: sql, arguments: [text])
        }
    }

    private var databaseBytes: Int {
        get throws {
            let path = temporary.folder.databasePath
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(attributes[.size] as? Int)
        }
    }

    @Test func `a long WAL is copied into the database by the commit that made it`() throws {
        let before = try databaseBytes
        try write(long, isHurried: false)
        #expect(try databaseBytes > before + long.count)
    }

    @Test func `a commit that somebody waits for leaves that to the next`() throws {
        let before = try databaseBytes
        try write(long, isHurried: true)
        #expect(try databaseBytes == before)
        try write("short", isHurried: false)
        #expect(try databaseBytes > before + long.count)
    }
}
