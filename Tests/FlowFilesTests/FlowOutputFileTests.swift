import Flows
import Testing

@testable import FlowFiles

/// `outputs:` of a flow, and what a file names of others.
struct FlowOutputFileTests {
    private static func flow(_ outputs: String) -> String {
        """
        flow: a
        parameters: {region: all}
        tasks:
          sum: {run: x}
          nap: {component: noop}
          part: {flow: b, parameters: {region: x}}
        outputs: \(outputs)

        """
    }

    @Test func `they are texts of what tasks gave, by name`() throws {
        let (flows, faults) = load(
            Self.flow(
                "{total: '${tasks.sum.outputs.rows}', a-b: '${region} ${run.id}', n: 3,"
                    + " up: '${tasks.part.outputs.x ?? \"none\"}', code: '${tasks.nap.exit_code}'}"
            )
        )
        #expect(faults.map(\.rendered) == [])
        #expect(
            try #require(flows.first).outputs == [
                Variable("a-b", "${region} ${run.id}"), Variable("code", "${tasks.nap.exit_code}"),
                Variable("n", "3"), Variable("total", "${tasks.sum.outputs.rows}"),
                Variable("up", "${tasks.part.outputs.x ?? \"none\"}"),
            ]
        )
    }

    @Test(arguments: [
        (
            "[total]",
            [
                "a.yaml:7:10: 'outputs' must be a mapping, not a list",
                "hint: outputs: {total: \"${tasks.TASK.outputs.KEY}\"}",
            ]
        ),
        (
            "{2x: y}",
            [
                "a.yaml:7:11: output: '2x' is no key: letters, digits, '_' and '-', not beginning with a digit or '-'"
            ]
        ),
        ("{x: [y]}", ["a.yaml:7:14: output 'x' must be a text, not a list"]),
        (
            "{x: '${tasks.smu.outputs.n}'}",
            [
                "a.yaml:7:15: '${tasks.smu.outputs.n}' is of a task that this flow does not have",
                "hint: did you mean 'sum'?",
            ]
        ),
        (
            "{x: '${due.date}'}",
            [
                "a.yaml:7:15: '${due.date}' is not known in 'outputs'",
                "hint: it knows parameters, run.id and what needs have come to",
            ]
        ),
        (
            "{x: '${nope}'}",
            [
                "a.yaml:7:15: '${nope}' names no parameter of this flow",
                "hint: declare it under 'parameters'; a literal '${' is written '$${'",
            ]
        ),
        (
            "{x: 'é ${tasks.nap.outputs.n}'}",
            ["a.yaml:7:17: there is never an output 'n': component 'noop' of task 'nap' gives none"]
        ),
    ])
    func `what is wrong with them has its place`(outputs: String, expected: [String]) {
        #expect(bareLines(Self.flow(outputs)) == expected)
    }

    @Test func `a task's own places are held against components too`() {
        let text = """
            flow: a
            tasks:
              nap: {component: noop}
              say: {component: echo, with: {text: x}}
              b: {needs: [nap, say], exec: [echo, "${tasks.nap.outputs.n}"], when: "${tasks.say.outputs.n} == 1"}

            """
        let lines = bareLines(text)
        #expect(lines.count == 1 && lines[0].hasPrefix("a.yaml:5:40: there is never an output 'n'"))
    }

    @Test func `what a file names of others has its place`() throws {
        let folder = Folder()
        folder.write(
            "a.yaml",
            """
            flow: a
            expect: {every: 1h, register: alert}
            tasks:
              part: {flow: b, parameters: {region: x}, pools: {gpu: 2}}
              read: {needs: [part], pool: disk, exec: [echo, "${tasks.part.outputs.total}"]}
              other: {needs: [read], exec: [echo, "${tasks.read.outputs.n}"]}
            """
        )
        let source = try #require(folder.load("a.yaml").files.first)
        let places = (source.references["a"] ?? [:]).mapValues { "\($0.line):\($0.column)" }
        let total = try #require(TaskPlace("tasks.part.outputs.total"))
        #expect(
            places == [
                .ownParameters: "1:7", .ownOutputs: "1:7",
                .register: "2:31", .flow(task: "part"): "4:16",
                .parameter(task: "part", name: "region"): "4:32",
                .pool(task: "part", name: "gpu"): "4:52", .pool(task: "read", name: "disk"): "5:31",
                .fact(task: "read", place: total): "5:51",
            ]
        )
    }
}
