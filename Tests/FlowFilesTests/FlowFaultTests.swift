import Testing

@testable import FlowFiles

/// What a person sees of each fault of a flow, to the letter.
struct FlowFaultTests {
    /// A flow with one good task, `lines` before it.
    private static func flow(_ lines: String) -> String {
        "flow: a\n\(lines)\ntasks: {t: {run: x}}\n"
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
                "hint: its keys are flow, description, schedules, overlap, queue_limit, concurrency, priority, parameters, environment, working_directory, shell, tasks, outputs, expect, kill_grace, run_timeout, environment_file, secrets, ran_as, on_failure, on_success, always, notify",
            ]
        ),
        (
            "limits: {}",
            ["a.yaml:2:1: 'limits' in a flow is not yet known to this version of flower"]
        ),
        (
            "user: root",
            [
                "a.yaml:2:1: 'user' in a flow is not yet known to this version of flower",
                "hint: tasks run as whose the state folder is; 'ran_as: NAME' of a flow keeps the name",
            ]
        ),
        (
            "ran_as: root",
            [
                "a.yaml:2:9: warning: ran as 'root', and will run as 'ada'",
                "hint: see that 'ada' may do what the tasks do, then take 'ran_as' out",
            ]
        ),
        ("ran_as: ada", []),
        ("ran_as: [ada]", ["a.yaml:2:9: 'ran_as' must be a text, not a list"]),
        (
            "overlap: skipp",
            ["a.yaml:2:10: 'skipp' is no overlap policy", "hint: did you mean 'skip'?"]
        ),
        // What Kubernetes calls it.
        (
            "overlap: Forbid",
            ["a.yaml:2:10: 'Forbid' is no overlap policy", "hint: did you mean 'skip'?"]
        ),
        (
            "schedules: [{cron: '@daily', catchup: newest}]",
            [
                "a.yaml:2:39: 'catchup' is one of skip, latest, all, not 'newest'",
                "hint: did you mean 'latest'?",
            ]
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
        #expect(bareLines(Self.flow(lines)) == shown)
    }
}
