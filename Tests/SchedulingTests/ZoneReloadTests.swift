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

    func apply(_ name: String = "noon") throws {
        let schedule = ScheduleSpec(
            text: "0 12 * * *",
            expression: try CronExpression("0 12 * * *", hashID: name),
            timezone: "Here/Town"
        )
        let flow = Flow(
            name: name,
            schedules: [schedule],
            overlap: .allow,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/\(name).yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    /// Alberta in November 2026: clocks are not set back, a day after they were to be.
    @Test(arguments: [false, true])
    func `a due time that an update moves into the past is made up for`(restarts: Bool) throws {
        let noon: Int64 = 1_793_620_800
        let former = MadeUpZone(
            first: -6 * 3600,
            changes: [.init(at: noon - 86_400, offset: -7 * 3600)]
        )
        try former.install(path)
        clock.now = Instant(seconds: noon)
        try apply()
        var scheduler = Scheduler(store: store, zones: zones, clock: clock, boot: nil)
        _ = try scheduler.turn()
        #expect(scheduler.nextFireAt == Instant(seconds: noon + 7 * 3600))
        // 18:30Z: noon was at 18:00Z, as the update says.
        clock.advance(seconds: 6 * 3600 + 1800)
        try MadeUpZone(first: -6 * 3600).install(path)
        if restarts {
            let zones = ZoneDirectory(path: folder.path + "/zoneinfo")
            scheduler = Scheduler(store: store, zones: zones, clock: clock, boot: nil)
        } else {
            scheduler.reloadZones()
        }
        let fires = try scheduler.turn()
        #expect(fires.map(\.dueAt.seconds) == [noon + 6 * 3600])
        #expect(fires.map(\.outcome) == [.registered])
        #expect(scheduler.nextFireAt == Instant(seconds: noon + 30 * 3600))
    }

    @Test func `next fires follow the new rules, and nothing fires from before it was applied`()
        throws
    {
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

    private var path: String { folder.path + "/zoneinfo/Here/Town" }

    @Test func `a zone that goes, and one that comes, are told`() throws {
        try install("UTC")
        _ = try zones.zone(named: "Here/Town")
        #expect(throws: ZoneError.self) { try zones.zone(named: "There/Village") }
        let watch = try ZoneWatch(zones)
        #expect(unlink(path) == 0)
        #expect(watch.take())
        watch.follow()
        try install("UTC")
        #expect(watch.take())
        watch.follow()
        // Its folder was not there.
        try MadeUpZone(first: 0).install(folder.path + "/zoneinfo/There/Village")
        #expect(watch.take())
        watch.follow()
        try MadeUpZone(first: 3600).install(folder.path + "/zoneinfo/There/Village")
        #expect(watch.take())
        #expect(!watch.hasChanged())
    }

    @Test func `what a zone's file leads to is what counts`() throws {
        let manager = FileManager.default
        try MadeUpZone(first: 0).install(folder.path + "/zoneinfo/Real/City")
        try manager.createSymbolicLink(atPath: path, withDestinationPath: "../Real/City")
        _ = try zones.zone(named: "Here/Town")
        let watch = try ZoneWatch(zones)
        try MadeUpZone(first: 3600).install(folder.path + "/zoneinfo/Real/City")
        #expect(watch.take())
    }

    @Test func `a folder that is a link and leads elsewhere is seen at the next look`() throws {
        let manager = FileManager.default
        for (name, offset) in [("a", Int64(0)), ("b", 3600)] {
            try MadeUpZone(first: offset).install("\(folder.path)/\(name)/Town")
        }
        let link = folder.path + "/current"
        try manager.createSymbolicLink(atPath: link, withDestinationPath: "a")
        let zones = ZoneDirectory(path: link)
        _ = try zones.zone(named: "Town")
        let watch = try ZoneWatch(zones)
        #expect(!watch.hasChanged())
        try manager.createSymbolicLink(atPath: link + "-new", withDestinationPath: "b")
        try #require(rename(link + "-new", link) == 0)
        #expect(watch.hasChanged())
        watch.follow()
        #expect(!watch.hasChanged())
    }

    // MARK: - Faults

    @Test func `a schedule whose zone goes is told, and made up for when it comes back`() throws {
        try install("UTC")
        try apply()
        let scheduler = Scheduler(store: store, zones: zones, clock: clock, boot: nil)
        _ = try scheduler.turn()
        #expect(scheduler.takeFaultChanges().faulty.isEmpty)
        #expect(unlink(path) == 0)
        scheduler.reloadZones()
        _ = try scheduler.turn()
        let faulty = scheduler.takeFaultChanges().faulty
        #expect(faulty.map(\.flow) == ["noon"])
        #expect(scheduler.takeFaultChanges().faulty.isEmpty, "it is told once")
        #expect(scheduler.nextFireAt == nil)
        let events = SchedulerLoop.bulletins(of: (faulty, []), "0123abcd").compactMap(\.event)
        #expect(events.map(\.kind) == [.scheduleFaulty])
        #expect(
            events[0].text.hasPrefix("a schedule of flow 'noon' is not used: '0 12 * * *': no zone")
        )
        // Two noons later.
        clock.advance(seconds: 30 * 3600)
        #expect(try scheduler.turn().isEmpty)
        try install("UTC")
        scheduler.reloadZones()
        #expect(try scheduler.turn().map(\.outcome) == [.missed, .registered])
        #expect(scheduler.takeFaultChanges().mended.map(\.flow) == ["noon"])
        #expect(scheduler.takeFaultChanges().mended.isEmpty)
    }

    static let spoilt: [(sql: String, problem: String)] = [
        ("cron = 'nonsense'", "'nonsense': "), ("cron = '61 * * * *'", "61 is out of range"),
        ("cron = 'TZ=Mars/Base 0 * * * *'", "no zone 'Mars/Base'"),
        ("timezone = 'Mars/Base'", "no zone 'Mars/Base'"), ("timezone = ''", "is not a zone name"),
        ("timezone = '../secret'", "is not a zone name"),
        ("jitter_ms = 9223372036854775807", "its jitter_ms is out of range: it is 0 to 3"),
        ("deadline_ms = 9223372036854775807", "its deadline_ms is out of range: it is 0 to 3"),
    ]

    @Test(arguments: spoilt)
    func `a schedule spoilt with SQL is told, and the others go on`(
        sql: String,
        problem: String
    ) throws {
        try check(problem, "UPDATE schedule SET \(sql) WHERE id = 1")
    }

    static let exceptions = [
        ("2026-13-45", "no day"), ("Christmas", "no day"), ("* * 99 * *", "99"),
        ("TZ=UTC * * 1 1 *", "the schedule's own zone"), ("@every 1h", "the schedule's own zone"),
    ]

    @Test(arguments: exceptions)
    func `an exception spoilt with SQL is told`(text: String, problem: String) throws {
        try check(problem, "INSERT INTO schedule_except VALUES (1, 0, '\(text)')")
    }

    private func check(_ problem: String, _ sql: String) throws {
        try install("UTC")
        try apply()
        try apply("other")
        #expect(try store.shell(sql).isEmpty)
        let scheduler = Scheduler(store: store, zones: zones, clock: clock, boot: nil)
        _ = try scheduler.turn()
        let faults = scheduler.faults
        #expect(faults.map(\.flow) == ["noon"])
        #expect(faults.first?.problem.contains(problem) == true, "\(faults)")
        #expect(faults.first?.remedy.isEmpty == false)
        #expect(ScheduleFault.all(in: try store.schedules(), zones: zones) == faults)
        clock.advance(seconds: 2 * 3600)
        #expect(try scheduler.turn().map(\.flow) == ["other"])
    }
}
