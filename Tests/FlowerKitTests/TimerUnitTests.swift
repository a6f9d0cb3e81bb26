import Execution
import Foundation
import HostFiles
import TestSupport
import Testing

@testable import FlowerKit

/// What `flower import` makes of a service's section `[Unit]`, and of the units of a user's manager. That the
/// tests of conditions answer as systemd does is shown on a real one, by `OnSystemd.TimerImportTests`.
@Suite struct TimerUnitTests {
    private let folder: TemporaryFolder
    private let root = Account(name: "root", home: "/root")

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: "\(folder.path)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try text.write(to: url, atomically: true, encoding: .utf8)
    }

    private func imported(
        _ name: String,
        for account: Account
    ) -> (flow: TimerFlow?, told: [String]) {
        var reading = TimerImport(
            path: "\(folder.path)/\(name)",
            account: account,
            now: Fixture.now,
            zone: .utc
        )
        let flow = reading.flow()
        let told = reading.findings.diagnostics.map {
            $0.rendered.replacing("\(folder.path)/", with: "")
        }
        return (flow, told)
    }

    /// From `tasks:` on.
    private func tasks(_ flow: TimerFlow?) throws -> String {
        let yaml = try #require(flow?.yaml)
        return String(yaml[try #require(yaml.firstRange(of: "tasks:\n")).upperBound...])
    }

    /// Lines of `[Unit]`, the test that they become, and the key of a line that does not.
    static let conditions: [(lines: String, test: String?, lost: String?)] = [
        ("ConditionPathExists=/a", "[ -e /a ]", nil),
        (
            "ConditionPathExists=!/a b\nConditionPathIsDirectory=/%N",
            "! [ -e '/a b' ] && [ -d /a ]", nil
        ),
        (
            "ConditionPathExists=|/a\nConditionFileNotEmpty=/b\nConditionPathExists=|!/c",
            "{ [ -f /b ] && [ -s /b ]; } && { [ -e /a ] || ! [ -e /c ]; }", nil
        ),
        (
            "ConditionPathExistsGlob=/dev/sd*",
            "( set -- /dev/sd*; [ -e \"$1\" ] || [ -L \"$1\" ] )", nil
        ),
        ("ConditionDirectoryNotEmpty=/a", "{ [ -d /a ] && [ -n \"$(ls -A /a)\" ]; }", nil),
        ("ConditionFileIsExecutable=/a", "{ [ -f /a ] && [ -x /a ]; }", nil),
        ("ConditionVirtualization=!container", "! systemd-detect-virt -q --container", nil),
        // An empty value of any takes all back; what no shell can judge stays told.
        (
            "ConditionUser=x\nConditionPathExists=/a\nConditionHost=\nConditionPathIsDirectory=/b",
            "[ -d /b ]", nil
        ),
        ("ConditionPathExists=/a\nConditionHost=x", "[ -e /a ]", "ConditionHost=x"),
        ("ConditionPathExists=|/a\nConditionHost=|x", nil, "ConditionHost=|x"),
        ("ConditionPathExistsGlob=/a/$(x)", nil, "ConditionPathExistsGlob=/a/$(x)"),
        ("ConditionPathExists=a", nil, "ConditionPathExists=a"),
        // Tasks start in this folder, the test of it too.
        ("ConditionPathExists=/var/x", nil, "ConditionPathExists=/var/x"),
    ]

    @Test(arguments: conditions)
    func `a condition becomes a task before all others`(
        lines: String,
        test: String?,
        lost: String?
    ) throws {
        try write("a.timer", "[Timer]\nOnCalendar=daily\n")
        try write(
            "a.service",
            "[Unit]\n\(lines)\n[Service]\nWorkingDirectory=/var/x/y\nExecStart=x\n"
        )
        let (flow, told) = imported("a.timer", for: root)
        let text = try tasks(flow)
        if let test {
            let when = "'${tasks.conditions.outputs.go ?? \"no\"} == \"yes\"'"
            #expect(
                text == """
                      conditions:
                        run: |-
                          if \(test); then go=yes; else go=no; fi
                          echo go=$go >> "$FLOWER_OUTPUT"
                      x:
                        needs: [conditions]
                        when: \(when)
                        exec: [x]

                    """
            )
        } else {
            #expect(text == "  x:\n    exec: [x]\n")
        }
        let warnings = told.filter { $0.contains("the tasks start in any case") }
        #expect(warnings.isEmpty == (lost == nil), "\(told)")
        if let lost { #expect(warnings.contains { $0.contains(": warning: \(lost): ") }) }
    }

    @Test func `an assertion is a task that fails, after the conditions`() throws {
        try write("a.timer", "[Unit]\nAssertPathExists=/b\n[Timer]\nOnCalendar=daily\n")
        try write(
            "a.service",
            "[Unit]\nConditionPathExists=/a\nAssertPathExists=/b\n[Service]\nExecStart=x\n"
        )
        let (flow, told) = imported("a.timer", for: root)
        let when = "    when: '${tasks.conditions.outputs.go ?? \"no\"} == \"yes\"'\n"
        let text = try tasks(flow)
        let asserts = """
              asserts:
                needs: [conditions]
            \(when)    run: |-
                  [ -e /b ] || { echo 'AssertPathExists=/b does not hold' >&2; exit 1; }
              x:
                needs: [conditions, asserts]
            \(when)    exec: [x]

            """
        #expect(text.hasSuffix(asserts), "\(text)")
        // The timer asks no more than its service.
        #expect(told.isEmpty, "\(told)")
    }

    @Test func `units to be started at the end become hooks where tasks may start them`() throws {
        try write("a.timer", "[Timer]\nOnCalendar=daily\n")
        try write(
            "a.service",
            "[Unit]\nOnFailure=mail@%n b.service\nOnSuccess=c.target\nConflicts=shutdown.target\n"
                + "Before=shutdown.target\n[Service]\nExecStart=x\n"
        )
        let (flow, told) = imported("a.timer", for: root)
        #expect(
            try tasks(flow) == """
                  x:
                    exec: [x]
                on_failure:
                  exec: [systemctl, start, "--no-block", "mail@a.service", b.service]
                on_success:
                  exec: [systemctl, start, "--no-block", c.target]

                """
        )
        #expect(told.isEmpty, "\(told)")
        let other = imported("a.timer", for: Account(name: "nobody", home: "/nonexistent"))
        #expect(try tasks(other.flow) == "  x:\n    exec: [x]\n")
        #expect(other.told.count { $0.contains("Flower starts no other units") } == 2)
    }

    // MARK: a user's manager

    private var ada: Account { Account(name: "4711", home: "\(folder.path)/ada") }
    private static let manager = """
        note: a user's manager gives its services XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS and a PATH of its own, \
        which no task gets
            hint: environment: {XDG_RUNTIME_DIR: /run/user/4711}, for systemctl --user and its like
        """

    @Test func `a user's unit is of that user, in its home, with its specifiers`() throws {
        let units = "ada/.config/systemd/user"
        try write("\(units)/a.timer", "[Timer]\nOnCalendar=daily\n")
        // Further back in the user's own order of folders.
        try write(
            "ada/.local/share/systemd/user/a.service",
            "[Unit]\nOnFailure=x.service\n[Service]\n"
                + "ExecStart=%h/bin/x %t %u %U %C %E %T %n\nEnvironment=P=%h/p\n"
                + "WorkingDirectory=-~\nEnvironmentFile=%E/env\n"
        )
        try write("ada/.config/systemd/user/a.service.d/10.conf", "[Service]\nNice=3\n")
        let (flow, told) = imported("\(units)/a.timer", for: ada)
        let home = ada.home
        #expect(
            try #require(flow).yaml.replacing(home, with: "HOME").replacing(folder.path, with: "")
                == """
                # From HOME/.config/systemd/user/a.timer.
                # From HOME/.local/share/systemd/user/a.service.
                # From HOME/.config/systemd/user/a.service.d/10.conf.
                flow: a
                schedules:
                  - cron: "0 0 * * *"  # OnCalendar=daily
                    catchup: skip
                overlap: skip  # as systemd does: what is active is not started again
                environment:
                  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                  P: "HOME/p"
                environment_file: [HOME/.config/env]
                working_directory: HOME
                kill_grace: 1m30s
                tasks:
                  x:
                    exec:
                      - nice
                      - "-n"
                      - "3"
                      - HOME/bin/x
                      - /run/user/4711
                      - "4711"
                      - "4711"
                      - HOME/.cache
                      - HOME/.config
                      - /tmp
                      - a.service

                """
        )
        #expect(told.contains { $0.hasSuffix(Self.manager) }, "\(told)")
        // Nobody else ran it.
        #expect(!told.contains { $0.contains("will run as") })
        #expect(told.contains { $0.contains("OnFailure=x.service: Flower starts no other units") })
    }

    /// Elsewhere too a folder named as the manager's is one of a user's manager.
    @Test(arguments: ["usr/lib/systemd/user", "etc/systemd/user"])
    func `a unit that a package has for users starts in the home`(units: String) throws {
        try write("\(units)/a.timer", "[Timer]\nOnCalendar=daily\n")
        try write("\(units)/a.service", "[Service]\nExecStart=x %h %t\n")
        let (flow, told) = imported("\(units)/a.timer", for: ada)
        let yaml = try #require(flow).yaml
        #expect(yaml.contains("\nworking_directory: \(ada.home)\n"))
        #expect(yaml.hasSuffix("    exec: [x, \(ada.home), /run/user/4711]\n"))
        #expect(told.count == 1 && told[0].hasSuffix(Self.manager), "\(told)")
    }

    /// By systemd's version, or of a group.
    @Test(arguments: ["%S", "%L", "%g", "%G"])
    func `what is not known of a user's manager is asked for`(specifier: String) throws {
        let units = "ada/.config/systemd/user"
        try write("\(units)/a.timer", "[Timer]\nOnCalendar=daily\n")
        try write("\(units)/a.service", "[Service]\nExecStart=x \(specifier)\n")
        let (flow, told) = imported("\(units)/a.timer", for: ada)
        #expect(flow == nil)
        let fault =
            "ExecStart=: what stands for \(specifier) is not known here\n"
            + "    hint: write it out in a drop-in, and import again"
        #expect(told.contains { $0.hasSuffix(fault) }, "\(told)")
    }
}
