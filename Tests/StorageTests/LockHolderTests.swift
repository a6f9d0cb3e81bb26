import Foundation
import Testing

@testable import Storage

/// Who has locked the database, told to whoever waits.
@Suite struct LockHolderTests {
    @Test func `an open transaction has its process's id`() throws {
        let temporary = try TemporaryStore()
        #expect(temporary.folder.lockHolder == nil)
        #expect(
            temporary.store.lockSentence
                == "waiting for the database, which another process has locked"
        )
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        shell.arguments = ["-init", "/dev/null", temporary.folder.databasePath]
        let (input, output) = (Pipe(), Pipe())
        (shell.standardInput, shell.standardOutput) = (input, output)
        try shell.run()
        input.fileHandleForWriting.write(Data("BEGIN IMMEDIATE; SELECT 1;\n".utf8))
        // Its answer comes when it has the lock.
        _ = output.fileHandleForReading.availableData
        let holder = temporary.folder.lockHolder
        #expect(holder == shell.processIdentifier)
        #expect(
            temporary.store.lockSentence
                == "waiting for the database lock held by pid \(holder ?? 0)"
        )
        try input.fileHandleForWriting.close()
        shell.waitUntilExit()
        #expect(temporary.folder.lockHolder == nil)
    }
}
