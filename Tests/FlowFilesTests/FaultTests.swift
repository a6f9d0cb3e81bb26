import Testing

@testable import FlowFiles

/// What a person sees of each fault, to the letter.
struct FaultTests {
    /// A flow with one good task, `lines` before it.
    private static func flow(_ lines: String) -> String {
        "flow: a\n\(lines)\ntasks: {t: {run: x}}\n"
    }

    /// A flow whose one task has these members, which begin on line 4, column 5.
    private static func task(_ lines: String) -> String {
        "flow: a\ntasks:\n  t:\n    \(lines)\n"
    }

    @Test(arguments: [
        (
            "schedule: []",
            ["a.yaml:2:1: a flow has no key 'schedule'", "hint: did you mean 'schedules'?"]
        ),
        (
            "jitter: 1s",
            ["a.yaml:2:1: a flow has no key 'jitter'", "hint: 'jitter' is a key of a schedule"]
        ),
        (
            "cwd: x",
            ["a.yaml:2:1: a flow has no key 'cwd'", "hint: did you mean 'working_directory'?"]
        ),
        (
            "working-directory: x",
            [
                "a.yaml:2:1: a flow has no key 'working-directory'",
                "hint: did you mean 'working_directory'?",
            ]
        ),
        (
            "hooks: x",
            [
                "a.yaml:2:1: a flow has no key 'hooks'",
                "hint: its keys are flow, description, schedules, overlap, queue_limit, concurrency, priority, parameters, environment, working_directory, shell, tasks, expect, kill_grace, run_timeout, environment_file, secrets, on_failure, on_success, always, notify",
            ]
        ),
        (
            "limits: {}",
            ["a.yaml:2:1: 'limits' in a flow is not yet known to this version of flower"]
        ),
        (
            "overlap: skipp",
            ["a.yaml:2:10: 'skipp' is no overlap policy", "hint: did you mean skip?"]
        ),
        (
            "queue_limit: 5",
            ["a.yaml:2:1: warning: 'queue_limit' does nothing without 'overlap: queue'"]
        ),
        (
            "overlap: queue\nqueue_limit: 0",
            ["a.yaml:3:14: 'queue_limit' must be a whole number of 1 to 10000, not '0'"]
        ),
        (
            "expect: {every: 0s}",
            ["a.yaml:2:17: 'every' must be more than zero"]
        ),
        (
            "expect: {register: b}",
            [
                "a.yaml:2:9: 'expect' needs 'every': how long may pass without a success",
                "hint: expect: {every: 26h}",
            ]
        ),
        (
            "expect: {every: 1h, evry: 2h}",
            ["a.yaml:2:21: 'expect' has no key 'evry'", "hint: did you mean 'every'?"]
        ),
        ("expect: 26h", ["a.yaml:2:9: 'expect' must be a mapping, not a single value"]),
        ("overlap: [skip]", ["a.yaml:2:10: 'overlap' must be a text, not a list"]),
        ("overlap:", ["a.yaml:2:9: 'overlap' is empty"]),
        ("priority: 20", ["a.yaml:2:11: 'priority' must be a whole number of -20 to 19, not '20'"]),
        (
            "priority: 1.0",
            ["a.yaml:2:11: 'priority' must be a whole number of -20 to 19, not '1.0'"]
        ),
        (
            "concurrency: 0",
            ["a.yaml:2:14: 'concurrency' must be a whole number of 1 to 100000, not '0'"]
        ),
        (
            "concurrency: '2'",
            [
                "a.yaml:2:14: 'concurrency' must be a whole number of 1 to 100000, not '2'",
                "hint: take the quotes off",
            ]
        ),
        (
            "concurrency: [2]",
            ["a.yaml:2:14: 'concurrency' must be a whole number of 1 to 100000, not a list"]
        ),
        (
            "shell: bash",
            [
                "a.yaml:2:8: 'shell' must be a list of a program and its arguments, not a single value",
                "hint: write it as [bash, -eu]",
            ]
        ),
        ("shell: []", ["a.yaml:2:8: 'shell' names no program"]),
        ("shell: ['', x]", ["a.yaml:2:9: 'shell' names no program"]),
        (
            "working_directory: ~bob",
            [
                "a.yaml:2:20: '~bob': only your own home is known here",
                "hint: write '~/…' or the whole path",
            ]
        ),
        (
            "working_directory: '${x}/y'",
            ["a.yaml:2:21: '${…}' is not replaced in 'working_directory'"]
        ),
        (
            "parameters: [x]",
            [
                "a.yaml:2:13: 'parameters' must be a mapping, not a list",
                "hint: write it as {NAME: value}",
            ]
        ),
        (
            "parameters: {a-b: 1}",
            [
                "a.yaml:2:14: parameter: 'a-b' is not a name: letters, digits and '_', not beginning with a digit"
            ]
        ),
        (
            "parameters: {IFS: 1}",
            ["a.yaml:2:14: parameter: 'IFS' would change how the task's process starts"]
        ),
        (
            "parameters: {x: [1]}",
            [
                "a.yaml:2:17: parameter 'x' must be a single value, not a list",
                "hint: quote it to keep it as a text",
            ]
        ),
        (
            "environment: {FLOWER_X: 1}",
            ["a.yaml:2:15: variable: names that begin with FLOWER_ are Flower's own"]
        ),
        (
            "parameters: {region: 1}\nenvironment: {X: 'é ${regoin}'}",
            [
                "a.yaml:3:21: '${regoin}' names no parameter of this flow",
                "hint: did you mean '${region}'?",
            ]
        ),
        (
            "environment: {X: '${HOME}'}",
            [
                "a.yaml:2:19: '${HOME}' names no parameter of this flow",
                "hint: declare it under 'parameters'; a literal '${' is written '$${'",
            ]
        ),
        (
            "environment: {X: '${item}'}",
            ["a.yaml:2:19: '${item}' has a meaning only in a task with 'for_each'"]
        ),
        (
            "environment: {X: \"\\x41${\"}",
            ["a.yaml:2:23: '${' has no '}'; a literal one is written '$${'"]
        ),
        ("environment: {X: '''${}'}", ["a.yaml:2:21: '${}' names nothing"]),
        (
            "schedules: {cron: x}",
            [
                "a.yaml:2:12: 'schedules' must be a list, not a mapping",
                "hint: schedules: [{cron: \"30 2 * * *\"}]",
            ]
        ),
        (
            "schedules: ['0 0 * * *']",
            [
                "a.yaml:2:13: a schedule must be a mapping, not a single value",
                "hint: {cron: \"0 0 * * *\"}",
            ]
        ),
        (
            "schedules: [{timezone: UTC}]",
            ["a.yaml:2:13: a schedule needs 'cron'", "hint: cron: \"30 2 * * *\""]
        ),
        (
            "schedules: [{cron: '@daily', timezone: tokyo}]",
            [
                "a.yaml:2:40: there is no time zone 'tokyo' on this host",
                "hint: did you mean 'Asia/Tokyo'?",
            ]
        ),
        (
            "schedules: [{cron: '@daily', timezone: Mars/Dome}]",
            [
                "a.yaml:2:40: there is no time zone 'Mars/Dome' on this host",
                "hint: names are as in /usr/share/zoneinfo: Europe/Berlin",
            ]
        ),
        (
            "schedules: [{cron: 'TZ=Asia/Tokio @daily'}]",
            [
                "a.yaml:2:24: there is no time zone 'Asia/Tokio' on this host",
                "hint: did you mean 'Asia/Tokyo'?",
            ]
        ),
        (
            "schedules: [{cron: '@daily', name: a b}]",
            [
                "a.yaml:2:36: schedule: 'a b' is not a name: letters, digits, '.', '_', '-', beginning with a letter or digit"
            ]
        ),
        (
            "schedules: [{cron: '@daily', parameters: {x: 1}}]",
            [
                "a.yaml:2:43: the flow has no parameter 'x' to override",
                "hint: declare it under the flow's 'parameters'",
            ]
        ),
        (
            "schedules: [{cron: '@daily', parameters: {LD_X: 1}}]",
            ["a.yaml:2:43: parameter: 'LD_X' would change how the task's process starts"]
        ),
        (
            "schedules: [{cron: '@daily'}, {cron: 0 0 * * *}]",
            [
                "a.yaml:2:31: this schedule is the same as the one on line 2, column 13",
                "hint: take one out, or give each a 'name' of its own",
            ]
        ),
        (
            "schedules: [{cron: '0 0 30 2 *'}]",
            ["a.yaml:2:20: warning: this schedule is never due again"]
        ),
        (
            "schedules: [{cron: 'TZ=UTC @daily', timezone: Asia/Tokyo}]",
            [
                "a.yaml:2:37: warning: the zone in 'cron' (UTC) wins over 'timezone'",
                "hint: keep one of the two",
            ]
        ),
    ])
    func `a fault of the flow has its place, cause and remedy`(lines: String, shown: [String]) {
        expect(Self.flow(lines), shown)
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
        expect(Self.task(lines), shown)
    }

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
        expect(text, shown)
    }

    /// Compares all but the excerpts, which have their own tests.
    private func expect(_ text: String, _ shown: [String]) {
        let lines = load(text).faults.flatMap { fault in
            var bare = fault
            bare.excerpt = nil
            return bare.rendered.split(separator: "\n").map { line in
                String(line.drop { $0 == " " })
            }
        }
        #expect(lines == shown)
    }
}
