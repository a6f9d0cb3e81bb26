import Flows
import GRDB
import Testing

@testable import Storage

/// A statement that changes more pages than SQLite's own limit for what it must be able to undo.
@Suite struct LargeRunTests {
    let temporary: TemporaryStore
    let run: Int64

    init() throws {
        temporary = try TemporaryStore()
        // A page of the database each, 8 MB.
        let command = "true # " + String(repeating: "x", count: 3_000)
        let tasks = (0..<2_000).map { TaskSpec(name: "t\($0)", action: .run(command)) }
        try temporary.apply(Flow(name: "large", workingDirectory: "/", tasks: tasks))
        run = try temporary.register("large")
    }

    @Test func `one statement may change any number of pages`() throws {
        let result = try temporary.store.cancel(run, by: "test", at: temporary.now)
        #expect(result.cancelled == 2_000)
        #expect(try temporary.store.rerun(run, .all, by: "test", at: temporary.now) == 2_000)
        let claims = try temporary.claim(2_000)
        #expect(claims.count == 2_000)
        try temporary.end(claims, .exited(0))
        let left = try temporary.shell("SELECT count(*) FROM task WHERE status <> 3")
        #expect(left == "0")
    }
    @Test func `what it has changed is undone where the last row is refused`() throws {
        try temporary.end(temporary.claim(1), .exited(0))
        try temporary.store.write { db in
            let sql =
                "UPDATE task SET status = 9 WHERE id IN (SELECT id FROM task ORDER BY id DESC)"
            let error = #expect(throws: DatabaseError.self) { try db.execute(sql: sql) }
            #expect(error?.message?.contains("nothing to skip") == true, "\(error as Any)")
        }
        let states = "SELECT status, count(*) FROM task GROUP BY status"
        #expect(try temporary.shell(states) == "0|1999\n3|1")
        #expect(try temporary.shell("PRAGMA integrity_check") == "ok")
    }
}
