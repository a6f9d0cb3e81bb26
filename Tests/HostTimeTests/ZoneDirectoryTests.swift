import Cron
import Testing

@testable import HostTime

@Suite struct ZoneDirectoryTests {
    @Test func `a zone of the host gives its offset`() throws {
        let zone = try ZoneDirectory.host.zone(named: "Asia/Tokyo")
        #expect(zone.offset(at: Instant(seconds: 0)) == 9 * 3600)
    }

    static let badNames = [
        "", "/etc/passwd", "../zoneinfo/UTC", "Asia/../UTC", "Asia//Tokyo", "Asia/", "./UTC",
        "Asia/Tokyo\0", "Asia Tokyo", "Ásia/Tokyo", String(repeating: "a", count: 256),
    ]

    @Test(arguments: badNames)
    func `a name that could lead out of the folder is refused`(name: String) {
        let refusal = #expect(throws: ZoneError.self) {
            try ZoneDirectory.host.zone(named: name)
        }
        guard case .badName = refusal else {
            Issue.record("\(name): \(String(describing: refusal))")
            return
        }
    }

    static let nearest = [
        ("Asia/Tokio", "Asia/Tokyo"), ("asia/tokyo", "Asia/Tokyo"), ("Tokyo", "Asia/Tokyo"),
        ("Europe/Lodnon", "Europe/London"), ("utc", "UTC"),
    ]

    @Test(arguments: nearest)
    func `an unknown name says the nearest known one`(name: String, nearest: String) {
        let refusal = #expect(throws: ZoneError.self) {
            try ZoneDirectory.host.zone(named: name)
        }
        #expect(
            refusal
                == .unknown(
                    name: name,
                    directory: ZoneDirectory.host.path,
                    nearest: nearest
                )
        )
    }

    @Test func `a place is found as people write it`() {
        #expect(ZoneDirectory.host.nearest(to: "new york") == "America/New_York")
    }

    @Test func `nothing like any zone has no hint`() {
        #expect(ZoneDirectory.host.nearest(to: "Mars/Olympus_Mons") == nil)
    }

    @Test func `a folder and a table are no zones`() {
        #expect(throws: ZoneError.self) { try ZoneDirectory.host.zone(named: "America") }
        #expect(throws: ZoneError.self) { try ZoneDirectory.host.zone(named: "zone.tab") }
    }

    @Test func `the list has the zones and nothing else`() {
        let names = ZoneDirectory.host.names()
        #expect(names.count > 300)
        #expect(names == names.sorted())
        #expect(names.contains("America/Argentina/Buenos_Aires"))
        #expect(!names.contains { $0.hasPrefix("right/") || $0 == "zone.tab" || $0 == "localtime" })
    }
}
