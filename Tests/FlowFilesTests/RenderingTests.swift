import Testing

@testable import FlowFiles

/// The lines that a person sees, excerpts included.
struct RenderingTests {
    static let tenFaults = """
        flow: Nightly
        discription: collect
        concurrency: many
        parameters: {region: all}
        environment: {WHERE: "${regoin}"}
        schedules:
          - cron: "30 25 * * *"
          - {cron: "@daily", timezone: Asia/Tokio}
        tasks:
          fetch: {run: ./fetch, needs: [total]}
          clean: {exec: ./clean, needs: [fetch]}
          clean: {run: ./clean, needs: [fetsh]}
          total: {run: ./total, needs: [fetch], timeout: 10}
          post: {with: {text: x}}
          mail: {component: ecko, limits: {tasks: 64}}
        """

    static let tenFaultsShown = """
        a.yaml:1:7: the flow's name: 'Nightly' is not a name: a-z, 0-9, '.', '_', '-', \
        beginning with a letter or digit
            flow: Nightly
                  ^~~~~~~
            hint: flow: a
        a.yaml:2:1: a flow has no key 'discription'
            discription: collect
            ^~~~~~~~~~~
            hint: did you mean 'description'?
        a.yaml:3:14: 'concurrency' must be a whole number of 1 to 100000, not 'many'
            concurrency: many
                         ^~~~
        a.yaml:5:23: '${regoin}' names no parameter of this flow
            environment: {WHERE: "${regoin}"}
                                  ^~~~~~~~~
            hint: did you mean '${region}'?
        a.yaml:7:15: cron: hour: 25 is out of range 0-23
            - cron: "30 25 * * *"
                        ^~
        a.yaml:8:32: there is no time zone 'Asia/Tokio' on this host
            - {cron: "@daily", timezone: Asia/Tokio}
                                         ^~~~~~~~~~
            hint: did you mean 'Asia/Tokyo'?
        a.yaml:10:3: tasks wait for each other: fetch → total → fetch
            fetch: {run: ./fetch, needs: [total]}
            ^~~~~
            hint: take one of these out of a 'needs'
        a.yaml:11:17: 'exec' must be a list of a program and its arguments, \
        not a single value
            clean: {exec: ./clean, needs: [fetch]}
                          ^~~~~~~
            hint: write it as [python3, clean.py]
        a.yaml:12:3: 'clean' stands here a second time, first on line 11, column 3
            clean: {run: ./clean, needs: [fetsh]}
            ^~~~~
        a.yaml:12:33: 'needs' names 'fetsh', which is no task of this flow
            clean: {run: ./clean, needs: [fetsh]}
                                          ^~~~~
            hint: did you mean 'fetch'?
        a.yaml:13:50: 'timeout': '10' has no unit
            total: {run: ./total, needs: [fetch], timeout: 10}
                                                           ^~
            hint: write 10s, 10m or 10h
        a.yaml:14:3: task 'post' does nothing
            post: {with: {text: x}}
            ^~~~
            hint: give it one of 'run', 'exec' or 'component'
        a.yaml:14:10: 'with' stands without 'component'
            post: {with: {text: x}}
                   ^~~~
            hint: 'with' is a component's input; a process takes 'environment'
        a.yaml:15:21: there is no component 'ecko'
            mail: {component: ecko, limits: {tasks: 64}}
                              ^~~~
            hint: did you mean 'echo'?
        a.yaml:15:27: 'limits' in a task is not yet known to this version of flower
            mail: {component: ecko, limits: {tasks: 64}}
                                    ^~~~~~
        """

    @Test func `ten different faults of one file come at once and in its order`() {
        #expect(rendered(Self.tenFaults) == Self.tenFaultsShown)
    }

