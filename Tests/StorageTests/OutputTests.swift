import Cron
import Flows
import Testing

@testable import Storage

@Suite struct OutputTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// `b` needs `a` and is handed its output.
    private func apply(_ action: TaskAction = .exec(["echo", "${tasks.a.outputs.file}"])) throws
        -> Int64
    {
        let tasks = [
            TaskSpec(name: "a", action: .run("true")),
            TaskSpec(name: "b", needs: ["a"], action: action),
        ]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        return try temporary.register("test")
    }

    private func end(_ claims: [Claim], _ outputs: [Variable]) throws -> [Claim] {
        try temporary.end(claims, .exited(0), outputs: outputs, wanting: 10).claims
    }

    @Test func `an output is recorded with the end, and handed to what names it`() throws {
        let run = try apply()
        let claims = try end(temporary.claim(), [Variable("file", "/x y"), Variable("n", "1")])
        #expect(claims.map(\.values) == [["tasks.a.outputs.file": "/x y"]])
        #expect(claims.first?.fault == nil)
        let tasks = try temporary.store.run(run).tasks
        #expect(tasks[0].outputs == [Variable("file", "/x y"), Variable("n", "1")])
    }

    @Test(arguments: [
        TaskAction.exec(["x"]), .run("echo ${tasks.a.outputs.file}"),
        .component(name: "noop", with: .object([:])),
    ])
    func `a task that names none is given none`(action: TaskAction) throws {
        _ = try apply(action)
        let claims = try end(temporary.claim(), [Variable("file", "x")])
        #expect(claims.map(\.values) == [[:]])
    }

    @Test func `a component's input and the environment name them too`() throws {
        _ = try apply(
            .component(
                name: "echo",
                with: .object(["a": .array([.string("${tasks.a.outputs.file}")])])
            )
        )
        let claims = try end(temporary.claim(), [Variable("file", "x")])
        #expect(claims.map(\.values) == [["tasks.a.outputs.file": "x"]])
    }

    @Test func `a missing output is told by the attempt`() throws {
        _ = try apply()
        let claims = try end(temporary.claim(), [Variable("other", "x")])
        #expect(
            claims.map(\.fault) == [
                "task 'a' gave no output 'file': it wrote none to $FLOWER_OUTPUT"
            ]
        )
    }

    @Test func `of a skipped task there are none`() throws {
        _ = try apply()
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name = 'a'") == "")
        #expect(
            try temporary.claim().map(\.fault) == ["task 'a' gave no output 'file': it is skipped"]
        )
    }

    @Test(arguments: [
        "UPDATE task SET status = 0 WHERE name = 'a'", "",
    ])
    func `a rerun clears what the task gave`(sql: String) throws {
        let run = try apply()
        let claims = try end(temporary.claim(), [Variable("file", "x")])
        try temporary.end(claims, .exited(0))
        if sql.isEmpty {
            _ = try temporary.store.rerun(run, .from("a"), by: "test", at: temporary.now)
        } else {
            #expect(try temporary.shell(sql) == "")
        }
        #expect(try temporary.shell("SELECT count(*) FROM task_output") == "0")
    }

    @Test func `what a failed attempt gave is kept, until the next one has ended`() throws {
        let policy = RetryPolicy(limit: 1, delay: .zero)
        let task = TaskSpec(name: "a", action: .run("true"), retries: policy)
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: [task]))
        let run = try temporary.register("test")
        let first = [Variable("k", "1"), Variable("of", "first")]
        try temporary.end(temporary.claim(), .exited(7), outputs: first)
        #expect(try temporary.store.run(run).tasks[0].outputs == first)
        let again = try temporary.claim()
        try temporary.end(again, .signalled(9), outputs: [Variable("k", "2")])
        let ended = try temporary.store.run(run).tasks[0]
        #expect(ended.state == .failed && ended.outputs == [Variable("k", "2")])
    }

    @Test func `an attempt whose outputs could not be taken has none`() throws {
        let run = try apply()
        try temporary.end(try temporary.claim(), .refused(reason: "why"), outputs: [])
        let task = try temporary.store.run(run).tasks[0]
        #expect(task.state == .failed && task.outputs.isEmpty)
        #expect(task.attempts.map(\.outcome) == ["failed"] && task.attempts[0].exitCode == 0)
        #expect(task.attempts[0].note == "why")
    }

    /// What `b` is told of `a` after each end of it, executed always or once it has succeeded.
    @Test(
        arguments: [
            (.exited(0), "0", "succeeded"), (.exited(7), "7", "failed"),
            (.signalled(9), "", "signalled"), (.timedOut, "", "timed-out"),
            (.cancelled, "", "cancelled"), (.notStarted(reason: "x"), "", "not-started"),
            (.interrupted, "", "interrupted"), (.refused(reason: "x"), "0", "failed"),
        ] as [(Outcome, String, String)]
    )
    func `a task steers by how another ended`(
        outcome: Outcome,
        code: String,
        word: String
    ) throws {
        let names = ["exit_code", "outcome", "outputs.k", #"outputs.k ?? "none""#]
        let places = names.map { "tasks.a.\($0)" }
        var reader = TaskSpec(name: "b", needs: ["a"], action: .exec(places.map { "${\($0)}" }))
        reader.traits.when = try Condition("always and ${tasks.a.outcome} == '\(word)'")
        let tasks = [TaskSpec(name: "a", action: .run("true")), reader]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        _ = try temporary.register("test")
        let ready = try temporary.end(temporary.claim(), outcome, wanting: 9).claims
        #expect(ready.map(\.name) == ["b"] && ready.first?.fault == nil)
        let values = Dictionary(uniqueKeysWithValues: zip(places, [code, word, "", "none"]))
        #expect(ready.first?.values == values)
    }

    @Test func `of a skipped task there is an outcome and no exit code`() throws {
        let texts = [
            "${tasks.a.outcome}", "${tasks.a.exit_code ?? 'x'}", "${tasks.a.outputs.k ?? ''}",
        ]
        _ = try apply(.exec(texts))
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name = 'a'") == "")
        let values = try temporary.claim().first?.values
        #expect(values?.values.sorted() == ["", "skipped", "x"])
    }

    @Test func `elsewhere a missing exit code is told by the attempt`() throws {
        _ = try apply(.exec(["${tasks.a.exit_code}"]))
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name = 'a'") == "")
        #expect(
            try temporary.claim().map(\.fault) == ["task 'a' has no exit code: it is skipped"]
        )
    }

    @Test func `an attempt of before a rerun tells nothing of the present one`() throws {
        let run = try apply(.exec(["${tasks.a.exit_code ?? 'x'}"]))
        try temporary.end(temporary.claim(), .exited(7))
        _ = try temporary.store.rerun(run, .from("a"), by: "test", at: temporary.now)
        _ = try temporary.store.skip(run, task: "a", by: "test", at: temporary.now)
        #expect(try temporary.claim().first?.values.values.sorted() == ["x"])
    }

    @Test func `items of a task that is executed always miss nothing either`() throws {
        var each = TaskSpec(
            name: "each",
            needs: ["a"],
            action: .exec(["${item}", "${tasks.a.outputs.k}", "${tasks.a.exit_code}"])
        )
        each.traits.when = try Condition("always")
        each.traits.forEach = .texts(["x ${tasks.a.outcome}"])
        let tasks = [TaskSpec(name: "a", action: .run("true")), each]
        try temporary.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        _ = try temporary.register("test")
        let ready = try temporary.end(temporary.claim(), .signalled(9), wanting: 9).claims
        #expect(ready.map(\.item) == [1] && ready.first?.fault == nil)
        #expect(ready.first?.values["item"] == "x signalled")
        #expect(ready.first?.values["tasks.a.exit_code"] == "")
    }

    @Test func `a hook knows what tasks of its run have come to`() throws {
        var flow = Flow(name: "test", workingDirectory: "/", tasks: [])
        flow.tasks = [
            TaskSpec(name: "a", action: .run("true")),
            TaskSpec(name: "b", needs: ["a"], action: .run("true")),
        ]
        let action = TaskAction.exec([
            "${tasks.a.outputs.k}", "${tasks.a.exit_code}", "${tasks.b.outcome}",
            "${tasks.b.outputs.k}",
        ])
        flow.hooks = [Hook(.failure, TaskSpec(name: "@on_failure", action: action))]
        try temporary.apply(flow)
        _ = try temporary.register("test")
        let outputs = [Variable("k", "why")]
        let ready = try temporary.end(temporary.claim(), .exited(3), outputs: outputs, wanting: 9)
            .claims
        #expect(ready.map(\.name) == ["@on_failure"] && ready.first?.fault == nil)
        let values = ready.first?.values ?? [:]
        #expect(values["tasks.a.outputs.k"] == "why" && values["tasks.a.exit_code"] == "3")
        #expect(values["tasks.b.outcome"] == "waiting" && values["tasks.b.outputs.k"] == "")
    }
}
