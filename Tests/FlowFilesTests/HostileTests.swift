import Flows
import Glibc
import Testing

@testable import FlowFiles

/// Files that no friend wrote: each ends in a clear refusal, in bounded time and memory.
struct HostileTests {
    private static func bomb(levels: Int, width: Int) -> String {
        var text = "flow: a\ntasks: {t: {component: noop, with: {v: *l\(levels)}}}\n"
        var lines = ["l0: &l0 x"]
        for level in 1...levels {
            let aliases = Array(repeating: "*l\(level - 1)", count: width).joined(separator: ", ")
            lines.append("l\(level): &l\(level) [\(aliases)]")
        }
        text = lines.joined(separator: "\n") + "\n" + text
        return text
    }

    @Test func `a bomb of aliases is refused by the limit of values`() {
        let (_, faults) = load(Self.bomb(levels: 12, width: 10))
        let limit = Limit.nodesPerFile
        #expect(
            faults.map(\.message) == ["the file has more than \(limit) values, aliases written out"]
        )
        #expect(faults.map(\.line) == [8])
    }

    @Test func `a bomb in a key is refused as any other`() {
        let text = Self.bomb(levels: 5, width: 10) + "? *l5\n: x\n"
        let (_, faults) = load(text)
        #expect(faults.map(\.message).contains("a key must be a single value, not a list"))
    }

    @Test func `aliases below the limit are read`() {
        let (_, faults) = load(Self.bomb(levels: 3, width: 10))
        #expect(faults.allSatisfy { $0.message.hasPrefix("a flow has no key 'l") })
        #expect(faults.count == 4)
    }

    @Test func `depth that aliases add up is refused`() {
        var lines = ["flow: a", "x0: &x0 []"]
        for level in 1...20 {
            let open = String(repeating: "[", count: 50), close = String(repeating: "]", count: 50)
            lines.append("x\(level): &x\(level) \(open)*x\(level - 1)\(close)")
        }
        let (_, faults) = load(lines.joined(separator: "\n"))
        #expect(
            faults.map(\.message) == [
                "lists and mappings stand within each other more than \(Limit.nesting) deep"
            ]
        )
        #expect(faults.map(\.line) == [4])
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func `deep nesting is refused`(open: String) {
        let text = "flow: a\nx:\n  " + String(repeating: open, count: 100_000)
        let (_, faults) = load(text)
        #expect(
            faults.map(\.message) == [
                "lists and mappings stand within each other more than \(Limit.nesting) deep"
            ]
        )
    }

    @Test func `an anchor within itself is unknown there`() {
        let (_, faults) = load("flow: &a [*a]\n")
        #expect(faults.map(\.message) == ["no anchor '&a' stands above this"])
    }

    @Test func `many directives are refused before they are read`() {
        let text = (0..<100_000).map { "%TAG !\($0)! x:\n" }.joined() + "---\nflow: a\n"
        #expect(load(text).faults.map(\.line) == [1])
    }

    @Test func `a file beyond the limit is refused by its size`() {
        let comment = Array("flow: a\ntasks: {t: {run: x}}\n#".utf8)
        let fill = [UInt8](repeating: UInt8(ascii: "x"), count: Limit.fileBytes - comment.count)
        #expect(load(comment + fill).faults.isEmpty)
        #expect(
            load(comment + fill + fill.prefix(1)).faults.map(\.rendered) == [
                "a.yaml: a file has at most 8 MiB (8388608 bytes), this has 8388609"
            ]
        )
    }

    @Test(
        arguments: [
            (
                [0x7F, 0x45, 0x4C, 0x46, 0x00, 0x01],
                "a.yaml:1:1: holds the control character U+007F"
            ),
            (Array("flow: a\nx: \0".utf8), "a.yaml:2:4: holds a NUL byte, so it is no text"),
            (Array("flow: é".utf8) + [0xFF], "a.yaml:1:8: is not UTF-8 from this byte on"),
            (Array("flow: ".utf8) + [0xC3], "a.yaml:1:7: is not UTF-8 from this byte on"),
            ([0xED, 0xA0, 0x80], "a.yaml:1:1: is not UTF-8 from this byte on"),
            ([0xFF, 0xFE, 0x66, 0x00], "a.yaml: is UTF-16, not UTF-8"),
            (Array("flow: \u{9B}".utf8), "a.yaml:1:7: holds the control character U+009B"),
            (Array("flow: \u{FFFE}".utf8), "a.yaml:1:7: holds the control character U+FFFE"),
            (Array("flow: \u{FEFF}a".utf8), "a.yaml:1:7: holds the control character U+FEFF"),
            ([], "a.yaml: the file is empty"),
        ] as [([UInt8], String)]
    )
    func `bytes that are no text are refused with their place`(bytes: [UInt8], shown: String) {
        let lines = load(bytes).faults.map {
            $0.rendered.split(separator: "\n").first.map(String.init)
        }
        #expect(lines == [shown])
    }

    @Test func `a thousand faults are shown and the rest counted`() {
        let lines = (0..<3000).map { "k\($0): 1\n" }.joined()
        let (_, faults) = load(lines + "flow: a\ntasks: {t: {run: x}}\n")
        #expect(faults.count == Limit.faultsPerFile + 1)
        #expect(faults.last?.rendered == "a.yaml: has 2000 more faults")
    }

    @Test func `sizes over the limits of the model are refused`() {
        func check(_ text: String, _ message: String, line: Int = #line) {
            #expect(load(text).faults.map(\.message) == [message], "line \(line)")
        }
        let task = "tasks: {t: {run: x}}\n"
        let many = (0...Limit.parametersPerFlow).map { "p\($0): 1" }.joined(separator: ", ")
        check("flow: a\nparameters: {\(many)}\n" + task, "'parameters' has more than 1000 names")
        check("flow: a\nenvironment: {\(many)}\n" + task, "'environment' has more than 1000 names")
        let long = String(repeating: "x", count: Limit.parameterBytes + 1)
        check(
            "flow: a\nparameters: {p: \(long)}\n" + task,
            "parameter 'p' is longer than 65536 bytes"
        )
        let longer = String(repeating: "x", count: Limit.argumentBytes + 1)
        check("flow: a\ntasks: {t: {run: \(longer)}}\n", "'run' is longer than 131071 bytes")
        check(
            "flow: a\ntasks: {t: {exec: [\(longer)]}}\n",
            "an element of 'exec' is longer than 131071 bytes"
        )
        let schedules = String(repeating: "- {cron: '@daily'}\n", count: 10_001)
        check(
            "flow: a\nschedules:\n\(schedules)" + task,
            "a file has at most 10000 schedules, this has 10001"
        )
        let tasks = (0...Limit.tasksPerFlow).map { " t\($0): {run: x}\n" }.joined()
        check("flow: a\ntasks:\n\(tasks)", "a flow has at most 100000 tasks, this has 100001")
    }

    @Test func `a flow of a hundred thousand tasks in a chain is read`() {
        let tasks = (1..<Limit.tasksPerFlow).map { " t\($0): {run: x, needs: [t\($0 - 1)]}\n" }
        let (flows, faults) = load("flow: a\ntasks:\n t0: {run: x}\n" + tasks.joined())
        #expect(faults.isEmpty)
        #expect(flows.first?.tasks.count == Limit.tasksPerFlow)
    }

    @Test func `a long cycle is named with its middle left out`() {
        let tasks = (0..<1000).map { " t\($0): {run: x, needs: [t\(($0 + 1) % 1000)]}\n" }
        let (_, faults) = load("flow: a\ntasks:\n" + tasks.joined())
        #expect(faults.count == 1)
        #expect(faults[0].message.hasPrefix("tasks wait for each other: t0 → t999 → t998 → "))
        #expect(faults[0].message.hasSuffix(" → (950 more) → t0"))
    }

    @Test func `each knot of tasks is named once`() {
        let (_, faults) = load(
            """
            flow: a
            tasks:
              a: {run: x, needs: [b]}
              b: {run: x, needs: [a, d]}
              c: {run: x, needs: [c]}
              d: {run: x}
              e: {run: x, needs: [a]}
            """
        )
        #expect(
            faults.map(\.message) == [
                "tasks wait for each other: a → b → a", "tasks wait for each other: c → c",
            ]
        )
    }
}
