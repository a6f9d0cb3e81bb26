import Components
import Flows
import Foundation
import Glibc
import Storage
import TestSupport
import Testing

@testable import FlowerKit

/// What `flower doctor` makes of what it sees. What it sees on a host is tried in `SystemdTests`.
@Suite struct DoctorTests {
    // MARK: - Units

    /// A host on which all is well, as `systemctl show` tells it.
    private static let well = [
        "flower.target": ["UnitFileState": "enabled"],
        "flower-scheduler.service": [:],
        "flower-run.path": ["Paths": "/var/lib/flower/wake (PathExists)"],
        "flower-run.timer": [:],
        "flower-run.service": ["ActiveState": "inactive"],
        "flower-tick.timer": ["ActiveState": "inactive"],
    ]

    /// - Parameter changes: properties in the place of those.
    private static func units(
        _ changes: [String: [String: String]] = [:],
        option: String = "",
        dropIn: [String: String] = [:]
    ) -> [DoctorFinding] {
        let blocks = well.map { name, properties in
            var all = ["Id": name, "LoadState": "loaded", "ActiveState": "active"]
            all.merge(properties) { $1 }
            all.merge(changes[name] ?? [:]) { $1 }
            return all.map { "\($0)=\($1)" }.joined(separator: "\n")
        }
        return UnitCheck(
            option: option,
            wakePath: "/var/lib/flower/wake",
            text: blocks.joined(separator: "\n\n") + "\n",
            settings: Dictionary(
                uniqueKeysWithValues: UnitCheck.services.map {
                    ($0, "[Service]\n# WatchdogSec=1\nWatchdogSec=60s\n\n\(dropIn[$0] ?? "")\n")
                }
            )
        ).findings
    }

