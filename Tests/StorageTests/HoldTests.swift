import CLinux
import Cron
import Flows
import Glibc
import Testing

@testable import Storage

@Suite struct HoldTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    /// a → b (held) → c
    private func register(retries: RetryPolicy = .none) throws -> Int64 {
        var flow = Flow.nothing(["b": ["a"], "c": ["b"]], retries: retries)
        flow.tasks[1].hold = "a person looks"
        try temporary.apply(flow)
        return try temporary.register("test")
    }

    @Test func `a held task waits for a person, and says why`() throws {
        let run = try register()
        #expect(try temporary.drain() == ["a"])
        #expect(try store.state(ofRun: run) == .held)
        #expect(try store.run(run).tasks[1].hold == "a person looks")
        unlink(temporary.folder.wakePath)
        #expect(try store.release(run, by: "test", at: temporary.now) == 1)
        #expect(access(temporary.folder.wakePath, F_OK) == 0)
        #expect(try temporary.drain() == ["b", "c"])
        #expect(try store.state(ofRun: run) == .succeeded)
        let actions = try temporary.shell("SELECT verb, run_id, coalesce(detail, '-') FROM action")
        #expect(actions.contains("release|1|-"))
    }

    @Test func `one released before its needs are met starts when they are`() throws {
        let run = try register()
        _ = try store.release(run, task: "b", by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a", "b", "c"])
    }

    @Test func `a run whose held task waits for a failed one has failed`() throws {
        let run = try register()
        _ = try temporary.drain { _ in .exited(1) }
        #expect(try store.state(ofRun: run) == .failed)
        // And keeps no other run back.
        _ = try temporary.register("test")
    }

    @Test func `a held run is active`() throws {
        _ = try register()
        _ = try temporary.drain()
        #expect(throws: StorageError.self) { try temporary.register("test") }
    }

    @Test func `a queued run of held tasks alone is queued, and then held`() throws {
        var flow = Flow.nothing(["a": []])
        flow.overlap = .queue
        flow.tasks[0].hold = ""
        try temporary.apply(flow)
        let first = try temporary.register("test")
        let second = try temporary.register("test")
        #expect(try store.state(ofRun: second) == .queued)
        _ = try store.skip(first, task: "a", by: "test", at: temporary.now)
        #expect(try store.state(ofRun: second) == .held)
    }

    @Test func `a rerun holds again, but not the task that it names`() throws {
        let run = try register()
        _ = try store.release(run, by: "test", at: temporary.now)
        _ = try temporary.drain()
        _ = try store.rerun(run, .from("a"), by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a"])
        #expect(try store.state(ofRun: run) == .held)
        _ = try store.release(run, by: "test", at: temporary.now)
        _ = try temporary.drain()
        _ = try store.rerun(run, .from("b"), by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["b", "c"])
        _ = try store.rerun(run, .all, by: "test", at: temporary.now)
        #expect(try temporary.states(ofRun: run)["b"] == .held)
    }

    @Test func `a person may hold what waits, a retry too`() throws {
        let run = try register(retries: RetryPolicy(limit: 9, delay: .seconds(600)))
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try store.hold(run, by: "test", at: temporary.now) == 2)
        #expect(try store.state(ofRun: run) == .held)
        #expect(try store.timedWork(at: temporary.now).nextAt == nil)
        #expect(try store.release(run, task: "a", by: "test", at: temporary.now) == 1)
        #expect(try temporary.drain() == ["a"])
    }

    @Test func `a skipped task lets what needs it go on`() throws {
        let run = try register()
        _ = try store.skip(run, task: "b", by: "test", at: temporary.now)
        #expect(try temporary.drain() == ["a", "c"])
        #expect(try store.state(ofRun: run) == .succeeded)
    }

    @Test(arguments: [
        ("release", "a", "task 'a' of run 1 cannot be released: it waits, and is not held"),
        ("hold", "b", "task 'b' of run 1 cannot be held back: it is held already"),
        ("hold", "r", "task 'r' of run 1 cannot be held back: it is running"),
        ("release", "r", "task 'r' of run 1 cannot be released: it is running"),
        ("skip", "r", "task 'r' of run 1 cannot be skipped: it is running"),
        ("skip", "s", "task 's' of run 1 cannot be skipped: it has succeeded"),
        ("hold", "f", "task 'f' of run 1 cannot be held back: it has failed"),
        ("release", "k", "task 'k' of run 1 cannot be released: it was cancelled"),
    ])
    func `what cannot be is refused with its reason`(
        verb: String,
        task: String,
        message: String
    ) throws {
        var flow = Flow.nothing(["a": ["r"], "b": [], "f": [], "k": ["r"], "r": [], "s": []])
        flow.tasks[1].hold = ""
        try temporary.apply(flow)
        let run = try temporary.register("test")
        _ = try store.cancel(run, task: "k", by: "test", at: temporary.now)
        let claims = try temporary.claim()
        // Their runner is alive.
        let path = "\(temporary.folder.runnersPath)/\(temporary.runner.id)"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        #expect(clinux_ofd_lock_try(file, Int16(F_WRLCK)) == 0)
        try temporary.end(claims.filter { $0.name == "s" }, .exited(0))
        try temporary.end(claims.filter { $0.name == "f" }, .exited(1))
        let before = try temporary.states(ofRun: run)
        let error = #expect(throws: StorageError.self) {
            let now = temporary.now
            switch verb {
            case "release": _ = try store.release(run, task: task, by: "test", at: now)
            case "hold": _ = try store.hold(run, task: task, by: "test", at: now)
            default: _ = try store.skip(run, task: task, by: "test", at: now)
            }
        }
        #expect(error?.code == .refused && error?.message == message, "\(error as Any)")
        #expect(try temporary.states(ofRun: run) == before)
        #expect(try !temporary.shell("SELECT verb FROM action").contains(verb))
    }

    @Test func `what is not there is told as such`() throws {
        let run = try register()
        let now = temporary.now
        let unknown = #expect(throws: StorageError.self) {
            try store.skip(run, task: "bb", by: "test", at: now)
        }
        #expect(unknown?.code == .notFound && unknown?.hint == "did you mean 'b'?")
        let missing = #expect(throws: StorageError.self) {
            try store.release(9, by: "test", at: now)
        }
        #expect(missing?.code == .notFound)
        _ = try store.release(run, by: "test", at: now)
        let none = #expect(throws: StorageError.self) {
            try store.release(run, by: "test", at: now)
        }
        #expect(none?.message == "run 1 has no held task")
    }
}
