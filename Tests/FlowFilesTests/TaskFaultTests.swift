import Testing

@testable import FlowFiles

/// What a person sees of each fault of a task, to the letter.
struct TaskFaultTests {
    /// A flow whose one task has these members, which begin on line 4, column 5.
    private static func task(_ lines: String) -> String {
        "flow: a\ntasks:\n  t:\n    \(lines)\n"
    }

    @Test(arguments: [
        ("run: ''", ["a.yaml:4:10: 'run' is empty"]),
        ("run: [x]", ["a.yaml:4:10: 'run' must be a text, not a list"]),
        (
            "priority: 0",
            [
                "a.yaml:3:3: task 't' does nothing",
                "hint: give it one of 'run', 'exec' or 'component'",
            ]
        ),
        (
            "{run: x, exec: [y]}",
            [
                "a.yaml:4:14: a task is one thing, this is 'run' and 'exec'",
                "hint: make them two tasks, the second with 'needs'",
            ]
        ),
        (
            "{run: x, with: {}}",
            [
                "a.yaml:4:14: 'with' stands without 'component'",
                "hint: 'with' is a component's input; a process takes 'environment'",
            ]
        ),
        (
            "exec: ls -l",
            [
                "a.yaml:4:11: 'exec' must be a list of a program and its arguments, not a single value",
                "hint: write it as [python3, clean.py]",
            ]
        ),
        ("exec: [ls, [x]]", ["a.yaml:4:16: an element of 'exec' must be a text, not a list"]),
        (
            "exec: [ls, '${x}']",
            [
                "a.yaml:4:17: '${x}' names no parameter of this flow",
                "hint: declare it under 'parameters'; a literal '${' is written '$${'",
            ]
        ),
        (
            "component: ecko",
            ["a.yaml:4:16: there is no component 'ecko'", "hint: did you mean 'echo'?"]
        ),
        (
            "component: slurm",
            ["a.yaml:4:16: there is no component 'slurm'", "hint: there are echo, http-post, noop"]
        ),
        ("component: echo", ["a.yaml:4:16: component 'echo': 'text' is missing"]),
        ("{component: noop, with: [x]}", ["a.yaml:4:29: 'with' must be a mapping, not a list"]),
        (
            "{component: noop, with: {n: 99999999999999999999}}",
            [
                "a.yaml:4:33: '99999999999999999999' is too large for a number",
                "hint: in quotes it is kept as a text",
            ]
        ),
        (
            "{component: noop, with: {n: ['${y}']}}",
            [
                "a.yaml:4:35: '${y}' names no parameter of this flow",
                "hint: declare it under 'parameters'; a literal '${' is written '$${'",
            ]
        ),
        (
            "{run: x, needs: t}",
            [
                "a.yaml:4:21: 'needs' must be a list of task names, not a single value",
                "hint: write it in brackets: [t]",
            ]
        ),
        (
            "{run: x, needs: [t]}",
            [
                "a.yaml:3:3: tasks wait for each other: t → t",
                "hint: take one of these out of a 'needs'",
            ]
        ),
        (
            "{run: x, needs: [[t]]}",
            ["a.yaml:4:22: an element of 'needs' must be a text, not a list"]
        ),
        (
            "{run: x, timeout: 10}",
            ["a.yaml:4:23: 'timeout': '10' has no unit", "hint: write 10s, 10m or 10h"]
        ),
        ("{run: x, timeout: 0s}", ["a.yaml:4:23: 'timeout' must be longer than nothing"]),
        (
            "{run: x, timeout: 10 m}",
            [
                "a.yaml:4:23: 'timeout': '10 m' is no duration",
                "hint: write a number with its unit: 250ms, 30s, 10m, 2h, 1d or 1h30m",
            ]
        ),
        ("{run: x, timeout: 9999d}", ["a.yaml:4:23: 'timeout': '9999d' is longer than 366d"]),
        (
            "{run: x, retries: 3}",
            [
                "a.yaml:4:23: 'retries' must be a mapping, not a single value",
                "hint: retries: {limit: 3}",
            ]
        ),
        (
            "{run: x, retries: {}}",
            ["a.yaml:4:23: 'retries' needs a 'limit'", "hint: retries: {limit: 3}"]
        ),
        (
            "{run: x, retries: {limit: 1001}}",
            ["a.yaml:4:31: 'limit' must be a whole number of 0 to 1000, not '1001'"]
        ),
        (
            "{run: x, retries: {limit: 1, backoff: 0x2}}",
            ["a.yaml:4:43: 'backoff' must be a number of 1 to 100, not '0x2'"]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: []}}",
            [
                "a.yaml:4:44: 'retry_on' must be a mapping, not a list",
                "hint: retry_on: {exit: [75], timeout: true}",
            ]
        ),
        (
            "{run: x, limits: x}",
            ["a.yaml:4:14: 'limits' in a task is not yet known to this version of flower"]
        ),
        (
            "{run: x, need: []}",
            ["a.yaml:4:14: a task has no key 'need'", "hint: did you mean 'needs'?"]
        ),
        (
            "{run: x, run: y}",
            ["a.yaml:4:14: 'run' stands here a second time, first on line 4, column 6"]
        ),
        ("x", ["a.yaml:4:5: a task must be a mapping, not a single value"]),
        (
            "run: date ${due.date}",
            [
                "a.yaml:4:15: warning: '${…}' is not replaced in 'run', and to a shell '${due.date…' is an error",
                "hint: environment: {VALUE: \"${due.date}\"} and \"$VALUE\" here",
            ]
        ),
        (
            "run: |\n      date\n      echo ${run.id}",
            [
                "a.yaml:6:12: warning: '${…}' is not replaced in 'run', and to a shell '${run.id…' is an error",
                "hint: environment: {VALUE: \"${run.id}\"} and \"$VALUE\" here",
            ]
        ),
    ])
    func `a fault of a task has its place, cause and remedy`(lines: String, shown: [String]) {
        #expect(bareLines(Self.task(lines)) == shown)
    }
}
