import Flows
import Testing

@testable import Storage

/// What a person may do in a bare `sqlite3` shell, and what is refused there with a sentence.
@Suite struct PlainSQLTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    @Test func `a failed task set to 0 runs again and frees what waits for it`() throws {
        try temporary.apply(.diamond)
        let run = try temporary.register("test")
        _ = try temporary.drain { $0.name == "b" ? .exited(3) : .exited(0) }
        #expect(try temporary.shell("UPDATE task SET status = 0 WHERE status = 2") == "")
        #expect(try temporary.drain() == ["b", "d"])
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `a whole run set to 0 runs again in its order`() throws {
        try temporary.apply(.diamond)
        _ = try temporary.register("test")
        _ = try temporary.drain()
        #expect(try temporary.shell("UPDATE task SET status = 0") == "")
        #expect(try temporary.drain() == ["a", "b", "c", "d"])
    }

    @Test func `a skipped task counts as succeeded for its dependents`() throws {
        try temporary.apply(.nothing(["b": ["a"]]))
        _ = try temporary.register("test")
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name = 'a'") == "")
        #expect(try temporary.drain() == ["b"])
    }

    @Test func `a running task cannot be changed`() throws {
        try temporary.apply(.nothing(["a": []]))
        _ = try temporary.register("test")
        _ = try temporary.claim()
        let said = try temporary.shell("UPDATE task SET status = 0")
        #expect(said.contains("where it is running wait until it ends"))
    }

    /// Every pair of states, by hand, against the one transition function.
    @Test(arguments: TaskState.allCases, TaskState.allCases)
    func `the shell may do what some event does, and nothing else`(
        from: TaskState,
        to: TaskState
    ) throws {
        try temporary.apply(.nothing(["a": []]))
        _ = try temporary.register("test")
        switch from {
        case .waiting: break
        case .running: _ = try temporary.claim()
        case .failed: try temporary.end(temporary.claim(), .exited(1))
        case .succeeded: try temporary.end(temporary.claim(), .exited(0))
        case .held, .cancelled, .skipped:
            #expect(try temporary.shell("UPDATE task SET status = \(from.rawValue)") == "")
        }
        let said = try temporary.shell("UPDATE task SET status = \(to.rawValue)")
        // What only a runner may do, with its claim in hand.
        let isRunners = from == .running || to == .running
        let events: [TaskEvent] = [.cancel, .hold, .release, .skip, .reset]
        let isAllowed = from == to || (!isRunners && events.contains { from.after($0) == to })
        #expect(said.isEmpty == isAllowed, "\(from) → \(to): \(said)")
        #expect(
            try temporary.shell("SELECT status FROM task") == "\((isAllowed ? to : from).rawValue)"
        )
    }

    @Test func `the master can be changed with SQL, and an unchanged file leaves the change`()
        throws
    {
        try temporary.apply(.diamond)
        let said = try temporary.shell("UPDATE flow_task SET command = 'false' WHERE name = 'a'")
        #expect(said == "")
        #expect(try temporary.apply(.diamond).changes.map(\.change) == [.edited])
        _ = try temporary.register("test")
        #expect(try temporary.claim().map(\.action) == [.run("false")])
        #expect(try temporary.apply(.diamond, digest: "2").changes.map(\.change) == [.changed])
        #expect(try temporary.apply(.diamond, digest: "2").changes.map(\.change) == [.unchanged])
    }

    @Test func `a master spoilt with SQL is refused, and nothing is written`() throws {
        try temporary.apply(.diamond)
        let flow = "(SELECT id FROM flow)"
        _ = try temporary.shell("INSERT INTO flow_need VALUES (\(flow), 'a', 'd', 0)")
        let error = #expect(throws: StorageError.self) { try temporary.register("test") }
        #expect(error?.message.contains("a → b → d → a") == true, "\(error as Any)")
        #expect(try temporary.shell("SELECT count(*) FROM run, task") == "0")
    }
}
