import Cron
import Flows
import Storage
import Testing

@testable import FlowerKit

/// All that a schedule says, and when a run of it is to start: it is Mon 2026-11-23 21:22:00 +01:00.
@Suite struct ScheduleDetailTests {
    private func fixture() throws -> CommandFixture {
        let fixture = try CommandFixture()
        var flow = try Flow.hourly(
            "backup",
            overlap: .queue,
            timing: ScheduleTiming(
                catchUp: .all,
                catchUpWindow: .seconds(7200),
                deadline: .seconds(1800),
                jitter: .seconds(720),
                exceptions: [.date("2026-12-24"), .expression("* * 1 1 *")]
            )
        )
        flow.queueLimit = 7
        flow.parameters.append(Variable("token", "none"))
        flow.secrets = ["token"]
        flow.schedules[0].parameters = [Variable("region", "east"), Variable("token", "hush")]
        try fixture.apply(flow)
        return fixture
    }

    /// By flow and identity, and so for ever.
    private static let startText = "2026-11-23 22:06:00 +01:00"
    private static let startJSON = "2026-11-23T22:06:00.061+01:00"

    @Test func `show tells all of it`() throws {
        let output = try fixture().flower("show", "backup").output
        for text in [
            "overlap: queue, of which at most 7 runs wait\n",
            "SCHEDULE   CATCHUP  WINDOW  DEADLINE  JITTER  START   ",
            "0 * * * *  all      2h      30m       12m     Mon \(Self.startText)  region=east token='***'  ",
            "  2026-12-24, * * 1 1 *\n",
        ] {
            #expect(output.contains(text), "\(text)\n\(output)")
        }
        #expect(!output.contains("hush"))
    }

    @Test func `a schedule that says nothing shows what holds`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("plain"))
        let output = try fixture.flower("show", "plain").output
        #expect(
            output.contains("0 * * * *  latest   1d, or to the next  -         -       Mon 2026")
        )
        #expect(output.contains("overlap: skip\n"))
        #expect(try !fixture.flower("schedules").output.contains("START"))
    }

    @Test(arguments: [["schedules"], ["show", "backup"]])
    func `JSON tells all of it`(command: [String]) throws {
        let output = try fixture().flower(command + ["-o", "json"]).output
        for text in [
            "\"catchup\" : \"all\"", "\"catchup_window_ms\" : 7200000", "\"deadline_ms\" : 1800000",
            "\"jitter_ms\" : 720000", "\"* * 1 1 *\"", "\"2026-12-24\"", "\"region\" : \"east\"",
            "\"token\" : \"***\"", "\"start_at\" : \"\(Self.startJSON)\"",
            "\"next_at\" : \"2026-11-23T22:00:00+01:00\"",
        ] {
            #expect(output.contains(text), "\(text)\n\(output)")
        }
        #expect(!output.contains("hush"))
        if command.count > 1 { #expect(output.contains("\"queue_limit\" : 7")) }
    }

    @Test func `the planned start stands beside the due time`() throws {
        let fixture = try fixture()
        for list in ["schedules", "next"] {
            let output = try fixture.flower(list).output
            #expect(output.contains("START"), "\(output)")
            #expect(output.contains("Mon \(Self.startText)"), "\(output)")
        }
        let next = try fixture.flower("next", "-n", "1", "-o", "json").output
        #expect(next.contains("\"start_at\" : \"\(Self.startJSON)\""), "\(next)")
        // A run of it that waits, and one that no schedule made.
        try fixture.tick(afterSeconds: 45 * 60)
        let status = try fixture.flower("status", "1").output
        #expect(status.contains("due: Mon 2026-11-23 22:00:00 +01:00\n"), "\(status)")
        #expect(status.contains("to start: Mon \(Self.startText), by its jitter\n"), "\(status)")
        #expect(status.contains("start by: Mon 2026-11-23 22:30:00 +01:00\n"), "\(status)")
        let json = try fixture.flower("status", "1", "-o", "json").output
        #expect(json.contains("\"start_at\" : \"\(Self.startJSON)\""), "\(json)")
        #expect(json.contains("\"start_by\" : \"2026-11-23T22:30:00+01:00\""), "\(json)")
        try fixture.flower("register", "backup")
        let other = try fixture.flower("status", "2").output
        #expect(!other.contains("to start:") && !other.contains("start by:"))
    }

    @Test func `a fault is told with its remedy`() throws {
        let fixture = try CommandFixture()
        var flow = try Flow.hourly("backup")
        flow.schedules[0].timezone = "Mars/Base"
        let store = try fixture.apply(flow)
        let problem = "is not used: '0 * * * *': no zone 'Mars/Base'"
        for list in [["flows"], ["schedules"], ["show", "backup"], ["check"]] {
            let output = try fixture.flower(list).output
            #expect(output.contains(problem), "\(list) \(output)")
        }
        #expect(try fixture.flower("flows").output.contains("  faulty"))
        #expect(try fixture.flower("check").code == .unusable)
        let findings = try ScheduleCheck.findings(store)
        #expect(findings.map(\.state) == [.missing])
        #expect(findings[0].message.contains(problem))
        #expect(findings[0].remedy?.isEmpty == false)
    }
}
