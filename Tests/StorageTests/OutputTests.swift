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

    @Test func `what a failed attempt wrote does not count`() throws {
        let run = try apply()
        try temporary.end(try temporary.claim(), .refused(reason: "why"), outputs: [])
        let task = try temporary.store.run(run).tasks[0]
        #expect(task.state == .failed && task.outputs.isEmpty)
        #expect(task.attempts.map(\.outcome) == ["failed"] && task.attempts[0].exitCode == 0)
        #expect(task.attempts[0].note == "why")
    }
}