    @Test func `units that are all well are told in a line each`() {
        #expect(
            Self.units() == [
                .good("units", "installed"), .good("enabled", "flower.target starts at boot"),
                .good("active", "the scheduler and the runner's wake-up and timer"),
                .good("watchdog", "one that makes no progress is restarted"),
                .good("wake-up", "/var/lib/flower/wake starts the runner"),
            ]
        )
    }

    @Test func `what one command mends is one thing`() {
        var changes = [
            "flower.target": ["UnitFileState": "disabled", "ActiveState": "inactive"],
            "flower-scheduler.service": ["ActiveState": "inactive"],
            "flower-run.path": ["ActiveState": "inactive"],
            "flower-run.timer": ["ActiveState": "inactive"],
        ]
        let installed = Self.units(changes).filter { $0.state == .missing }
        #expect(
            installed == [
                .missing(
                    "enabled",
                    "flower.target is disabled: nothing of it runs, now or after a boot",
                    "systemctl enable --now flower.target"
                )
            ]
        )
        changes["flower.target"] = ["ActiveState": "inactive"]
        let stopped = Self.units(changes).filter { $0.state == .missing }
        #expect(
            stopped == [
                .missing(
                    "active",
                    "flower.target is not active",
                    "systemctl start flower.target"
                )
            ]
        )
        // What has failed is another thing.
        changes["flower-run.path"] = ["ActiveState": "failed"]
        let failed = Self.units(changes).filter { $0.state == .missing }
        #expect(failed.map(\.subject) == ["active", "active"])
        #expect(failed.last?.message == "flower-run.path has failed ()")
    }

    struct Fault: Sendable {
        let unit: String
        let property: String
        let value: String
        let finding: DoctorFinding

        init(_ unit: String, _ property: String, _ value: String, _ finding: DoctorFinding) {
            self.unit = unit
            self.property = property
            self.value = value
            self.finding = finding
        }
    }

    @Test(
        arguments: [
            Fault(
                "flower-run.path",
                "LoadState",
                "not-found",
                .missing(
                    "units",
                    "systemd does not know flower-run.path",
                    "install Flower (its package, or make install), then systemctl daemon-reload"
                )
            ),
            Fault(
                "flower-run.service",
                "NeedDaemonReload",
                "yes",
                .missing(
                    "units",
                    "changed since systemd has read them",
                    "systemctl daemon-reload"
                )
            ),
            Fault(
                "flower.target",
                "UnitFileState",
                "disabled",
                .missing(
                    "enabled",
                    "flower.target is disabled: nothing starts at boot",
                    "systemctl enable --now flower.target"
                )
            ),
            Fault(
                "flower-scheduler.service",
                "ActiveState",
                "inactive",
                .missing(
                    "active",
                    "flower-scheduler.service is not active",
                    "systemctl start flower.target"
                )
            ),
            Fault(
                "flower-run.path",
                "ActiveState",
                "failed",
                .missing(
                    "active",
                    "flower-run.path has failed ()",
                    "journalctl -u flower-run.path -n 20 tells why;"
                        + " then systemctl restart flower-run.path"
                )
            ),
            Fault(
                "flower-run.path",
                "Paths",
                "/srv/wake (PathExists)",
                .missing(
                    "wake-up",
                    "flower-run.path watches /srv/wake (PathExists), not /var/lib/flower/wake",
                    "systemctl edit flower-run.path: [Path], PathExists=,"
                        + " PathExists=/var/lib/flower/wake"
                )
            ),
        ]
    )
    func `what is wrong with a unit is told, with its remedy`(fault: Fault) {
        let findings = Self.units([fault.unit: [fault.property: fault.value]])
        #expect(findings.filter { $0.state != .good } == [fault.finding])
    }

    @Test(
        arguments: [
            ("flower-run.service", "WatchdogSec=0"), ("flower-scheduler.service", "WatchdogSec="),
            ("flower-run.service", "WatchdogSec=infinity"),
        ]
    )
    func `a service without a watchdog is told`(service: String, setting: String) {
        let findings = Self.units(dropIn: [service: "[Service]\n\(setting)"])
        #expect(
            findings.filter { $0.state != .good } == [
                .missing(
                    "watchdog",
                    "\(service) is not watched: one that hangs stays so",
                    "take WatchdogSec= out of its drop-ins: systemctl cat \(service)"
                )
            ]
        )
        let other = Self.units(dropIn: [service: "[Service]\nWatchdogSec=2min"])
        #expect(other.allSatisfy { $0.state == .good })
    }

    @Test func `a tick timer is in the place of the scheduler`() {
        let findings = Self.units([
            "flower-tick.timer": ["ActiveState": "active"],
            "flower-scheduler.service": [
                "ActiveState": "inactive", "LoadState": "masked",
            ],
        ])
        #expect(findings.allSatisfy { $0.state == .good })
        let active = findings.first { $0.subject == "active" }
        #expect(active?.message == "flower-tick.timer and the runner's wake-up and timer")
    }

    @Test func `a path unit that is masked is told and no fault`() {
        let findings = Self.units([
            "flower-run.path": ["ActiveState": "inactive", "LoadState": "masked"]
        ])
        #expect(
            findings.filter { $0.state != .good } == [
                .note(
                    "active",
                    "flower-run.path is masked: work waits up to a minute",
                    "systemctl unmask flower-run.path"
                )
            ]
        )
    }

    @Test func `a user's remedies are for the user's manager`() {
        let findings = Self.units(
            ["flower.target": ["UnitFileState": "disabled"]],
            option: " --user"
        )
        let enabled = findings.first { $0.subject == "enabled" }
        #expect(enabled?.remedy == "systemctl --user enable --now flower.target")
    }

    // MARK: - The state folder

    @Test func `a state folder's modes are looked at`() throws {
        let fixture = try CommandFixture(isBare: true)
        let check = FolderCheck(folder: fixture.state, isSystem: false)
        #expect(check.findings.map(\.state) == [.note])
        try fixture.apply(.diamond)
        #expect(check.findings.allSatisfy { $0.state == .good })

        let path = fixture.state.path
        #expect(chmod(path, 0o755) == 0)
        #expect(
            check.findings.filter { $0.state != .good } == [
                .missing("modes", "\(path) has mode 755", "chmod 700 \(path)")
            ]
        )
        #expect(chmod(path, 0o700) == 0)
        let database = fixture.state.databasePath
        #expect(chmod(database, 0o644) == 0)
        #expect(
            check.findings.filter { $0.state != .good } == [
                .missing("modes", "\(database) is open to others", "chmod o= \(database)")
            ]
        )
        // A folder that a group shares has other modes.
        #expect(chmod(database, 0o660) == 0 && chmod(path, 0o2770) == 0)
        #expect(check.findings.allSatisfy { $0.state == .good })
    }

    // MARK: - Mail

    @Test func `sendmail is asked for where a flow wants it`() throws {
        #expect(HostCheck.sendmail("/nowhere", isNeeded: false) == [])
        #expect(HostCheck.sendmail("/bin/sh", isNeeded: true) == [.good("mail", "/bin/sh")])
        let finding = try #require(HostCheck.sendmail("/nowhere", isNeeded: true).first)
        #expect(finding.state == .missing)
        #expect(finding.message == "flows have 'notify', and there is no /nowhere")

        let fixture = try CommandFixture()
        let store = try fixture.apply(.diamond)
        #expect(try !store.usesMail())
        var flow = Flow.nothing(["only": []], named: "mailing")
        flow.hooks = [.mail(to: ["ops@example.org"])]
        try fixture.apply(flow)
        #expect(try store.usesMail())
    }

    @Test func `libcurl is asked for where a flow's component needs it`() throws {
        #expect(HostCheck.libcurl([], isThere: { false }) == [])
        let good = HostCheck.libcurl(["a"], isThere: { true })
        #expect(good == [.good("HTTP", "there is a libcurl")])
        let finding = try #require(HostCheck.libcurl(["a", "b"], isThere: { false }).first)
        #expect(
            finding.state == .missing && finding.remedy == "apt install libcurl4 ca-certificates"
        )
        #expect(finding.message.hasSuffix("older than 7.68; tasks of 2 flows fail for it: a, b"))

        let fixture = try CommandFixture()
        let store = try fixture.apply(.diamond)
        #expect(try store.flows(using: HTTPLibrary.components) == [])
        for name in HTTPLibrary.components {
            let with: JSONValue = .object(["url": .string("http://127.0.0.1/")])
            var flow = Flow.nothing(["ask": []], named: "asking-\(name)")
            flow.tasks[0].action = .component(name: name, with: with)
            try fixture.apply(flow)
        }
        #expect(
            try store.flows(using: HTTPLibrary.components) == ["asking-http", "asking-http-post"]
        )
    }

    // MARK: - The command

    @Test func `findings are printed with their remedies`() {
        let findings: [DoctorFinding] = [
            .good("journal", "can be read"), .note("clock", "nobody keeps it right", "set-ntp"),
            .missing("zone data", "there is none", "apt install tzdata"),
        ]
        #expect(
            DoctorView.text(findings, colour: false) == """
                good     journal    can be read
                note     clock      nobody keeps it right
                                    → set-ntp
                missing  zone data  there is none
                                    → apt install tzdata

                1 thing to mend.

                """
        )
        #expect(
            DoctorView.text([findings[0]], colour: false).hasSuffix("\n\nNothing is missing.\n")
        )
        #expect(DoctorView.text(findings, colour: true).contains("\u{1B}["))
    }

    private struct Told: Decodable {
        let subject: String
        let state: String
        let message: String
        let remedy: String?
    }

    private static func told(_ fixture: CommandFixture) throws -> (ExitCode, [Told]) {
        let result = try fixture.flower("doctor", "-o", "json")
        let told = try JSONDecoder().decode([Told].self, from: Data(result.output.utf8))
        return (result.code, told)
    }

    /// Whatever this host lacks: 1 where something is missing, else 0.
    @Test func `the exit code says whether something is missing`() throws {
        let fixture = try CommandFixture()
        let (code, told) = try Self.told(fixture)
        let isMissing = told.contains { $0.state == "missing" }
        #expect(code == (isMissing ? .taskFailed : .success))
        #expect(told.allSatisfy { ($0.remedy == nil) == ($0.state == "good") })
        // Of a folder of one's own choice, which no unit works with.
        #expect(told.first?.message == "none of Flower's works with \(fixture.state.path)")
        #expect(!fixture.state.exists)
    }

    @Test func `a database that cannot be used is told`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        #expect(
            try Self.told(fixture).1.contains { $0.subject == "database" && $0.state == "good" }
        )
        try Data("no database".utf8).write(to: URL(fileURLWithPath: fixture.state.databasePath))
        let (code, told) = try Self.told(fixture)
        #expect(code == .taskFailed)
        let finding = try #require(told.first { $0.subject == "database" })
        #expect(finding.state == "missing" && finding.message.contains("not a SQLite database"))
    }
}
