import Flows
import Testing

@testable import FlowFiles

/// `when`, `for_each` and outputs: what is read, and each fault to the letter.
@Suite struct TraitFaultTests {
    private static func flow(_ task: String) -> String {
        """
        flow: a
        parameters: {region: x}
        tasks:
          list: {run: x}
          far: {needs: [list], run: x}
          t:
            needs: [far]
            \(task)

        """
    }

    @Test(arguments: [
        ("run: x\n    when: failde", ["a.yaml:9:11: 'when' 'failde' is no word of a condition"]),
        (
            "run: x\n    when: \"${region} == 'é' an failed\"",
            ["a.yaml:9:29: 'when' 'an' follows without 'and' or 'or'"]
        ),
        ("run: x\n    when:", ["a.yaml:9:10: 'when' is empty"]),
        ("run: x\n    when: [failed]", ["a.yaml:9:11: 'when' must be a text, not a list"]),
        (
            "run: x\n    when: ${regoin} == 1",
            [
                "a.yaml:9:11: '${regoin}' names no parameter of this flow",
                "hint: did you mean '${region}'?",
            ]
        ),
        (
            "run: x\n    when: ${due.date} == 1",
            [
                "a.yaml:9:11: '${due.date}' is not known in 'when'",
                "hint: it knows parameters, run.id and what needs have come to",
            ]
        ),
        (
            "run: x\n    when: 1 < ${tasks.list.outputs.n}",
            [
                "a.yaml:9:15: '${tasks.list.outputs.n}' is of a task that this one does not need",
                "hint: add 'list' to its 'needs'",
            ]
        ),
        (
            "exec: [echo, '${tasks.lits.outputs.n}']",
            [
                "a.yaml:8:19: '${tasks.lits.outputs.n}' is of a task that this flow does not have",
                "hint: did you mean 'list'?",
            ]
        ),
        (
            "exec: [echo, 'x ${tasks.far.output.n}']",
            [
                "a.yaml:8:21: '${tasks.far.output.n}' names nothing of a task",
                "hint: write '${tasks.TASK.outputs.KEY}', '${tasks.TASK.exit_code}' or",
            ]
        ),
        (
            "exec: [echo, \"${tasks.list.exit_code ?? '0'}\"]",
            [
                "a.yaml:8:19: '${tasks.list.exit_code ?? '0'}' is of a task that this one does not need",
                "hint: add 'list' to its 'needs'",
            ]
        ),
        (
            "run: x\n    when: ${tasks.far.outcome ?? none} == 1",
            ["a.yaml:9:11: '${tasks.far.outcome ?? none}' names nothing of a task"]
        ),
        (
            "exec: [echo, \"${region ?? 'x'}\"]",
            [
                "a.yaml:8:19: '${region ?? 'x'}' has a default, and what it names needs none",
                "hint: only '${tasks.…}' may have one; a parameter's own stands under 'parameters'",
            ]
        ),
        (
            "exec: [echo, '${item}']",
            ["a.yaml:8:19: '${item}' has a meaning only in a task with 'for_each'"]
        ),
        ("flow: a", ["a.yaml:8:11: a flow cannot start itself"]),
        ("flow: A", ["a.yaml:8:11: the flow's name: 'A' is not a name"]),
        (
            "flow: b\n    timeout: 1s",
            [
                "a.yaml:9:5: a task with 'flow' has no 'timeout'",
                "hint: give the tasks of that flow theirs",
            ]
        ),
        (
            "flow: b\n    environment: {X: y}",
            [
                "a.yaml:9:5: a task with 'flow' has no 'environment'",
                "hint: write 'parameters', which that flow declares",
            ]
        ),
        (
            "run: x\n    parameters: {X: y}",
            ["a.yaml:9:5: 'parameters' stands without 'flow'"]
        ),
        (
            "flow: b\n    parameters: {X: '${due.date}'}",
            ["a.yaml:9:22: '${due.date}' is not known in the 'parameters' of a task"]
        ),
        (
            "flow: b\n    run: x",
            ["a.yaml:8:5: a task is one thing, this is 'run' and 'flow'"]
        ),
        (
            "run: x\n    for_each: ['${item}']",
            ["a.yaml:9:17: '${item}' has a meaning only in a task with 'for_each'"]
        ),
        (
            "run: x\n    for_each: abc",
            [
                "a.yaml:9:15: 'for_each' must be a list, or a text with a '${…}' that gives one",
                "hint: write it in brackets: [abc]",
            ]
        ),
        ("run: x\n    for_each: {a: b}", ["a.yaml:9:15: 'for_each' must be a list, not a mapping"]),
        (
            "run: x\n    for_each: [[a]]",
            ["a.yaml:9:16: an item of 'for_each' must be a text, not a list"]
        ),
        (
            "run: x\n    for_each: [\(String(repeating: "x, ", count: 10_001))]",
            ["a.yaml:9:15: 'for_each' has 10001 items; it may have 10000"]
        ),
    ])
    func `a fault has its place, cause and remedy`(task: String, shown: [String]) {
        let text = rendered(Self.flow(task))
        for line in shown { #expect(text.contains(line), "\(text)") }
    }

    @Test func `failed without needs is refused`() {
        let text = rendered("flow: a\ntasks: {t: {run: x, when: failed}}\n")
        #expect(text.contains("a.yaml:2:27: 'when' names 'failed' in a task without 'needs'"))
    }

    @Test func `an output in the flow's own environment is refused`() {
        let text = rendered(
            "flow: a\nenvironment: {X: '${tasks.t.outputs.k}'}\ntasks: {t: {run: x}}\n"
        )
        let fault = "a.yaml:2:19: '${tasks.t.outputs.k}' is known only in a task that needs 't'"
        #expect(text.contains(fault))
    }

    @Test func `all of it is read as written`() throws {
        let text = Self.flow(
            """
            for_each: ${tasks.far.outputs.names}
                when: ${region} != "y" and ${tasks.far.outputs.n} > 0
                exec: [echo, "${item}", "${tasks.far.outputs.n}"]
                environment: {X: "${item} ${due.date}"}
            """
        )
        let (flows, faults) = load(text)
        #expect(faults.isEmpty)
        let task = try #require(flows.first?.tasks.last)
        #expect(task.traits.when?.text == #"${region} != "y" and ${tasks.far.outputs.n} > 0"#)
        #expect(task.traits.forEach == .template("${tasks.far.outputs.names}"))
    }

    @Test func `a flow that is started has its parameters`() {
        let text = Self.flow("flow: b\n    parameters: {y: '${tasks.far.outputs.n}', x: 01}")
        let (flows, faults) = load(text)
        #expect(faults.isEmpty)
        let given = [Variable("x", "01"), Variable("y", "${tasks.far.outputs.n}")]
        #expect(flows.first?.tasks.last?.action == .flow(name: "b", parameters: given))
    }

    @Test func `what a need has come to may be named, with a default`() throws {
        let text = Self.flow(
            """
            when: always and ${tasks.far.outcome} != "failed"
                exec: [echo, "${tasks.far.exit_code ?? '}'}", "${tasks.far.outputs.n ?? ''}"]
            """
        )
        let (flows, faults) = load(text)
        #expect(faults.isEmpty)
        #expect(flows.first?.tasks.last?.traits.when?.places.map(\.name) == ["tasks.far.outcome"])
    }

    @Test func `items are texts as written`() throws {
        let (flows, faults) = load(
            Self.flow("run: x\n    for_each: [01, no, ~, '', \"${region}\"]")
        )
        #expect(faults.isEmpty)
        let list = flows.first?.tasks.last?.traits.forEach
        #expect(list == .texts(["01", "no", "~", "", "${region}"]))
    }
}
