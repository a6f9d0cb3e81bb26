import Cron
import Testing

@testable import FlowerKit

@Suite struct TimeTextTests {
    @Test(arguments: [
        (0, "0ms"), (12, "12ms"), (999, "999ms"), (1_000, "1s"), (1_234, "1.234s"),
        (9_050, "9.05s"), (10_000, "10s"), (59_999, "59s"), (60_000, "1m"), (65_000, "1m 5s"),
        (3_600_000, "1h"), (3_605_000, "1h"), (3_900_000, "1h 5m"), (86_400_000, "1d"),
        (90_000_000, "1d 1h"), (31_536_000_000, "1y"), (34_128_000_000, "1y 30d"),
        // A clock step may make a span negative.
        (-5, "0ms"),
    ])
    func `a span is told by its two largest units`(milliseconds: Int64, text: String) {
        #expect(TimeText.span(milliseconds) == text)
    }

    @Test(arguments: [
        (1_795_465_320, 3600, "Mon 2026-11-23 21:22:00 +01:00"),
        (0, 0, "Thu 1970-01-01 00:00:00 +00:00"),
        (-1, 0, "Wed 1969-12-31 23:59:59 +00:00"),
        // A week and a day before the epoch.
        (-691_200, 0, "Wed 1969-12-24 00:00:00 +00:00"),
        (1_795_465_320, -12_600, "Mon 2026-11-23 16:52:00 -03:30"),
        // Already Tuesday there.
        (1_795_465_320, 32_400, "Tue 2026-11-24 05:22:00 +09:00"),
    ])
    func `an instant is told with weekday and offset`(seconds: Int64, offset: Int64, text: String) {
        let time = TimeText(zone: Zone(name: "Test", offset: offset), now: Fixture.now)
        #expect(time.stamp(Instant(seconds: seconds)) == text)
    }

    @Test func `the past is ago and the future left`() {
        let time = Fixture.time
        #expect(time.ago(Fixture.ago(125)) == "2m 5s ago")
        #expect(time.ago(Fixture.ago(0)) == "just now")
        #expect(time.left(until: Fixture.ago(-125)) == "2m 5s left")
        #expect(time.left(until: Fixture.ago(1)) == "now")
        #expect([time.stamp(nil), time.ago(nil), time.left(until: nil)] == ["-", "-", "-"])
    }
}
