import Cron
import Foundation
import TestSupport
import Testing

@testable import HostTime

/// Zones that have gone from a host whose zone data still knows their names, as Debian 13's does.
@Suite struct FormerZoneTests {
    let folder: TemporaryFolder
    let zones: ZoneDirectory

    /// With a link to a link, and a zone whose file is not there.
    static let table = """
        # version 2026c
        R d 1916 o - Jun 14 23s 1 S
        Z Europe/Kyiv 2:2:4 - LMT 1880
        2 - EET 1924 May 2
        Z EST5EDT -5 u E%sT
        L Europe/Kyiv Europe/Kiev
        L Europe/Kiev Europe/Old
        L Asia/Kolkata Asia/Calcutta
        """

    init() throws {
        folder = try TemporaryFolder()
        zones = ZoneDirectory(path: folder.path)
        for name in ["Europe/Kyiv", "Europe/Kirov", "Asia/Kolkata"] { try install(name) }
        try Data(Self.table.utf8).write(to: URL(fileURLWithPath: folder.path + "/tzdata.zi"))
    }

    private func install(_ name: String) throws {
        let path = "\(folder.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try FileManager.default.copyItem(atPath: "/usr/share/zoneinfo/\(name)", toPath: path)
    }

    static let former: [(String, present: String?)] = [
        ("Europe/Kiev", "Europe/Kyiv"), ("Europe/Old", "Europe/Kyiv"),
        ("Asia/Calcutta", "Asia/Kolkata"), ("EST5EDT", nil),
    ]

    @Test(arguments: former)
    func `a former name is told with the present one`(name: String, present: String?) throws {
        let fault = zones.fault(of: name)
        #expect(fault == .former(name: name, directory: folder.path, present: present))
        let hint = try #require(fault?.hint)
        #expect(hint.hasSuffix("'\(name)' back: apt install tzdata-legacy"))
        #expect(present.map { hint.contains("write '\($0)'") } ?? true)
    }

    @Test func `a former name is a zone once the package is there`() throws {
        #expect(zones.fault(of: "Europe/Kiev") != nil)
        try install("Europe/Kiev")
        #expect(zones.fault(of: "Europe/Kiev") == nil)
        #expect(try zones.zone(named: "Europe/Kiev").name == "Europe/Kiev")
    }

    /// Europe/Kirov is as near to the first by its letters.
    @Test(arguments: ["Europe/Kiew", "europe/kiev", "kiev"])
    func `a mistyped former name leads to the present one`(name: String) {
        #expect(zones.nearest(to: name) == "Europe/Kyiv")
    }

    @Test func `a name that nobody knows has the nearest, and without a table too`() throws {
        let unknown = ZoneError.unknown(
            name: "Europe/Kirow",
            directory: folder.path,
            nearest: "Europe/Kirov"
        )
        #expect(zones.fault(of: "Europe/Kirow") == unknown)
        try FileManager.default.removeItem(atPath: folder.path + "/tzdata.zi")
        #expect(zones.fault(of: "Europe/Kirow") == unknown)
        #expect(zones.fault(of: "Mars/Olympus_Mons")?.hint == nil)
    }

    @Test func `a run's zone that went away is told by its present name`() throws {
        let zone = try HostZone.ofRun("Europe/Kiev", in: zones)
        #expect(zone.name == "Europe/Kyiv")
        // A copy at /etc/localtime has no other name than its path.
        let copy = try HostZone.ofRun(folder.path + "/Asia/Kolkata", in: zones)
        #expect(copy.offset(at: Instant(seconds: 0)) == 19_800)
    }

    @Test func `the caller's TZ is for showing`() throws {
        setenv("TZ", "Asia/Kolkata", 1)
        defer { unsetenv("TZ") }
        #expect(try HostZone.shown(in: zones).name == "Asia/Kolkata")
        #expect(try HostZone.current().name == HostZone(tz: nil, directory: .host).find().name)
        #expect(try HostZone.current().name != "Asia/Kolkata")
    }
}
