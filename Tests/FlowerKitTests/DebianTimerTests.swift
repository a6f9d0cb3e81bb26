import Cron
import Execution
import FlowFiles
import Foundation
import HostFiles
import HostTime
import TestSupport
import Testing

@testable import FlowerKit
@testable import Scheduling

/// All timers of some 40 Debian packages, imported, against systemd's own answers.
///
/// `FLOWER_UNITS` names the folder into which `Tests/Support/debian-files.sh` has fetched them (`make test`
/// does). Elsewhere the suite says that it cannot run; it fails for it only where `FLOWER_REQUIRE` lists
/// `units`.
@Suite struct DebianTimerTests {
    /// Of one package's timer.
    struct Timer {
        let package: String
        let path: String
        /// Of a template an instance that could be.
        let imported: String
        let events: [String]
    }

    private static let timers: [Timer]? = {
        let folder = ProcessInfo.processInfo.environment["FLOWER_UNITS"] ?? ""
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        let paths = (names ?? []).filter { $0.hasSuffix(".timer") }.sorted()
        if !folder.isEmpty, !paths.isEmpty {
            return paths.map { path in
                let text = (try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)) ?? ""
                let events = text.split(separator: "\n").filter { $0.hasPrefix("OnCalendar=") }
                    .map { $0.dropFirst("OnCalendar=".count).trimmingCharacters(in: .whitespaces) }
                return Timer(
                    package: String(path.prefix { $0 != "/" }),
                    path: "\(folder)/\(path)",
                    imported: "\(folder)/\(path)".replacing("@.timer", with: "@main.timer"),
                    events: events
                )
            }
        }
        print("!!! Debian's timers: CANNOT RUN, no units in FLOWER_UNITS (make test) !!!")
        let required = ProcessInfo.processInfo.environment["FLOWER_REQUIRE"] ?? ""
        if required.split(separator: ",").contains("units") {
            Issue.record("FLOWER_REQUIRE names units, and there are none")
        }
        return nil
    }()

    /// The schedules of a timer, whatever becomes of its service, and what is said of them.
    private func schedules(
        of timer: Timer,
        in zone: Zone,
        at now: Instant
    ) throws -> (schedules: [TimerFlow.Schedule], findings: UnitFindings) {
        let name = try #require(UnitName(String(timer.imported.split(separator: "/").last ?? "")))
        let unit = try UnitFolders(paths: []).unit(name, at: timer.path)
        var schedules = TimerSchedules(unit: unit, now: now, hostZone: zone)
        var findings = UnitFindings()
        schedules.read(&findings)
        #expect(findings.faults == 0, "\(timer.path): \(findings.diagnostics)")
        return (schedules.schedules, findings)
    }

    /// Due times after an instant, up to one, without those that `except:` takes out.
    private func fires(
        _ schedule: TimerFlow.Schedule,
        in zone: Zone,
        after start: Instant,
        through end: Instant = Instant(seconds: .max / 2000),
        count: Int
    ) throws -> [Instant] {
        let expression = try CronExpression(schedule.cron)
        let exception = try schedule.except.map { try CronExpression($0) }
        var found: [Instant] = []
        var at = start
        while found.count < count, let next = expression.next(after: at, in: zone),
            next <= end
        {
            at = next
            let minute = Instant(seconds: next.seconds - next.seconds % 60)
            let before = Instant(seconds: minute.seconds - 1)
            if exception?.next(after: before, in: zone) != minute { found.append(next) }
        }
        return found
    }

    /// systemd's own: `systemd-analyze calendar`.
    private func elapses(
        _ event: String,
        zone: String,
        after start: Instant,
        count: Int
    ) throws -> [Instant] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/systemd-analyze")
        let base = start.iso8601().prefix(19).replacing("T", with: " ")
        process.arguments = [
            "calendar", "--iterations=\(count)", "--base-time=\(base) UTC", event,
        ]
        process.environment = ["TZ": zone, "LC_ALL": "C"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(event)")
        return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
            line -> Instant? in
            let words = line.split(separator: " ")
            guard words.last == "UTC",
                line.contains("elapse:") || line.contains("Iter. #")
                    || line.contains("(in UTC):")
            else { return nil }
            return try Instant(iso8601: "\(words[words.count - 3])T\(words[words.count - 2])Z")
        }
    }

    @Test func `the next 50 fires of each are systemd's`() throws {
        guard let timers = Self.timers else { return }
        #expect(Set(timers.map(\.package)).count >= 40)
        let start = try Instant(iso8601: "2026-12-01T12:34:56Z")
        var events = 0
        for timer in timers where !timer.events.isEmpty {
            let schedules = try schedules(of: timer, in: .utc, at: start).schedules
                .filter { !$0.cron.hasPrefix("@") }
            #expect(schedules.count == timer.events.count, "\(timer.path)")
            for (schedule, event) in zip(schedules, timer.events) {
                let theirs = try elapses(event, zone: "UTC", after: start, count: 50)
                #expect(theirs.count == 50, "\(event)")
                let ours = try fires(schedule, in: .utc, after: start, count: 50)
                #expect(ours == theirs, "\(timer.path): \(event)")
                events += 1
            }
        }
        print("\(events) calendar events of \(timers.count) timers compared, 50 fires each")
        #expect(events >= 50)
    }
    /// Days about both changes of a zone, and what may be different: local times that are skipped are made up
    /// for at the change, those that come twice are due twice. Each is told by `import`.
    static let changes: [(zone: String, from: String, through: String)] = [
        ("Europe/Berlin", "2027-03-26T23:00:00Z", "2027-03-30T00:00:00Z"),
        ("Europe/Berlin", "2027-10-29T22:00:00Z", "2027-11-02T00:00:00Z"),
        ("America/Havana", "2027-03-12T05:00:00Z", "2027-03-16T00:00:00Z"),
        ("America/Havana", "2027-11-05T04:00:00Z", "2027-11-09T00:00:00Z"),
    ]

    @Test(arguments: changes)
    func `at a clock change only what is told differs`(
        change: (zone: String, from: String, through: String)
    ) throws {
        guard let timers = Self.timers else { return }
        let zone = try ZoneDirectory.host.zone(named: change.zone)
        let (from, through) = (
            try Instant(iso8601: change.from), try Instant(iso8601: change.through)
        )
        let at = zone.segment(at: from.seconds).end
        let day = String(Instant(seconds: at).iso8601(in: zone).prefix(10))
        var told: [String] = []
        for timer in timers where !timer.events.isEmpty {
            let (schedules, findings) = try schedules(of: timer, in: zone, at: from)
            for (schedule, event) in zip(schedules, timer.events) {
                let theirs = try elapses(event, zone: change.zone, after: from, count: 600)
                    .filter { $0 <= through }
                let ours = try fires(
                    schedule,
                    in: zone,
                    after: from,
                    through: through,
                    count: 10_000
                )
                #expect(Set(theirs).isSubset(of: ours), "\(timer.path): \(event)")
                let extra = ours.filter { !theirs.contains($0) }
                // At the change, or in the hour that comes a second time.
                #expect(extra.allSatisfy { (at...at + 3600).contains($0.seconds) }, "\(event)")
                let isTold = findings.diagnostics.contains { diagnostic in
                    diagnostic.message.hasPrefix("OnCalendar: ")
                        && diagnostic.message.contains(day)
                }
                #expect(extra.isEmpty || isTold, "\(timer.path): \(event)")
                if !extra.isEmpty { told.append(event) }
            }
        }
        print("\(change.zone) \(change.from.prefix(10)): \(told.count) events differ: \(told)")
    }
    /// Of which nothing is lost but who ran it, which `ran_as` keeps. More than these may be.
    static let whole: Set<String> = [
        "apt-daily", "apt-show-versions", "atop-rotate", "btrbk", "btrfs-balance", "btrfs-defrag",
        "btrfs-scrub", "dpkg-db-backup", "exim4-base", "liblemonldap-ng-handler-perl", "lynis",
        "mdcheck_continue", "ocsinventory-agent", "prometheus-node-exporter-apt", "sitesummary",
        "sysstat-collect", "sysstat-summary",
    ]

    @Test func `each becomes a good flow, or is refused for what it starts`() throws {
        guard let timers = Self.timers else { return }
        let folder = try TemporaryFolder()
        var refused: [String] = []
        var whole: Set<String> = []
        for timer in timers {
            var reading = TimerImport(
                path: timer.imported,
                account: Account(name: "root", home: "/root"),
                now: Fixture.now,
                zone: .utc
            )
            let flow = reading.flow()
            let lost = reading.findings.diagnostics.filter {
                $0.severity == .warning && !$0.message.contains("will run as")
            }
            if let flow, lost.isEmpty { whole.insert(flow.name) }
            guard let flow else {
                let faults = reading.findings.diagnostics.filter(\.isFault)
                #expect(!faults.isEmpty, "\(timer.path)")
                refused += faults.map(\.message)
                continue
            }
            // Two packages may have timers of one name.
            let path = "\(folder.path)/\(timer.package)-\(flow.name)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try flow.yaml.write(toFile: "\(path)/a.yaml", atomically: true, encoding: .utf8)
            let fixture = try CommandFixture()
            let result = try fixture.flower("validate", path)
            #expect(result.code == .success, "\(timer.path): \(result.errors)")
        }
        print(
            "of \(timers.count) timers \(whole.count) whole, \(refused.count) refused: \(refused)"
        )
        #expect(Self.whole.isSubset(of: whole), "\(Self.whole.subtracting(whole).sorted())")
        // What starts a target starts units, and has no commands.
        #expect(refused.allSatisfy { $0.contains(".target is no service") })
    }
}