    /// The expression's own character, however the scalar is written.
    @Test(arguments: [
        ("\"0 24 * * *\"", 16, 2), ("'0 24 * * *'", 16, 2), ("0 24 * * *", 15, 2),
        ("\"\\x30 24 * * *\"", 19, 2), ("\"\\u0030 \\x32\\U00000034 * * *\"", 21, 14),
        ("\"0\\t24 * * *\"", 17, 2), ("\"0 * * *\"", 21, 1), ("0 * * *", 20, 1),
        ("*x", 13, 2),
    ])
    func `a cron fault is shown under its character`(written: String, column: Int, length: Int) {
        let text = """
            flow: a
            x: &x 0 24 * * *
            schedules:
              -   cron: \(written)
            tasks: {t: {run: x}}
            """
        let faults = load(text).faults.filter { $0.line == 4 }
        #expect(faults.map(\.column) == [column])
        let carets = faults.first?.excerpt?.split(separator: "\n").last.map(String.init) ?? ""
        #expect(carets.filter { $0 != " " } == "^" + String(repeating: "~", count: length - 1))
    }

    @Test func `a fault in a literal block is shown in its own line`() {
        let text = """
            flow: a
            tasks:
              t:
                exec:
                  - cat
                  - |
                    first
                      second ${x}
            """
        #expect(
            rendered(text).split(separator: "\n").prefix(3) == [
                "a.yaml:8:18: '${x}' names no parameter of this flow",
                "    second ${x}",
                "           ^~~~",
            ]
        )
    }

    @Test func `a fault in a folded text is shown where the text begins`() {
        let text = "flow: a\ntasks:\n  t:\n    exec: [cat, \"a\n      ${x}\"]\n"
        #expect(load(text).faults.map(\.line) == [4])
        #expect(load(text).faults.map(\.column) == [17])
    }

    @Test func `tabs and wide characters stay under each other`() {
        let source = try? SourceText(Array("a:\t日本 x".utf8))
        #expect(source?.excerpt(at: Place(line: 1, column: 7)) == "a:\t日本 x\n  \t     ^")
        #expect(
            source?.excerpt(at: Place(line: 1, column: 4, length: 2)) == "a:\t日本 x\n  \t^~~~"
        )
    }

    @Test func `a long line is cut around the fault`() {
        let line = String(repeating: "a", count: 500) + "X" + String(repeating: "b", count: 500)
        let source = try? SourceText(Array(line.utf8))
        let excerpt = source?.excerpt(at: Place(line: 1, column: 501)) ?? ""
        let lines = excerpt.split(separator: "\n").map(Array.init)
        #expect(lines.count == 2)
        #expect(lines[0].count < 80)
        #expect(lines[0][lines[1].count - 1] == "X")
        #expect(source?.excerpt(at: Place(line: 1, column: 1))?.hasPrefix("aaa") == true)
    }

    @Test func `nothing in a file steers the terminal`() {
        let shown = rendered("flow: a\n\"x\\e[2J\\u202E\": 1\ntasks: {t: {run: x}}\n")
        #expect(shown.hasPrefix("a.yaml:2:1: a flow has no key 'x\u{FFFD}[2J\u{FFFD}'\n"))
        let name = Diagnostic(path: "a\u{1B}.yaml", message: "x\u{7}").rendered
        #expect(name == "a\u{FFFD}.yaml: x\u{FFFD}")
    }

    @Test func `findings are ordered by file and place`() {
        let places = [("b", 1, 1), ("a", 2, 1), ("a", 1, 9), ("a", 1, 2), ("a", 0, 0)]
        let sorted = places.map { Diagnostic(path: $0, line: $1, column: $2, message: "m") }
            .sorted()
        #expect(sorted.map(\.rendered) == ["a: m", "a:1:2: m", "a:1:9: m", "a:2:1: m", "b:1:1: m"])
    }

    @Test(arguments: [
        ("NEEDS", "needs"), ("retires", "retries"), ("x", nil), ("foo", nil), ("N", nil),
        ("runn", "run"),
    ])
    func `the nearest word is near or none`(word: String, nearest: String?) {
        var finder = Nearest()
        #expect(finder.word(to: word, in: ["run", "needs", "retries", "n1"]) == nearest)
    }
}
