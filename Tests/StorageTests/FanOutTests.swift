import Cron
import Flows
import Testing

@testable import Storage

@Suite struct FanOutTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// `list` gives the items of `each`, which `end` needs.
    @discardableResult
    private func register(
        _ list: ItemList = .template("${tasks.list.outputs.names}"),
        action: TaskAction = .exec(["echo", "${item}"]),
        when: Condition? = nil
    ) throws -> Int64 {
        let tasks = [
            TaskSpec(name: "list", action: .run("true")),
            TaskSpec(
                name: "each",
                needs: ["list"],
                action: action,
                environment: [Variable("X", "${item}")],
                timeout: .seconds(7),
                retries: RetryPolicy(limit: 1, delay: .zero),
                priority: -3,
                traits: TaskTraits(when: when, forEach: list)
            ),
            TaskSpec(name: "end", needs: ["each"], action: .run("true")),
        ]
        let flow = Flow(
            name: "test",
            overlap: .allow,
            parameters: [Variable("region", "east")],
            workingDirectory: "/",
            tasks: tasks
        )
        try temporary.apply(flow, digest: when == nil ? "1" : "2")
        return try temporary.register("test")
    }

    private func list(_ text: String, wanting count: Int = 10) throws -> [Claim] {
        let outputs = text.isEmpty ? [] : [Variable("names", text)]
        return try temporary.end(temporary.claim(1), .exited(0), outputs: outputs, wanting: count)
            .claims
    }

    @Test func `the turn that records the list makes its items`() throws {
        let run = try register()
        #expect(try list("a b\nc\n", wanting: 0).isEmpty)
        let states = try temporary.states(ofRun: run)
        #expect(
            states == [
                "list": .succeeded, "each[1]": .waiting, "each[2]": .waiting, "end": .waiting,
            ]
        )
        let claims = try temporary.claim()
        #expect(claims.map(\.item) == [1, 2])
        #expect(claims.map(\.values) == [["item": "a b"], ["item": "c"]])
        #expect(claims.allSatisfy { $0.timeout == .seconds(7) && $0.retries.limit == 1 })
        #expect(claims.allSatisfy { $0.environment == [Variable("X", "${item}")] })
        #expect(try temporary.shell("SELECT DISTINCT priority FROM task WHERE item > 0") == "-3")
    }

    @Test func `what needs the task needs all of its items`() throws {
        let run = try register()
        let claims = try list("a\nb\nc\n")
        #expect(try temporary.end([claims[0], claims[2]], .exited(0), wanting: 9).claims.isEmpty)
        #expect(try temporary.store.run(run).tasks.last?.needs == ["each"])
        let last = try temporary.end([claims[1]], .exited(0), wanting: 9).claims
        #expect(last.map(\.name) == ["end"])
        try temporary.end(last, .exited(0))
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test(arguments: ["\n", "[]"])
    func `an empty list is skipped`(text: String) throws {
        let run = try register()
        #expect(try list(text).map(\.name) == ["end"])
        #expect(try temporary.states(ofRun: run)["each"] == .skipped)
    }

    /// Nothing was there that was skipped: a count of it would be a phantom's.
    @Test func `what is no item is counted nowhere, what is passed over is`() throws {
        func counts(_ run: Int64) throws -> [TaskState: Int] {
            try temporary.store.run(run).summary.counts
        }
        let run = try register()
        try temporary.end(list("[]"), .exited(0))
        #expect(try counts(run) == [.succeeded: 2])
        // A rerun has three, the next one of them.
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        try temporary.end(list("a\nb\nc\n"), .exited(0))
        try temporary.end(temporary.claim(), .exited(0))
        #expect(try counts(run) == [.succeeded: 5])
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        #expect(try list("a\n").map(\.item) == [1])
        #expect(try counts(run) == [.succeeded: 1, .running: 1, .waiting: 1])
        // One whose condition does not hold is a task that was skipped.
        let when = try Condition("${region} == \"west\"")
        let passed = try register(.template("${tasks.list.outputs.names}"), when: when)
        _ = try temporary.store.cancel(run, by: "test", at: temporary.now)
        try temporary.end(list("[]"), .exited(0))
        #expect(try counts(passed) == [.succeeded: 2, .skipped: 1])
    }

    @Test func `an item beyond the list of a rerun is no part of the run`() throws {
        let store = temporary.store
        func names(_ run: Int64) throws -> [String] {
            try temporary.states(ofRun: run).keys.sorted()
        }
        func rerun(_ run: Int64) throws -> Int {
            try store.rerun(run, .from("list"), by: "test", at: temporary.now)
        }
        let run = try register()
        try temporary.end(list("a\nb\nc\n"), .exited(0))
        _ = try temporary.drain()
        #expect(try rerun(run) == 5)
        try temporary.end(list("a\n"), .exited(0))
        _ = try temporary.drain()
        #expect(try names(run) == ["each[1]", "end", "list"])
        var read: [String] = []
        try store.readRun(run) { _, eachTask in try eachTask { task, _ in read.append(task.name) } }
        #expect(read == ["list", "each", "end"])
        // It cannot be decided on, and what it printed is there.
        for name in ["each[2]", "each[3]"] {
            let error = #expect(throws: StorageError.self) {
                try store.rerun(run, .from(name), by: "test", at: temporary.now)
            }
            #expect(error?.hint == "it has items 1 to 1")
            #expect(throws: StorageError.self) {
                try store.skip(run, task: name, by: "test", at: temporary.now)
            }
            #expect(try store.taskNames(ofRun: run, only: name) == ["each"])
        }
        // Nor does a rerun set it back, whose list may have it again.
        #expect(try rerun(run) == 3)
        #expect(try names(run) == ["each", "each[1]", "end", "list"])
        #expect(try list("a\nb\n").map(\.item) == [1, 2])
        #expect(try names(run) == ["each[1]", "each[2]", "end", "list"])
        try temporary.end(temporary.claim(), .exited(0))
        try store.check().forEach { Issue.record("\($0)") }
    }

    /// It was told as one skipped task for each item of before.
    @Test func `a list that is not wanted after a rerun is one skipped task`() throws {
        let run = try register(when: try Condition("${tasks.list.outputs.names} != 'none'"))
        try temporary.end(list("a\nb\n"), .exited(0))
        _ = try temporary.drain()
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        try temporary.end(list("none"), .exited(0))
        let states: [String: TaskState] = ["list": .succeeded, "each": .skipped, "end": .succeeded]
        #expect(try temporary.states(ofRun: run) == states)
        #expect(try temporary.store.run(run).summary.counts == [.succeeded: 2, .skipped: 1])
    }

    @Test func `a JSON array may hold any text, and a place in it is none`() throws {
        try register()
        let claims = try list(#"["a\nb", "${region}", 3, "$${x}"]"#)
        #expect(claims.map { $0.values["item"] } == ["a\nb", "${region}", "3", "$${x}"])
    }

    @Test func `a list in the file has its places filled`() throws {
        try register(.texts(["x", "${region}-1", ""]))
        #expect(try list("").map { $0.values["item"] } == ["x", "east-1", ""])
    }

    @Test(arguments: [
        ("", "task 'list' gave no output 'names': it wrote none to $FLOWER_OUTPUT"),
        (
            #"["a", "b"#,
            "its for_each, '${tasks.list.outputs.names}', gives no list: it begins with '[' and is no"
                + " JSON array, which shows at byte 9; write lines that begin otherwise, or a whole array"
        ),
        (
            #"["\u0000"]"#,
            "its for_each, '${tasks.list.outputs.names}', gives no list: element 1 of its JSON array"
                + " holds a NUL (\\u0000), which neither an argument nor a variable can"
        ),
        (
            "[{}]",
            "its for_each, '${tasks.list.outputs.names}', gives no list: element 1 of its JSON"
                + " array is neither a text, a number, true nor false"
        ),
        (
            String(repeating: "x\n", count: 10_001),
            "its for_each, '${tasks.list.outputs.names}', gives no list: it has 10001 items,"
                + " a task may have 10000"
        ),
    ])
    func `what gives no list fails the task, with a sentence`(text: String, fault: String) throws {
        try register()
        let claims = try list(text)
        #expect(claims.map(\.name) == ["each"])
        #expect(claims.map(\.fault) == [fault])
    }

    @Test func `one item is run again alone`() throws {
        let run = try register()
        let claims = try list("a\nb\n")
        try temporary.end([claims[0]], .exited(0))
        try temporary.end([claims[1]], .cancelled)
        let name = "each[2]"
        #expect(try temporary.store.rerun(run, .from(name), by: "test", at: temporary.now) == 1)
        let again = try temporary.claim()
        #expect(again.map(\.item) == [2] && again.map(\.attempt) == [2])
        #expect(again.map(\.values) == [["item": "b"]])
        try temporary.end(again, .exited(0))
        #expect(try temporary.drain() == ["end"])
    }

    @Test(arguments: [("x\ny\nz\n", ["x", "y", "z"]), ("x\n", ["x"]), ("\n", [])])
    func `a rerun from the list has the items of the new one`(
        text: String,
        items: [String]
    ) throws {
        let run = try register()
        try temporary.end(list("a\nb\n"), .exited(0))
        #expect(try temporary.drain() == ["end"])
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        let claims = try list(text)
        #expect(claims.filter { $0.name == "each" }.map { $0.values["item"] } == items)
        #expect(claims.prefix(2).allSatisfy { $0.attempt == 2 })
        try temporary.end(claims, .exited(0))
        #expect(try temporary.drain() == (items.isEmpty ? [] : ["end"]))
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
        #expect(try temporary.shell("SELECT count(*) FROM task WHERE unmet > 0") == "0")
    }

    /// `again` is executed for each of what the items of `each` gave, `sum` has them, `told` is asked.
    private func registerReaders(_ list: ItemList, when: String? = nil) throws -> Int64 {
        var each = TaskSpec(name: "each", needs: ["list"], action: .run("true"))
        each.traits.forEach = list
        each.traits.when = try when.map { try Condition($0) }
        var again = TaskSpec(name: "again", needs: ["each"], action: .run("true"))
        again.traits.forEach = .template("${tasks.each.outputs.n}")
        var told = TaskSpec(name: "told", needs: ["each"], action: .run("true"))
        told.traits.when = try Condition(#"${tasks.each.outputs.n} == "[]""#)
        let tasks = [
            TaskSpec(name: "list", action: .run("true")), each, again, told,
            TaskSpec(
                name: "sum",
                needs: ["each"],
                action: .exec(["${tasks.each.outputs.n}", "${tasks.each.outcome}"])
            ),
        ]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        return try temporary.register("test")
    }

    @Test func `outputs of items are one JSON array, in which each has its place`() throws {
        let run = try registerReaders(.texts(["a", "b", "c"]))
        let claims = try list("")
        for (claim, value) in zip(claims, ["1", "", "3"]).reversed() {
            let outputs = value.isEmpty ? [] : [Variable("n", value)]
            try temporary.end([claim], .exited(0), outputs: outputs)
        }
        let ready = try temporary.claim()
        #expect(ready.map(\.name) == ["again", "sum"])
        let outcomes = #"["succeeded","succeeded","succeeded"]"#
        let values = ["tasks.each.outputs.n": #"["1",null,"3"]"#, "tasks.each.outcome": outcomes]
        #expect(ready.map(\.values) == [[:], values])
        let fault = "'${tasks.each.outputs.n}', gives no list: element 2 of its JSON array is null"
        #expect(ready[0].fault?.contains(fault) == true)
        #expect(try temporary.states(ofRun: run)["told"] == .skipped)
    }

    @Test(arguments: ["[]", "when", "skip", "shorter"])
    func `of a list without items there is an empty one`(way: String) throws {
        let list: ItemList =
            way == "when" ? .texts(["a"]) : .template("${tasks.list.outputs.names}")
        let run = try registerReaders(list, when: way == "when" ? "false" : nil)
        if way == "shorter" {
            // Rows of before a rerun stay, and are not of the new list.
            let first = try self.list("a\nb\n")
            try temporary.end(first, .exited(0), outputs: [Variable("n", "1")])
            _ = try temporary.drain()
            _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        }
        let claims = try temporary.claim()
        if way == "skip" {
            _ = try temporary.store.skip(run, task: "each", by: "test", at: temporary.now)
        }
        let outputs = [Variable("names", "[]")]
        let ready = try temporary.end(claims, .exited(0), outputs: outputs, wanting: 9).claims
        #expect(ready.map(\.name) == ["told", "sum"])
        #expect(
            ready.last?.values == ["tasks.each.outputs.n": "[]", "tasks.each.outcome": "[]"]
        )
        try temporary.end(ready, .exited(0))
        let states = try temporary.states(ofRun: run)
        #expect(states["again"] == .skipped)
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `a rerun after which the list is not wanted executes no item of before`() throws {
        var each = TaskSpec(name: "each", needs: ["list"], action: .run("true"))
        each.traits.forEach = .template("${tasks.list.outputs.names}")
        each.traits.when = try Condition("${tasks.list.outputs.names} != 'none'")
        let tasks = [TaskSpec(name: "list", action: .run("true")), each]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        let run = try temporary.register("test")
        try temporary.end(list("a\nb\n"), .exited(0))
        _ = try temporary.store.rerun(run, .from("list"), by: "test", at: temporary.now)
        #expect(try list("none").isEmpty)
        #expect(try temporary.store.state(ofRun: run) == .succeeded)
    }

    @Test func `the list is counted nowhere beside its items`() throws {
        let run = try register()
        let claims = try list("a\nb\n")
        #expect(
            try temporary.store.run(run).summary.counts == [
                .succeeded: 1, .running: 2, .waiting: 1,
            ]
        )
        try temporary.end(claims, .exited(0))
        _ = try temporary.drain()
        #expect(try temporary.store.runs().first?.counts == [.succeeded: 4])
        #expect(try temporary.store.run(run).tasks.count == 4)
        #expect(try temporary.store.rerun(run, .from("each"), by: "test", at: temporary.now) == 3)
    }

    @Test func `one item and all of them can be cancelled by name`() throws {
        let run = try register()
        _ = try list("a\nb\nc\n", wanting: 0)
        let store = temporary.store
        #expect(
            try store.cancel(run, task: "each[2]", by: "test", at: temporary.now).cancelled == 1
        )
        #expect(try store.cancel(run, task: "each", by: "test", at: temporary.now).cancelled == 2)
        let error = #expect(throws: StorageError.self) {
            try store.cancel(run, task: "each[4]", by: "test", at: temporary.now)
        }
        #expect(error?.code == .notFound)
    }

    @Test func `what the file says comes back from the database`() throws {
        for list in [ItemList.texts(["a", "${region}"]), .template("${region}")] {
            try temporary.apply(
                Flow(
                    name: "back",
                    workingDirectory: "/",
                    tasks: [
                        TaskSpec(name: "t", action: .run(""), traits: TaskTraits(forEach: list))
                    ]
                ),
                digest: "\(list)"
            )
            let flow = try temporary.store.flow(named: "back", at: temporary.now).flow
            #expect(flow.tasks[0].traits.forEach == list)
        }
    }
}
