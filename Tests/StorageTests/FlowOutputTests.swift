import Cron
import Flows
import Testing

@testable import Storage

/// `outputs:` of a flow, read by the task that starts it.
@Suite struct FlowOutputTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// `NAME: sum` gives `rows`; the flow gives `total`, of it.
    private func leaf(_ name: String = "down", _ outputs: [Variable]? = nil) -> Flow {
        Flow(
            name: name,
            overlap: .allow,
            parameters: [Variable("region", "all")],
            workingDirectory: "/",
            tasks: [
                TaskSpec(name: "sum", action: .run("x")),
                TaskSpec(name: "late", needs: ["sum"], action: .run("x")),
            ],
            outputs: outputs ?? [
                Variable("total", "${tasks.sum.outputs.rows} in ${region}, run ${run.id}")
            ]
        )
    }

    /// Task `part` starts `child`; `read` names its output.
    private func caller(
        _ name: String,
        starts child: String,
        _ forEach: ItemList? = nil,
        _ change: (inout Flow) -> Void = { _ in }
    ) -> Flow {
        let parameters = [Variable("region", forEach == nil ? "east" : "${item}")]
        var flow = Flow(
            name: name,
            overlap: .allow,
            parameters: [Variable("region", "all")],
            workingDirectory: "/",
            tasks: [
                TaskSpec(
                    name: "part",
                    action: .flow(name: child, parameters: parameters),
                    traits: TaskTraits(forEach: forEach)
                ),
                TaskSpec(
                    name: "read",
                    needs: ["part"],
                    action: .exec(["echo", "${tasks.part.outputs.total}"])
                ),
            ],
            outputs: [Variable("total", "(${tasks.part.outputs.total})")]
        )
        change(&flow)
        return flow
    }

    private func apply(_ flows: Flow...) throws {
        let sources = flows.map {
            FlowSource(path: "/flows/\($0.name).yaml", digest: "\($0)", flows: [$0])
        }
        _ = try temporary.store.apply(sources, by: "test", at: temporary.now)
    }

    /// Runs everything; what each `read` was given, or why not.
    private func drain(
        rows: (Claim) -> String? = { _ in "3" },
        before: (Claim) throws -> Void = { _ in }
    ) throws -> [String] {
        var read: [String] = []
        while let claim = try temporary.claim(1).first {
            try before(claim)
            var outputs: [Variable] = []
            if claim.name == "sum", let rows = rows(claim) { outputs = [Variable("rows", rows)] }
            if claim.name == "read" {
                read.append(claim.fault ?? claim.values["tasks.part.outputs.total"] ?? "nothing")
            }
            let isFine = claim.fault == nil && (claim.child?.state ?? .succeeded) == .succeeded
            var turn = Turn()
            let start = AttemptStart(
                claim: claim,
                startedAt: .init(milliseconds: 1),
                pid: 7,
                sink: ""
            )
            var end = AttemptEnd(
                start: start,
                endedAt: temporary.now,
                duration: .zero,
                outcome: isFine ? .exited(0) : .exited(1)
            )
            end.outputs = claim.child?.given ?? outputs
            end.note = claim.child?.missing.joined()
            turn.ended = [end]
            _ = try temporary.store.turn(turn, by: temporary.runner, at: temporary.now)
        }
        return read
    }

    @Test func `the task that waited has what its run gave`() throws {
        try apply(leaf(), caller("up", starts: "down"))
        let run = try temporary.register("up")
        #expect(try drain() == ["3 in east, run 2"])
        let detail = try temporary.store.run(run)
        #expect(detail.tasks[0].outputs == [Variable("total", "3 in east, run 2")])
        #expect(detail.outputs.map(\.value) == ["(3 in east, run 2)"])
        #expect(try temporary.store.run(run + 1).outputs.map(\.value) == ["3 in east, run 2"])
    }

    @Test func `outputs come up through several flows`() throws {
        try apply(
            leaf(),
            caller("mid", starts: "down"),
            caller("up", starts: "mid"),
            caller("top", starts: "up")
        )
        _ = try temporary.register("top")
        #expect(
            try drain().sorted() == [
                "((3 in east, run 4))", "(3 in east, run 4)", "3 in east, run 4",
            ]
        )
    }

    @Test func `a fan-out over runs gives a list`() throws {
        try apply(leaf(), caller("up", starts: "down", .texts(["a", "b"])))
        _ = try temporary.register("up")
        #expect(try drain() == [#"["3 in a, run 2","3 in b, run 3"]"#])
    }

    @Test func `what cannot be filled is not given, and the reader and the waiter say why`() throws
    {
        try apply(
            leaf(
                "down",
                [
                    Variable("other", "x"), Variable("total", "${tasks.sum.outputs.rows}"),
                ]
            ),
            caller("up", starts: "down")
        )
        let run = try temporary.register("up")
        let read = try drain { _ in nil }
        #expect(read.count == 1 && read[0].hasPrefix("task 'part' gave no output 'total': "))
        let reason = "task 'sum' gave no output 'rows': it wrote none to $FLOWER_OUTPUT"
        let part = try temporary.store.run(run).tasks[0]
        #expect(part.outputs == [Variable("other", "x")])
        #expect(part.attempts.last?.note == "no output 'total': \(reason)")
        #expect(
            try temporary.store.run(run + 1).outputs == [
                Store.FlowOutput(name: "other", value: "x", reason: nil),
                Store.FlowOutput(name: "total", value: nil, reason: reason),
            ]
        )
    }

    @Test func `a run that has not succeeded gives nothing`() throws {
        try apply(
            leaf(),
            caller("up", starts: "down") { $0.tasks[0].retries = .init(limit: 1, delay: .zero) }
        )
        let run = try temporary.register("up")
        var turns = 0
        while let claim = try temporary.claim(1).first {
            // The first run's last task fails after `sum` has given its rows.
            if claim.name == "late" { turns += 1 }
            let isFine =
                claim.child.map { $0.state == .succeeded } ?? !(claim.name == "late" && turns == 1)
            try temporary.end(
                [claim],
                isFine ? .exited(0) : .exited(1),
                outputs: claim.child?.given
                    ?? (claim.name == "sum" ? [Variable("rows", "3")] : [])
            )
        }
        #expect(try temporary.store.run(run + 1).outputs.isEmpty)
        let part = try temporary.store.run(run).tasks[0]
        #expect(part.attempts.map(\.outcome) == ["failed", "succeeded"])
        #expect(part.outputs == [Variable("total", "3 in east, run 3")])
    }

    @Test func `a rerun of the task gives what its new run gave, one of the old run gives nothing`()
        throws
    {
        try apply(leaf(), caller("up", starts: "down"))
        let run = try temporary.register("up")
        _ = try drain()
        _ = try temporary.store.rerun(run + 1, .from("sum"), by: "test", at: temporary.now)
        #expect(try drain { _ in "4" } == [])
        #expect(try temporary.store.run(run).tasks[0].outputs.map(\.value) == ["3 in east, run 2"])
        _ = try temporary.store.rerun(run, .from("part"), by: "test", at: temporary.now)
        #expect(try temporary.store.run(run).tasks[0].outputs.isEmpty)
        #expect(try drain { _ in "5" } == ["5 in east, run 3"])
    }

    @Test func `a held task has what its run gave meanwhile`() throws {
        try apply(leaf(), caller("up", starts: "down"))
        let run = try temporary.register("up")
        let sum = try temporary.claim(1)
        _ = try temporary.store.hold(run, task: "part", by: "test", at: temporary.now)
        try temporary.end(sum, .exited(0), outputs: [Variable("rows", "3")])
        #expect(try drain() == [])
        _ = try temporary.store.release(run, task: "part", by: "test", at: temporary.now)
        #expect(try drain() == ["3 in east, run 2"])
    }

    @Test func `a run has the outputs that its flow had when it was registered`() throws {
        try apply(leaf())
        let run = try temporary.register("down")
        try temporary.apply(leaf("down", [Variable("other", "x")]), digest: "2")
        _ = try drain()
        #expect(try temporary.store.run(run).outputs.map(\.name) == ["total"])
        #expect(
            try temporary.store.flow(named: "down", at: temporary.now).flow.outputs.map(\.name) == [
                "other"
            ]
        )
        #expect(try temporary.apply(leaf("down", [Variable("other", "x")]), digest: "3").isNothing)
    }

    @Test func `what is too long is told, not cut`() throws {
        let value = String(repeating: "x", count: Limit.outputBytes - 10)
        try apply(leaf())
        let run = try temporary.register("down")
        _ = try drain { _ in value }
        #expect(
            try temporary.store.run(run).outputs.map(\.reason) == [
                "it is longer than an output may be"
            ]
        )
    }

    @Test(arguments: [
        (
            "DROP TRIGGER run_values; UPDATE run SET outputs = '[1]'", "the database holds '[1]'"
        ),
        ("UPDATE task_output SET secrets = '{}'", "the database holds '{}'"),
    ])
    func `a row spoilt with SQL is one output's fault`(sql: String, reason: String) throws {
        try apply(leaf(), caller("up", starts: "down"))
        let run = try temporary.register("up")
        var isSpoilt = false
        func spoil(_ claim: Claim) throws {
            guard claim.name == "late", !isSpoilt else { return }
            isSpoilt = true
            let complaint = try temporary.shell(sql)
            #expect(complaint == "")
        }
        let read = try drain(before: spoil)
        #expect(
            read.count == 1 && read[0].hasPrefix("task 'part' gave no output 'total'"),
            "\(read)"
        )
        let outputs = try temporary.store.run(run + 1).outputs
        #expect(outputs.count == 1 && outputs[0].reason?.hasPrefix(reason) == true, "\(outputs)")
    }

    // MARK: - What can never be filled

    private func refusal(_ flows: Flow...) -> (message: String, hint: String?)? {
        do {
            let sources = flows.map {
                FlowSource(path: "/flows/\($0.name).yaml", digest: "\($0)", flows: [$0])
            }
            _ = try temporary.store.apply(sources, by: "test", at: temporary.now)
            return nil
        } catch let error as StorageError {
            return (error.message, error.hint)
        } catch {
            return ("\(error)", nil)
        }
    }

    @Test func `an output that the flow does not declare is refused where it is named`() throws {
        let what = "task 'part' of flow 'up' starts flow 'down'"
        let wrong = refusal(leaf("down", [Variable("totals", "x")]), caller("up", starts: "down"))
        #expect(
            wrong?.message
                == "\(what), which has no output 'total'; \(what), which has no output 'total'"
        )
        #expect(wrong?.hint == "did you mean 'totals'?")
        let none = refusal(leaf("down", []), caller("up", starts: "down") { $0.outputs = [] })
        #expect(
            none?.message == "\(what), which has no 'outputs': there is never an output 'total'"
        )
        // The other flow is in the database alone.
        try apply(leaf("down", []))
        #expect(refusal(caller("up", starts: "down") { $0.outputs = [] })?.message == none?.message)
        try apply(leaf())
        #expect(refusal(caller("up", starts: "down")) == nil)
        let changed = caller("up", starts: "down") {
            $0.tasks[1].traits.when = try? Condition("${tasks.part.outputs.nope} > 3")
        }
        #expect(refusal(changed)?.message == "\(what), which has no output 'nope'")
    }

    @Test func `a flow that another's expect registers must be there`() throws {
        var flow = leaf()
        flow.expectation = Expectation(every: .seconds(3600), register: "alrt")
        let store = temporary.store
        #expect(
            try store.referenceFaults(of: [flow]).map(\.message) == [
                "'expect' of flow 'down' registers flow 'alrt': there is no flow 'alrt'"
            ]
        )
        try apply(leaf("alert"))
        #expect(try store.referenceFaults(of: [flow]).map(\.hint) == ["did you mean 'alert'?"])
        flow.expectation = Expectation(every: .seconds(3600), register: "alert")
        #expect(try store.referenceFaults(of: [flow]).isEmpty)
    }
}
