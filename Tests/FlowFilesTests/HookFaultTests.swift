import Flows
import Testing

@testable import FlowFiles

@Suite struct HookFaultTests {
    private static func flow(_ lines: String) -> String {
        "flow: a\n\(lines)\ntasks: {t: {run: x}}\n"
    }

    @Test(arguments: [
        (
            "on_failure: {}",
            [
                "a.yaml:2:1: task 'on_failure' does nothing",
                "hint: give it one of 'run', 'exec' or 'component'",
            ]
        ),
        ("on_failure: x", ["a.yaml:2:13: a hook must be a mapping, not a single value"]),
        (
            "always: {run: x, needs: [t]}",
            ["a.yaml:2:18: a hook has no key 'needs'", "hint: 'needs' is a key of a task"]
        ),
        (
            "on_success: {exec: ['${run.stat}']}",
            [
                "a.yaml:2:22: '${run.stat}' names no parameter of this flow",
                "hint: did you mean '${run.state}'?",
            ]
        ),
        (
            "environment: {X: '${run.state}'}",
            ["a.yaml:2:19: '${run.state}' names no parameter of this flow"]
        ),
        (
            "always: {exec: ['${tasks.tt.outputs.k}']}",
            [
                "a.yaml:2:18: '${tasks.tt.outputs.k}' is of a task that this flow does not have",
                "hint: did you mean 't'?",
            ]
        ),
        (
            "notify: {}",
            ["a.yaml:2:9: 'notify' needs 'mail'", "hint: notify: {mail: ops@example.org}"]
        ),
        ("notify: {mail: []}", ["a.yaml:2:16: 'mail' names nobody"]),
        ("notify: {mail: }", ["a.yaml:2:16: an address of 'mail' is empty"]),
        (
            "notify: {mail: [ops@example.org, -oQ/tmp]}",
            ["a.yaml:2:34: '-oQ/tmp' is no address: name@host, or a user of this host"]
        ),
        (
            "notify: {mail: \"a@b\\nBcc: c@d\"}",
            ["a.yaml:2:16: 'a@b\u{FFFD}Bcc: c@d' is no address: name@host, or a user of this host"]
        ),
        (
            "notify: {slack: x}",
            ["a.yaml:2:10: 'notify' has no key 'slack'", "hint: its keys are mail"]
        ),
    ])
    func `a fault has its place, cause and remedy`(lines: String, shown: [String]) {
        let text = rendered(Self.flow(lines))
        for line in shown { #expect(text.contains(line), "\(text)") }
    }

    @Test(arguments: [
        "a", "root", "ops@example.org", "a.b+c_d-e=f@x-y.example", "1@2",
        String(repeating: "x", count: 254),
    ])
    func `an address of known letters is good`(text: String) {
        #expect(MailAddress.fault(text) == nil)
    }

    @Test(arguments: [
        "", "@", "a@", "@b", "a@b@c", "a b", "a,b", "<a@b>", "-a", "a@-b", "a\n", "a\r\nBcc: x",
        "é@x",
        "|sh", "/etc/x", "a;b", "\"a\"@b", "a%b", "a!b", "a@b\u{0}",
        String(repeating: "x", count: 255),
    ])
    func `any other is refused`(text: String) { #expect(MailAddress.fault(text) != nil) }

    @Test func `hooks and mail are read as written`() throws {
        let (flows, faults) = load(
            Self.flow(
                """
                notify: {mail: [ops@example.org, root]}
                always: {component: echo, with: {text: "${run.state} ${run.failed_tasks}"}}
                on_failure: {run: x, timeout: 10s, environment: {X: "${run.state}"}, retries: {limit: 1}}
                on_success: {exec: [echo, "${run.id}"]}
                """
            )
        )
        #expect(faults.isEmpty)
        let hooks = try #require(flows.first).hooks
        #expect(hooks.map(\.event) == [.failure, .success, .always, .notify])
        #expect(hooks[0].task.timeout == .seconds(10) && hooks[0].task.retries.limit == 1)
        #expect(hooks[0].task.environment == [Variable("X", "${run.state}")])
        #expect(hooks[3].task.action == .exec(["sendmail", "-i", "ops@example.org", "root"]))
    }

    @Test(arguments: [
        ("MAILTO=ops@example.org, root\n", ["ops@example.org", "root"]),
        ("MAILTO=\"\"\n", []), ("", []), ("MAILTO=-x\n", []),
    ])
    func `a crontab's MAILTO is told of failures`(line: String, addresses: [String]) {
        let (flows, _) = load(line + "@daily x\n", as: "jobs.crontab")
        #expect(flows.map { $0.hooks.flatMap(\.addresses) } == [addresses])
    }
}
