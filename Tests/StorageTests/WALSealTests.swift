import Flows
import Foundation
import TestSupport
import Testing

@testable import Storage

/// A WAL and a database that do not belong together: SQLite would make one of both, and say nothing.
@Suite struct WALSealTests {
    let temporary: TemporaryStore

    init() throws { temporary = try Self.store() }

    /// A flow, and runs of it which end; twins of these have the same pages and other contents.
    private static func store(_ flow: String = "a") throws -> TemporaryStore {
        let temporary = try TemporaryStore()
        try temporary.apply(.nothing(["t": []], named: flow))
        for _ in 0..<3 { _ = try temporary.register(flow, force: true) }
        _ = try temporary.drain()
        return temporary
    }

    /// The folder as a process that is killed now would leave it, but for its locks.
    private func left(_ temporary: TemporaryStore, in place: TemporaryFolder) throws -> StateFolder
    {
        let copy = StateFolder(path: place.path + "/state")
        try FileManager.default.copyItem(atPath: temporary.folder.path, toPath: copy.path)
        try? FileManager.default.removeItem(atPath: copy.databasePath + "-shm")
        return copy
    }

    private func replace(_ path: String, by other: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: other, toPath: path)
    }

    private func contents(_ folder: StateFolder) throws -> [Data] {
        try [folder.databasePath, folder.walPath].map { try Data(contentsOf: URL(filePath: $0)) }
    }

    private func refusal(_ folder: StateFolder) throws -> StorageError {
        let before = try contents(folder)
        let error = try #require(throws: StorageError.self) {
            try Store.open(folder, create: false)
        }
        #expect(try contents(folder) == before)
        #expect(error.code == .unusable)
        #expect(error.message.hasPrefix("\(folder.walPath) and flower.db do not belong together: "))
        #expect(error.hint?.contains("move flower.db-wal and flower.db-shm away") == true)
        return error
    }

    @Test func `what a killed process left is taken as it is`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        #expect(try Store.open(copy, create: false).runs().count == 3)
    }

    @Test func `another database's WAL is refused, also a twin's, and nothing is changed`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        let twin = try Self.store("b")
        try replace(copy.walPath, by: twin.folder.walPath)
        let error = try refusal(copy)
        #expect(error.message.hasSuffix("that is not the WAL that was written last here"))
    }

    @Test func `one that comes after a clean end is refused too`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        // The last to close it takes the WAL away; who only looks afterwards leaves that known.
        for _ in 0..<2 { _ = try Store.open(copy, create: false).runs() }
        #expect(!FileManager.default.fileExists(atPath: copy.walPath))
        let twin = try Self.store("b")
        try replace(copy.walPath, by: twin.folder.walPath)
        _ = try refusal(copy)
    }

    @Test func `a backup restored beside the WAL of before is refused, and good without it`() throws
    {
        let place = try TemporaryFolder()
        let backup = place.path + "/backup.db"
        try temporary.store.backup(to: backup)
        _ = try temporary.register("a", force: true)
        let copy = try left(temporary, in: place)
        try replace(copy.databasePath, by: backup)
        #expect(try refusal(copy).message.contains("one is of instance "))
        try FileManager.default.removeItem(atPath: copy.walPath)
        let restored = try Store.open(copy, create: false)
        #expect(try restored.runs().count == 3 && restored.check() == [])
        #expect(try restored.setting("journal_mode") == "wal")
    }

    @Test func `in a new folder, of which nothing is known, a backup and a WAL must agree`() throws
    {
        let place = try TemporaryFolder()
        let backup = place.path + "/backup.db"
        try temporary.store.backup(to: backup)
        _ = try temporary.register("a", force: true)
        let copy = try left(temporary, in: place)
        try FileManager.default.removeItem(atPath: copy.writeLockPath)
        try replace(copy.databasePath, by: backup)
        let before = try contents(copy)
        #expect(try refusal(copy).message.contains("one is of instance "))
        #expect(try contents(copy) == before)

        let second = try TemporaryFolder()
        let whole = try left(temporary, in: second)
        try FileManager.default.removeItem(atPath: whole.writeLockPath)
        #expect(try Store.open(whole, create: false).runs().count == 4)
    }

    @Test func `what a plain sqlite3 wrote while nobody else did is taken`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        _ = try Store.open(copy, create: false).runs()
        // Open, and it has not written.
        let idle = try Store.open(copy, create: false)
        _ = try idle.runs()
        try sqlite(copy, "UPDATE task SET status = 0 WHERE run_id = 1")
        // As if it was killed: this one's seal is of before.
        let second = try TemporaryFolder()
        let again = StateFolder(path: second.path + "/state")
        try FileManager.default.copyItem(atPath: copy.path, toPath: again.path)
        #expect(try Store.open(again, create: false).state(ofRun: 1) == .waiting)
        withExtendedLifetime(idle) {}
    }

    @Test func `the WAL of a plain sqlite3 that is at work is taken`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        // The first takes the WAL away as it ends, the second makes one that no seal knows.
        try sqlite(copy, "UPDATE task SET status = 0 WHERE run_id = 1")
        #expect(!FileManager.default.fileExists(atPath: copy.walPath))
        let shell = Process()
        shell.executableURL = URL(filePath: "/usr/bin/sqlite3")
        shell.arguments = [copy.databasePath]
        let (input, output) = (Pipe(), Pipe())
        (shell.standardInput, shell.standardOutput) = (input, output)
        try shell.run()
        let sql = "UPDATE task SET status = 0 WHERE run_id = 2; SELECT 'done';\n"
        try input.fileHandleForWriting.write(contentsOf: Data(sql.utf8))
        #expect(output.fileHandleForReading.availableData == Data("done\n".utf8))
        let store = try Store.open(copy, create: false)
        #expect(try (1...2).map { try store.state(ofRun: $0) } == [.waiting, .waiting])
        try input.fileHandleForWriting.close()
        shell.waitUntilExit()
    }

    /// The shell goes by exit(3) at an error, without closing: a slip of the pen, and its WAL stays.
    @Test func `what a plain sqlite3 left that ended by an error is taken`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        _ = try Store.open(copy, create: false).runs()
        #expect(!FileManager.default.fileExists(atPath: copy.walPath))
        let sql = "UPDATE task SET status = 0 WHERE run_id = 1; SELECT nosuch"
        try sqlite(copy, sql, status: 1)
        #expect(WALSeal.salts(in: copy) != nil)
        #expect(try Store.open(copy, create: false).state(ofRun: 1) == .waiting)
        // But not the WAL of another database, of which the index beside it knows nothing.
        try sqlite(copy, sql, status: 1)
        let twin = try Self.store("b")
        try replace(copy.walPath, by: twin.folder.walPath)
        _ = try refusal(copy)
    }

    @Test func `after a power cut an unknown WAL is read through, and then known`() throws {
        let place = try TemporaryFolder()
        let copy = try left(temporary, in: place)
        let text = try String(contentsOfFile: copy.writeLockPath, encoding: .utf8)
        let seal = try #require(WALSeal(text))
        #expect(seal.text == text.prefix { $0 != "\n" } + "\n")
        let older = text.replacing(seal.boot, with: "another-boot")
            .replacing(" \(try #require(seal.salts).first) ", with: " 1 ")
        try older.write(toFile: copy.writeLockPath, atomically: false, encoding: .utf8)
        #expect(try Store.open(copy, create: false).runs().count == 3)
        let renewed = try String(contentsOfFile: copy.writeLockPath, encoding: .utf8)
        #expect(WALSeal(renewed)?.salts == seal.salts && WALSeal(renewed)?.boot == seal.boot)
    }

    @Test(arguments: ["", "noise", "flower-wal-1 a b 1 2", "flower-wal-2 a b 1 2 3 4 5"])
    func `of what is no seal nothing is known`(text: String) {
        #expect(WALSeal(text) == nil)
    }

    @Test func `a WAL that was started again is the same one's`() {
        let salts = WALSeal.Salts(first: .max, second: 7)
        #expect(salts.leads(to: salts))
        #expect(salts.leads(to: .init(first: 0, second: 1)))
        #expect(!salts.leads(to: .init(first: .max, second: 8)))
        #expect(!salts.leads(to: .init(first: .max - 1, second: 7)))
        #expect(!salts.leads(to: .init(first: 1 << 20, second: 7)))
    }

    private func sqlite(_ folder: StateFolder, _ sql: String, status: Int32 = 0) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/sqlite3")
        process.arguments = [folder.databasePath, sql]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == status)
    }
}
