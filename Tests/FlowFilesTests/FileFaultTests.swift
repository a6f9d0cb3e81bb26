import Testing

@testable import FlowFiles

/// What a person sees of a file that is no flow file, to the letter.
struct FileFaultTests {
    @Test(arguments: [
        (
            "tasks: {t: {run: x}}",
            ["a.yaml:1:1: a flow needs its name under 'flow'", "hint: flow: a"]
        ),
        (
            "flow: A\ntasks: {t: {run: x}}",
            [
                "a.yaml:1:7: the flow's name: 'A' is not a name: a-z, 0-9, '.', '_', '-', beginning with a letter or digit",
                "hint: flow: a",
            ]
        ),
        (
            "flow: a",
            ["a.yaml:1:1: a flow needs 'tasks'", "hint: tasks: {hello: {run: echo hello}}"]
        ),
        ("flow: a\ntasks: {}", ["a.yaml:2:8: a flow needs at least one task"]),
        (
            "flow: a\ntasks: [x]",
            [
                "a.yaml:2:8: 'tasks' must be a mapping, not a list",
                "hint: write each task under its name: tasks: {hello: {run: echo hello}}",
            ]
        ),
        (
            "flow: a\ntasks: {-x: {run: x}}",
            [
                "a.yaml:2:9: task: '-x' is not a name: letters, digits, '.', '_', '-', beginning with a letter or digit"
            ]
        ),
        ("", ["a.yaml: the file is empty", "hint: a flow file begins with 'flow: NAME'"]),
        (
            "# only words\n",
            ["a.yaml: the file is empty", "hint: a flow file begins with 'flow: NAME'"]
        ),
        ("- x", ["a.yaml:1:1: a flow must be a mapping, not a list"]),
        (
            "flow: a\ntasks: {t: {run: x}}\n---\nflow: b",
            [
                "a.yaml:3:1: a second document begins here",
                "hint: write one flow a file; several files may be given at once",
            ]
        ),
        (
            "flow: a\ntasks: {t: {run: x}}\n? [k]\n: v",
            ["a.yaml:3:3: a key must be a single value, not a list"]
        ),
        (
            "flow: a\n<<: {}\ntasks: {t: {run: x}}",
            [
                "a.yaml:2:1: merge keys ('<<') are not part of YAML 1.2 and have no meaning here",
                "hint: an alias may stand for a whole value: retries: *patient",
            ]
        ),
        (
            "flow: a\ntasks: {t: {run: !x y}}",
            [
                "a.yaml:2:18: a tag has no meaning in a flow file",
                "hint: a text is kept as it is written; one that begins with '!' needs quotes",
            ]
        ),
        ("flow: a\ntasks: {t: {run: \"\\0\"}}", ["a.yaml:2:18: a text holds a NUL character"]),
        (
            "flow: *a\ntasks: {t: {run: x}}",
            [
                "a.yaml:1:7: no anchor '&a' stands above this",
                "hint: a text that begins with '*' needs quotes",
            ]
        ),
        (
            "flow: a\ncron: */5 * * * *",
            [
                "a.yaml:2:8: no YAML: did not find expected alphabetic or numeric character while scanning an alias (line 2, column 7)",
                "hint: a text that begins with '*' needs quotes: cron: \"*/5 * * * *\"",
            ]
        ),
        (
            "flow: a\ntasks:\n\tt: {run: x}",
            [
                "a.yaml:3:1: no YAML: found character that cannot start any token while scanning for the next token (line 3, column 1)",
                "hint: YAML is indented with spaces, not with tabs",
            ]
        ),
        (
            "flow: a\ntasks: {t: {run: @x}}",
            [
                "a.yaml:2:18: no YAML: found character that cannot start any token while scanning for the next token (line 2, column 18)",
                "hint: a text that begins with '@' needs quotes",
            ]
        ),
        (
            "flow: a: b",
            [
                "a.yaml:1:8: no YAML: mapping values are not allowed in this context",
                "hint: a text that holds ': ' needs quotes; or is a line indented too far?",
            ]
        ),
        (
            "flow: a\ntasks: {t: {run: x}",
            [
                "a.yaml:2:20: no YAML: did not find expected ',' or '}' while parsing a flow mapping (line 2, column 8)"
            ]
        ),
        (
            "%YAML 1.2\n---\nflow: a",
            [
                "a.yaml:1:1: a line that begins with '%' is a YAML directive, which flow files do not use",
                "hint: take the line out, or indent it where it belongs to a text",
            ]
        ),
    ])
    func `a fault of the file has its place, cause and remedy`(text: String, shown: [String]) {
        #expect(bareLines(text) == shown)
    }
}
