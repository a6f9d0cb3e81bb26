import Flows
import Testing

@testable import FlowFiles

/// Time-outs, retries by cause, pools, holds, files of variables, secrets, isolation.
struct ControlFileTests {
    @Test func `every key arrives in the model`() throws {
        let (flows, faults) = load(
            """
            flow: a
            working_directory: /srv
            parameters: {token: ""}
            kill_grace: 30s
            run_timeout: 2h
            environment_file: [common.env, -/etc/a.env, ~/own.env]
            secrets: [token, API_KEY]
            tasks:
              x:
                run: x
                kill_grace: 0s
                retries:
                  limit: 3
                  jitter: 0.25
                  retry_on: {exit: [75, 1, 75], signal: [KILL, SIGTERM, 10], timeout: true,
                    interrupted: true, not_started: false}
                pools: {gpu: 2, disk: 1}
                hold: a person looks
                environment_file: x.env
              y: {component: noop, isolate: true, pool: gpu, hold: true}
              z: {run: z, pools: [gpu, disk], hold: false, retries: {limit: 1, jitter: 30s,
                retry_on: {exit: "any", signal: 9}}}
            """
        )
        #expect(faults.map(\.rendered) == [])
        let flow = try #require(flows.first)
        #expect(flow.killGrace == .seconds(30) && flow.runTimeout == .seconds(7200))
        #expect(
            flow.environmentFiles.map(\.text)
                == ["/srv/common.env", "-/etc/a.env", "/home/ada/own.env"]
        )
        #expect(flow.secrets == ["token", "API_KEY"])
        let (x, y, z) = (flow.tasks[0], flow.tasks[1], flow.tasks[2])
        #expect(x.killGrace == .zero && x.retries.jitter == .fraction(0.25))
        let causes = RetryCauses(
            exits: .these([1, 75]),
            signals: .these([9, 10, 15]),
            timeout: true,
            interrupted: true
        )
        #expect(x.retries.causes == causes)
        #expect(x.pools == [PoolDemand("disk", 1), PoolDemand("gpu", 2)])
        #expect(x.hold == "a person looks" && x.environmentFiles == [VariableFile("/srv/x.env")])
        #expect(y.isIsolated && y.pools == [PoolDemand("gpu")] && y.hold == "")
        #expect(z.pools == [PoolDemand("disk"), PoolDemand("gpu")] && z.hold == nil)
        #expect(z.retries.jitter == .span(.seconds(30)))
        #expect(z.retries.causes == RetryCauses(exits: .any, signals: .these([9])))
    }

    @Test(arguments: [
        (
            "kill_grace: 5",
            ["a.yaml:2:13: 'kill_grace': '5' has no unit", "hint: write 5s, 5m or 5h"]
        ),
        ("run_timeout: 0s", ["a.yaml:2:14: 'run_timeout' must be longer than nothing"]),
        ("environment_file: ''", ["a.yaml:2:19: 'environment_file' is empty"]),
        ("environment_file: '-'", ["a.yaml:2:19: 'environment_file' names no file"]),
        (
            "environment_file: '/etc/${x}'",
            ["a.yaml:2:25: '${…}' is not replaced in 'environment_file'"]
        ),
        ("environment_file: {}", ["a.yaml:2:19: 'environment_file' must be a text, not a mapping"]),
        (
            "secrets: token",
            [
                "a.yaml:2:10: 'secrets' must be a list of names, not a single value",
                "hint: write it in brackets: [token]",
            ]
        ),
        (
            "parameters: {token: x}\nsecrets: [tokn]",
            [
                "a.yaml:3:11: 'secrets' names 'tokn', which is no parameter or variable",
                "hint: did you mean 'token'?",
            ]
        ),
        (
            "parameters: {token: x}\nsecrets: [token, token]",
            ["a.yaml:3:18: 'secrets' names 'token' twice"]
        ),
        (
            "secret: [x]",
            ["a.yaml:2:1: a flow has no key 'secret'", "hint: did you mean 'secrets'?"]
        ),
        (
            "pools: {}",
            ["a.yaml:2:1: a flow has no key 'pools'", "hint: 'pools' is a key of a task"]
        ),
    ])
    func `a fault of the flow has its place, cause and remedy`(lines: String, shown: [String]) {
        #expect(bareLines("flow: a\n\(lines)\ntasks: {t: {run: x}}\n") == shown)
    }

    @Test(arguments: [
        (
            "{run: x, retries: {limit: 1, jitter: 10}}",
            [
                "a.yaml:4:42: 'jitter' is a part of the wait, 0 to 1, or a span, not '10'",
                "hint: write 0.5, or 10s",
            ]
        ),
        (
            "{run: x, retries: {limit: 1, jitter: much}}",
            [
                "a.yaml:4:42: 'jitter': 'much' is no duration",
                "hint: write a number with its unit: 250ms, 30s, 10m, 2h, 1d or 1h30m",
            ]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: {}}}",
            [
                "a.yaml:4:44: 'retry_on' names nothing to retry on",
                "hint: retry_on: {exit: [75], timeout: true}",
            ]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: {exits: [1]}}}",
            [
                "a.yaml:4:45: 'retry_on' has no key 'exits'", "hint: did you mean 'exit'?",
            ]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: {exit: [0]}}}",
            ["a.yaml:4:52: an exit code must be a whole number of 1 to 255, not '0'"]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: {signal: [KIL]}}}",
            ["a.yaml:4:54: there is no signal 'KIL'", "hint: did you mean 'KILL'?"]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: {timeout: yes}}}",
            ["a.yaml:4:54: 'timeout' must be true or false, not 'yes'"]
        ),
        (
            "{run: x, retries: {limit: 1, retry_on: {exit: {}}}}",
            ["a.yaml:4:51: 'exit' must be a list, or any, not a mapping"]
        ),
        (
            "{run: x, pool: gpu, pools: {disk: 1}}",
            [
                "a.yaml:4:25: a task has 'pool' or 'pools', not both",
                "hint: pools: {gpu: 1, …}",
            ]
        ),
        (
            "{run: x, pools: gpu}",
            [
                "a.yaml:4:21: 'pools' must be a mapping of pools and slots, not a single value",
                "hint: write 'pool: gpu'",
            ]
        ),
        (
            "{run: x, pools: {gpu: 0}}",
            ["a.yaml:4:27: slots of a pool must be a whole number of 1 to 100000, not '0'"]
        ),
        ("{run: x, pools: [gpu, gpu]}", ["a.yaml:4:21: 'pools' names 'gpu' twice"]),
        (
            "{run: x, pool: GPU}",
            [
                "a.yaml:4:20: pool: 'GPU' is not a name: a-z, 0-9, '.', '_', '-', beginning with a letter or digit"
            ]
        ),
        (
            "{run: x, pool: workers}",
            [
                "a.yaml:4:20: every task takes a slot of 'workers' by itself",
                "hint: it limits how many tasks run at once over all runners",
            ]
        ),
        ("{run: x, hold: [x]}", ["a.yaml:4:20: 'hold' must be a text, not a list"]),
        (
            "{run: x, isolate: true}",
            [
                "a.yaml:4:14: 'isolate' stands without 'component'",
                "hint: a 'run' or 'exec' is a process of its own already",
            ]
        ),
        (
            "{component: noop, isolate: 1}",
            ["a.yaml:4:32: 'isolate' must be true or false, not '1'"]
        ),
    ])
    func `a fault of a task has its place, cause and remedy`(lines: String, shown: [String]) {
        #expect(bareLines("flow: a\ntasks:\n  t:\n    \(lines)\n") == shown)
    }

    @Test func `a secret is no word of a command`() {
        let text =
            "flow: a\nparameters: {token: x, plain: y}\nsecrets: [token]\n"
            + "tasks: {t: {exec: [curl, \"${plain}\", \"-H é ${token}\"]}}\n"
        #expect(
            bareLines(text) == [
                "a.yaml:4:44: '${token}' is secret, and the words of 'exec' are seen by all users of the machine",
                "hint: environment: {VALUE: \"${token}\"}, or take the parameter from the environment",
            ]
        )
    }

    @Test func `where there is a file of variables a secret may be in it`() {
        let text = "flow: a\nsecrets: [KEY]\ntasks: {t: {run: x, environment_file: k.env}}\n"
        #expect(load(text).faults.isEmpty)
    }
}
