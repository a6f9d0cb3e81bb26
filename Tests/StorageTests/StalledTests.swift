import Cron
import Flows
import Glibc
import GRDB
import TestSupport
import Testing

@testable import Storage

/// Tasks that cannot go on without a person, and those that are executed all the same.
@Suite struct StalledTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// Tasks by name: what each needs, and when it is executed; `hold` in the place of that.
    private func register(
        _ tasks: [(String, [String], String)],
        hooks: [Hook] = []
    ) throws -> Int64 {
        let specs = try tasks.map { name, needs, when in
            var spec = TaskSpec(name: name, needs: needs, action: .run("true"))
            if when == "hold" {
                spec.hold = "a person looks"
            } else if !when.isEmpty {
                spec.traits.when = try Condition(when)
            }
            return spec
        }
        var flow = Flow(name: "test", overlap: .allow, workingDirectory: "/", tasks: specs)
        flow.hooks = hooks
        try temporary.apply(flow)
        return try temporary.register("test")
    }

    private static let early: [(String, [String], String)] = [
        ("fetch", [], ""), ("load", ["fetch"], ""), ("publish", ["load"], ""),
        ("alert", ["fetch", "load", "publish"], "failed"), ("clean", ["publish"], "always"),
        ("good", ["publish"], "succeeded"), ("after", ["good"], "failed and ${run.id} == 1"),
    ]

    private func drainFailing(_ task: String) throws -> [String] {
        try temporary.drain { $0.name == task ? .exited(1) : .exited(0) }
    }

    @Test func `an early failure is told of, whatever waits behind it`() throws {
        let run = try register(Self.early)
        #expect(try drainFailing("fetch") == ["fetch", "alert", "clean", "after"])
        let states = try temporary.states(ofRun: run)
        for name in ["load", "publish", "good"] { #expect(states[name] == .waiting) }
        #expect(try temporary.store.state(ofRun: run) == .failed)
        #expect(try temporary.store.check() == [])
    }

    @Test func `they wait for what goes on beside it`() throws {
        _ = try register([
            ("fetch", [], ""), ("load", ["fetch"], ""), ("slow", [], ""),
            ("alert", ["load", "slow"], "failed"),
        ])
        let claims = try temporary.claim()
        #expect(claims.map(\.name) == ["fetch", "slow"])
        try temporary.end([claims[0]], .exited(1))
        #expect(try temporary.claim().isEmpty)
        #expect(
            try temporary.end([claims[1]], .exited(0), wanting: 9).claims.map(\.name) == ["alert"]
        )
    }

    @Test func `where nothing has failed they are skipped as ever`() throws {
        let run = try register(Self.early)
        #expect(try temporary.drain() == ["fetch", "load", "publish", "clean", "good"])
        #expect(try temporary.states(ofRun: run)["alert"] == .skipped)
        #expect(try temporary.shell("SELECT count(*) FROM task WHERE stalled > 0") == "0")
    }

    @Test func `a run is not settled before they have been executed`() throws {
        let hook = Hook(.failure, TaskSpec(name: "@on_failure", action: .run("true")))
        let run = try register(Self.early, hooks: [hook])
        let claims = try temporary.end(temporary.claim(), .exited(1), wanting: 9).claims
        #expect(claims.map(\.name) == ["alert", "clean", "after"])
        #expect(try temporary.store.state(ofRun: run) == .running)
        let last = try temporary.end(claims, .exited(0), wanting: 9).claims
        #expect(last.map(\.name) == ["@on_failure"])
    }

    /// Each takes `alert` back as long as it has not started; with `load` released or rerun it goes on.
    @Test(arguments: [
        ("rerun", "UPDATE task SET status = 0 WHERE name = 'fetch'", "fetch load publish"),
        ("skip", "UPDATE task SET status = 9 WHERE name = 'fetch'", "load publish"),
        ("skip the next", "UPDATE task SET status = 9 WHERE name = 'load'", "alert publish"),
        ("hold", "UPDATE task SET status = 4 WHERE name = 'load'", ""),
        ("hold the last", "UPDATE task SET status = 4 WHERE name = 'publish'", ""),
        ("cancel", "UPDATE task SET status = 8 WHERE name = 'load'", "alert"),
        ("nothing", "SELECT 1 WHERE 0", "alert"),
    ])
    func `a change in a plain shell takes them back, or does not`(
        what: String,
        sql: String,
        order: String
    ) throws {
        _ = try register([
            ("fetch", [], ""), ("load", ["fetch"], ""), ("publish", ["load"], ""),
            ("alert", ["fetch", "publish"], what == "skip the next" ? "always" : "failed"),
        ])
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try temporary.shell("SELECT rank_ms > 0 FROM task WHERE name = 'alert'") == "1")
        #expect(try temporary.shell(sql) == "")
        #expect(try temporary.drain().sorted().joined(separator: " ") == order)
        #expect(try temporary.store.check() == [])
    }

    @Test func `a released need stalls again`() throws {
        let run = try register(Self.early)
        let first = try temporary.claim()
        _ = try temporary.store.hold(run, task: "load", by: "test", at: temporary.now)
        #expect(try temporary.end(first, .exited(1), wanting: 9).claims.isEmpty)
        #expect(try temporary.store.state(ofRun: run) == .failed)
        _ = try temporary.store.release(run, task: "load", by: "test", at: temporary.now)
        #expect(try temporary.store.state(ofRun: run) == .waiting)
        #expect(try temporary.drain() == ["alert", "clean", "after"])
    }

    @Test func `what the flow file holds stalls with its needs`() throws {
        _ = try register([
            ("fetch", [], ""), ("approve", ["fetch"], "hold"), ("load", ["approve"], ""),
            ("alert", ["load"], "failed"),
        ])
        #expect(try drainFailing("fetch") == ["fetch", "alert"])
        #expect(try temporary.store.check() == [])
    }

    @Test func `where only a person's release is missing they wait`() throws {
        let run = try register([
            ("fetch", [], ""), ("approve", ["fetch"], "hold"), ("alert", ["approve"], "always"),
        ])
        #expect(try temporary.drain() == ["fetch"])
        #expect(try temporary.store.state(ofRun: run) == .held)
    }

    @Test func `one that has been executed is not executed again by a rerun of its need`() throws {
        let run = try register(Self.early)
        #expect(try drainFailing("fetch") == ["fetch", "alert", "clean", "after"])
        _ = try temporary.store.rerun(run, .failed, by: "test", at: temporary.now)
        #expect(try drainFailing("load") == ["fetch", "load"])
        _ = try temporary.store.rerun(run, .from("fetch"), by: "test", at: temporary.now)
        #expect(try drainFailing("load") == ["fetch", "load", "alert", "clean", "after"])
        #expect(try temporary.store.check() == [])
    }

    @Test func `items stall with their list`() throws {
        var each = TaskSpec(name: "each", needs: ["list"], action: .run("true"))
        each.traits.forEach = .texts(["a", "b"])
        var alert = TaskSpec(name: "alert", needs: ["each"], action: .run("true"))
        alert.traits.when = try Condition("failed")
        let tasks = [TaskSpec(name: "list", action: .run("true")), each, alert]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        let run = try temporary.register("test")
        #expect(try drainFailing("list") == ["list", "alert"])
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        #expect(try drainFailing("each") == ["list", "each", "each", "alert"])
        // The rows of the items are there already, and none may go on.
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        #expect(try drainFailing("list") == ["list", "alert"])
        #expect(try temporary.store.check() == [])
    }

    @Test func `items of what is executed always outlive a cancel`() throws {
        var each = TaskSpec(name: "each", needs: ["a"], action: .run("true"))
        each.traits.when = try Condition("always")
        each.traits.forEach = .texts(["x", "y"])
        let tasks = [TaskSpec(name: "a", action: .run("true")), each]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        let run = try temporary.register("test")
        let items = try temporary.end(temporary.claim(), .exited(1), wanting: 1).claims
        #expect(items.map(\.item) == [1])
        #expect(throws: StorageError.self) {
            try temporary.store.cancel(run, by: "test", at: temporary.now)
        }
        try temporary.end(items, .exited(0))
        #expect(try temporary.drain() == ["each"])
    }

    @Test func `a retry whose need has failed meanwhile stalls`() throws {
        let policy = RetryPolicy(limit: 1, delay: .zero)
        var alert = TaskSpec(name: "alert", needs: ["b"], action: .run("true"))
        alert.traits.when = try Condition("failed")
        let tasks = [
            TaskSpec(name: "a", action: .run("true")),
            TaskSpec(name: "b", needs: ["a"], action: .run("true"), retries: policy), alert,
        ]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        _ = try temporary.register("test")
        let second = try temporary.end(temporary.claim(), .exited(0), wanting: 9).claims
        #expect(try temporary.shell("UPDATE task SET status = 0 WHERE name = 'a'") == "")
        try temporary.end(temporary.claim(), .exited(1))
        #expect(try temporary.end(second, .exited(1), wanting: 9).claims.map(\.name) == ["alert"])
    }

    @Test func `a cancel in a plain shell is followed by the next turn, and not settled before`()
        throws
    {
        let run = try register(Self.early)
        #expect(try temporary.shell("UPDATE task SET status = 8 WHERE name = 'fetch'") == "")
        #expect(try temporary.store.state(ofRun: run) == .waiting)
        #expect(try temporary.store.hasWork(at: temporary.now))
        #expect(try temporary.drain() == ["alert", "clean", "after"])
        #expect(try temporary.store.state(ofRun: run) == .cancelled)
    }

    @Test func `tasks that nothing of the kind hangs on have no mark`() throws {
        _ = try register([
            ("a", [], ""), ("b", ["a"], ""), ("beside", ["a"], ""), ("alert", ["b"], "always"),
        ])
        let sql = "SELECT group_concat(name, ' ') FROM task WHERE stalled IS NOT NULL"
        #expect(try temporary.shell(sql) == "a b")
    }

    @Test func `a chain of a hundred thousand tasks stalls at once`() throws {
        let count = 100_000
        var tasks = (0..<count).map {
            TaskSpec(name: "t\($0)", needs: $0 > 0 ? ["t\($0 - 1)"] : [], action: .run("true"))
        }
        var alert = TaskSpec(name: "alert", needs: ["t\(count - 1)"], action: .run("true"))
        alert.traits.when = try Condition("failed")
        tasks.append(alert)
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        _ = try temporary.register("test")
        let clock = ContinuousClock()
        let first = try temporary.claim()
        let began = clock.now
        let ready = try temporary.end(first, .exited(1), wanting: 9).claims
        print("a chain of \(count) tasks stalled in \(clock.now - began)")
        #expect(ready.map(\.name) == ["alert"])
        #expect(try temporary.shell("UPDATE task SET status = 0 WHERE name = 't0'") == "")
        #expect(try temporary.claim().map(\.name) == ["t0"])
        #expect(try temporary.shell("SELECT count(*) FROM task WHERE stalled > 0") == "0")
    }

    // MARK: - By brute force

    /// Whether a need is over, by the words of flower(5), for all tasks of a run.
    private struct Rule {
        struct Task {
            var name = ""
            var status = 0
            var unmet = 0
            var isReady = false
            var stalled: Int?
            var isHeldByFile = false
            var isPatient = false
            var needs: [Int64] = []
        }

        var tasks: [Int64: Task] = [:]

        func hasFailed(_ id: Int64) -> Bool { [2, 8].contains(tasks[id]?.status) }

        func stalls(_ id: Int64) -> Bool {
            guard let task = tasks[id], !task.isPatient else { return false }
            guard task.status == 0 || task.status == 4 && task.isHeldByFile else { return false }
            return task.needs.contains { hasFailed($0) || stalls($0) }
        }

        func isMet(_ need: Int64, for task: Task) -> Bool {
            [3, 9].contains(tasks[need]?.status)
                || task.isPatient && (hasFailed(need) || stalls(need))
        }

        /// What of the database is not as the words say.
        var faults: [String] {
            tasks.compactMap { id, task in
                let unmet = task.needs.count { !isMet($0, for: task) }
                let isReady = unmet == 0 && task.status == 0
                if unmet != task.unmet {
                    return "\(task.name) has \(task.unmet) unmet, not \(unmet)"
                }
                if isReady != task.isReady { return "\(task.name): ready is \(task.isReady)" }
                if let stalled = task.stalled, stalled != (stalls(id) ? 1 : 0) {
                    return "\(task.name): stalled is \(stalled)"
                }
                return nil
            }
        }
    }

    private func rule() throws -> Rule {
        try temporary.store.read { db in
            var rule = Rule()
            for row in try Row.fetchAll(db, sql: "SELECT * FROM task") {
                var task = Rule.Task()
                task.name = row["name"]
                task.status = row["status"]
                task.unmet = row["unmet"]
                task.isReady = row["rank_ms"] as Int64? != nil
                task.stalled = row["stalled"]
                task.isHeldByFile = row["hold"] as String? != nil
                task.isPatient = (row["traits"] as String?)?.contains("patience") == true
                rule.tasks[row["id"]] = task
            }
            for row in try Row.fetchAll(db, sql: "SELECT * FROM task_need") {
                rule.tasks[row["task_id"]]?.needs.append(row["need_id"])
            }
            return rule
        }
    }

    @Test(arguments: 0..<40)
    func `random graphs and random changes are as the words say`(round: Int) throws {
        let given = getenv("FLOWER_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 3...14, using: &random)
        let kinds = ["", "", "", "", "hold", "failed", "always", "not failed", "always"]
        let tasks = (0..<count).map { place in
            let needs = (0..<place).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            let kind = kinds.randomElement(using: &random) ?? ""
            let when = needs.isEmpty && kind.contains("failed") ? "" : kind
            return ("t\(place)", needs.map { "t\($0)" }, when)
        }
        let run = try register(tasks)
        var running: [Claim] = []
        for step in 0..<60 {
            // Several changes between two looks, each as a plain shell or a runner makes it.
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                try change(run, count, &running, using: &random)
            }
            running += try temporary.claim(Int.random(in: 1...2, using: &random))
            let faults = try rule().faults + temporary.store.check().map(\.problem)
            let isWrong = !faults.isEmpty
            #expect(!isWrong, "FLOWER_SEED=\(seed), step \(step): \(faults) of \(tasks)")
            if isWrong { return }
        }
    }

    private func change(
        _ run: Int64,
        _ count: Int,
        _ running: inout [Claim],
        using random: inout SplitMix64
    ) throws {
        let task = "t\(Int.random(in: 0..<count, using: &random))"
        let (store, now) = (temporary.store, temporary.now)
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2:
            guard let claim = running.popLast() else { return }
            let isGood = Int.random(in: 0..<2, using: &random) == 0
            try temporary.end([claim], isGood ? .exited(0) : .exited(1))
        case 3:
            // What a command refuses changes nothing.
            _ = try? store.rerun(run, .from(task), by: "test", at: now)
        case 4:
            _ = try? store.hold(run, task: task, by: "test", at: now)
        case 5:
            _ = try? store.release(run, task: task, by: "test", at: now)
        default:
            let status = [0, 4, 8, 9].randomElement(using: &random) ?? 0
            try store.write { db in
                // As a plain shell does it, which may be refused.
                try? db.execute(
                    sql: "UPDATE task SET status = ? WHERE name = ? AND status <> 1",
                    arguments: [status, task]
                )
            }
        }
    }
}
