import HostTime
import Testing

@testable import Cron

@Suite struct ZoneTests {
    /// A TZif file, version 2, with one type for each offset and a footer.
    static func file(
        offsets: [Int32],
        times: [Int64],
        types: [UInt8],
        footer: String,
        version: UInt8 = 0x32,
        leaps: [(Int64, Int32)] = []
    ) -> [UInt8] {
        func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            withUnsafeBytes(of: value.bigEndian) { Array($0) }
        }
        func header(_ times: Int, _ offsets: Int, _ leaps: Int) -> [UInt8] {
            Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
                + [0, 0, leaps, times, offsets, 4].flatMap { bytes(Int32($0)) }
        }
        let types = times.isEmpty ? [] : types
        var file = header(0, 1, 0) + bytes(offsets[0]) + [0, 0] + Array("LMT\0".utf8)
        file += header(times.count, offsets.count, leaps.count) + times.flatMap(bytes) + types
        file += offsets.flatMap { bytes($0) + [0, 0] } + Array("LMT\0".utf8)
        file += leaps.flatMap { bytes($0.0) + bytes($0.1) }
        return file + Array("\n\(footer)\n".utf8)
    }

    private func offsets(_ zone: Zone, _ seconds: [Int64]) -> [Int64] {
        seconds.map { zone.offset(at: Instant(seconds: $0)) }
    }

    @Test func `a zone without rules has one segment for ever`() {
        let segment = Zone.utc.segment(at: 0)
        #expect(segment.offset == 0)
        #expect(segment.start < -(1 << 50))
        #expect(segment.end > 1 << 50)
    }

    @Test func `explicit changes hold from their second on`() throws {
        let bytes = Self.file(
            offsets: [3600, 7200],
            times: [100, 200],
            types: [1, 0],
            footer: ""
        )
        let zone = try Zone(name: "X", tzif: bytes)
        #expect(offsets(zone, [99, 100, 199, 200, 1 << 40]) == [3600, 7200, 7200, 3600, 3600])
    }

    @Test func `the footer holds after the last change, to the end of time`() throws {
        let bytes = Self.file(
            offsets: [-18000],
            times: [0],
            types: [0],
            footer: "EST5EDT,M3.2.0,M11.1.0"
        )
        let zone = try Zone(name: "X", tzif: bytes)
        for year in [1970, 2026, 2399, 2400, 2800, 9999, 30_000] {
            let january = CivilDate(year: year, month: 1, day: 15).daysSinceEpoch
            let july = CivilDate(year: year, month: 7, day: 15).daysSinceEpoch
            #expect(
                offsets(zone, [Int64(january) * 86_400, Int64(july) * 86_400]) == [-18000, -14400]
            )
        }
    }

    /// Footers, and the offsets on 1 January 2100 00:00Z and 1 July 2100 00:00Z.
    static let footers: [(footer: String, january: Int64, july: Int64)] = [
        ("UTC0", 0, 0), ("<+0330>-3:30", 12600, 12600), ("LMT-1:02:03", 3723, 3723),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200), ("IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", 39600, 36000),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600),
        ("QQQ3EDT4,0/0,J365/23", -14400, -14400), ("AAA-1BBB,J60,J300", 3600, 7200),
        ("AAA-1BBB-3:30,59/167,299/-167", 3600, 12600),
    ]

    @Test(arguments: footers)
    func `every form of a footer is read`(footer: String, january: Int64, july: Int64) throws {
        let bytes = Self.file(offsets: [0], times: [], types: [], footer: footer)
        let zone = try Zone(name: "X", tzif: bytes)
        #expect(offsets(zone, [4_102_444_800, 4_118_083_200]) == [january, july])
    }

    static let badFooters = [
        "UT0", "UTC", "UTC25", "UTC0:60", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J3", "EST5EDT,366,3",
        "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0,M11.1.0x", "<+03-3", ":UTC", "EST5EDT;1;2",
    ]

    @Test(arguments: badFooters)
    func `a bad footer is refused`(footer: String) {
        let bytes = Self.file(offsets: [0], times: [], types: [], footer: footer)
        #expect(throws: ZoneError.self) { try Zone(name: "X", tzif: bytes) }
    }

    @Test func `a file cut anywhere is refused, not read beyond`() {
        let whole = Self.file(
            offsets: [0, 3600],
            times: [1, 2],
            types: [1, 0],
            footer: "UTC0",
            leaps: [(78_796_800, 1)]
        )
        for count in 0..<whole.count {
            #expect(throws: ZoneError.self) { try Zone(name: "X", tzif: Array(whole[..<count])) }
        }
        #expect(throws: Never.self) { try Zone(name: "X", tzif: whole) }
    }

    @Test func `contradictions in a file are refused`() {
        let bad: [[UInt8]] = [
            Self.file(offsets: [0], times: [2, 1], types: [0, 0], footer: ""),
            Self.file(offsets: [0], times: [1], types: [1], footer: ""),
            Self.file(offsets: [93600], times: [], types: [], footer: ""),
            Self.file(offsets: [Int32.min], times: [], types: [], footer: ""),
            Self.file(offsets: [0], times: [], types: [], footer: "", version: 0x31),
            Self.file(
                offsets: [0],
                times: [1, 2],
                types: [0, 0],
                footer: "",
                leaps: [(2, 1000)]
            ),
        ]
        for bytes in bad {
            #expect(throws: ZoneError.self) { try Zone(name: "X", tzif: bytes) }
        }
    }

    @Test(arguments: ["Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Sydney"])
    func `the files with leap seconds mean the same`(name: String) throws {
        let posix = try ZoneDirectory.host.zone(named: name)
        let right = try ZoneDirectory.host.zone(named: "right/\(name)")
        var segment = posix.segment(at: 0)
        // They end with the list of leap seconds, which is known for a year or so ahead.
        while segment.end < 1_735_689_600 {
            #expect(right.segment(at: segment.start) == segment)
            segment = posix.segment(at: segment.end)
        }
    }

    @Test func `segments follow each other without a gap`() throws {
        for name in ["Europe/London", "Africa/Casablanca", "America/St_Johns", "Pacific/Apia"] {
            let zone = try ZoneDirectory.host.zone(named: name)
            var segment = zone.segment(at: -(1 << 40))
            while segment.end < 1 << 36 {
                let next = zone.segment(at: segment.end)
                #expect(next.start == segment.end)
                #expect(next.offset != segment.offset)
                #expect(zone.segment(at: next.start - 1) == segment)
                segment = next
            }
        }
    }

    @Test func `a change counts as covered by its kind`() throws {
        let zone = try ZoneDirectory.host.zone(named: "Pacific/Apia")
        let jump = zone.segment(at: 1_325_239_200)
        #expect(jump.start == 1_325_239_200)
        #expect(jump.passed == jump.localStart)
        let london = try ZoneDirectory.host.zone(named: "Europe/London")
        let spring = london.segment(at: 1_774_746_000)
        #expect(spring.localStart - spring.passed == 3600)
        let autumn = london.segment(at: 1_792_890_000)
        #expect(autumn.localStart - autumn.passed == -3600)
    }

    static let posix: [(text: String, offset: Int64)] = [
        ("JST-9", 32400), ("EST5", -18000), ("<+0545>-5:45", 20700),
    ]

    @Test(arguments: posix)
    func `a POSIX string is a zone`(text: String, offset: Int64) throws {
        let zone = try Zone(name: text, posix: text)
        #expect(zone.offset(at: Instant(seconds: 0)) == offset)
    }
}
