import HostTime
import Testing

@testable import Cron

@Suite struct InstantFormatTests {
    static let texts: [(text: String, milliseconds: Int64)] = [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T19:03:58-04:56:02", 0),
        ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.1239Z", 123),
        ("1970-01-01T00:00:00.0001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
        ("2000-02-29T12:00:00-00:00", 951_825_600_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ]

    @Test(arguments: texts)
    func `an instant is read`(text: String, milliseconds: Int64) throws {
        #expect(try Instant(iso8601: text).milliseconds == milliseconds)
    }

    static let refused = [
        "", "2026-03-29", "2026-03-29T02:00:00", "2026-03-29 02:00:00Z", "2026-3-29T02:00:00Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00z",
        "2026-01-01t00:00:00Z", "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00+26:00",
        "２026-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "2026-01-01T00Z",
    ]

    @Test(arguments: refused)
    func `what is not an instant is refused`(text: String) {
        #expect(throws: InstantFormatError.self) { try Instant(iso8601: text) }
    }

    static let shown: [(milliseconds: Int64, zone: String, text: String)] = [
        (0, "UTC", "1970-01-01T00:00:00+00:00"), (0, "Asia/Kathmandu", "1970-01-01T05:30:00+05:30"),
        (-1, "UTC", "1969-12-31T23:59:59.999+00:00"),
        (-2_713_914_000_000, "America/New_York", "1883-12-31T18:00:00-05:00"),
        (-3_000_000_000_000, "America/New_York", "1874-12-07T13:43:58-04:56:02"),
    ]

    @Test(arguments: shown)
    func `an instant is shown with its zone's offset`(
        milliseconds: Int64,
        zone: String,
        text: String
    ) throws {
        let instant = Instant(milliseconds: milliseconds)
        let zone = try ZoneDirectory.host.zone(named: zone)
        #expect(instant.iso8601(in: zone) == text)
        #expect(try Instant(iso8601: text) == instant)
    }

    @Test func `every date converts to a day number and back`() {
        var day = CivilDate(year: -401, month: 1, day: 1).daysSinceEpoch
        for year in -401...801 {
            for month in 1...12 {
                let isLeap = CivilDate.isLeap(year)
                let first = CivilDate(year: year, month: month, day: 1)
                #expect(first.daysSinceEpoch == day)
                #expect(CivilDate(daysSinceEpoch: day) == first)
                let january = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
                #expect(CivilDate.days(beforeMonth: month, isLeap: isLeap) == day - january)
                day += CivilDate.days(inMonth: month, isLeap: isLeap)
            }
        }
    }
}
