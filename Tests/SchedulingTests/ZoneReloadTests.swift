import Cron
import Flows
import Foundation
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// An update of the host's zone data while a scheduler runs.
@Suite struct ZoneReloadTests {
    let folder: TemporaryFolder
    let zones: ZoneDirectory
    let store: Store
    /// 2026-11-02T10:00:00Z
    let clock = FakeClock(Instant(seconds: 1_793_613_600))

    init() throws {
        folder = try TemporaryFolder()
        zones = ZoneDirectory(path: folder.path + "/zoneinfo")
        store = try Store.open(StateFolder(path: folder.path + "/state"), create: true)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/zoneinfo/Here",
            withIntermediateDirectories: true
        )
    }

    /// As dpkg(1) does it: written beside it, then renamed.
    func install(_ zone: String) throws {
        let draft = folder.path + "/zoneinfo/Here/Town.dpkg-new"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(zone)"))
        try bytes.write(to: URL(fileURLWithPath: draft))
        try #require(rename(draft, folder.path + "/zoneinfo/Here/Town") == 0)
    }

    func apply() throws {
        let schedule = ScheduleSpec(
            text: "0 12 * * *",
            expression: try CronExpression("0 12 * * *", hashID: "noon"),
            timezone: "Here/Town"
        )
        let flow = Flow(
            name: "noon",
            schedules: [schedule],
            overlap: .allow,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/noon.yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    @Test func `next fires follow the new rules, and nothing fires for the past`() throws {
        try install("UTC")
        try apply()
        let scheduler = Scheduler(store: store, zones: zones, clock: clock, boot: nil)
        _ = try scheduler.turn()
        #expect(scheduler.nextFireAt == Instant(seconds: clock.now.seconds + 2 * 3600))
        // Noon in Tokyo was at 03:00Z, before anybody knew.
        try install("Asia/Tokyo")
        scheduler.reloadZones()
        #expect(try scheduler.turn().isEmpty)
        #expect(scheduler.nextFireAt == Instant(seconds: clock.now.seconds + 17 * 3600))
        // Back west: noon in Berlin is 11:00Z, still to come.
        try install("Europe/Berlin")
        scheduler.reloadZones()
        #expect(try scheduler.turn().isEmpty)
        #expect(scheduler.nextFireAt == Instant(seconds: clock.now.seconds + 3600))
        clock.advance(seconds: 3600)
        #expect(try scheduler.turn().map(\.outcome) == [.registered])
    }

    @Test func `a zone file's replacement is told, and other files are not`() throws {
        try install("UTC")
        _ = try zones.zone(named: "Here/Town")
        let watch = try ZoneWatch(zones)
        #expect(!watch.take())
        try install("Asia/Tokyo")
        #expect(watch.take())
        #expect(!watch.take())
        #expect(try zones.zone(named: "Here/Town").name == "Here/Town")
    }
}
