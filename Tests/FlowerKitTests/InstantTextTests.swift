import Cron
import Testing

@testable import FlowerKit

/// Instants as options take them.
@Suite struct InstantTextTests {
    /// Central European time by its rule alone: +01:00, in summer +02:00 from the last Sunday of March, 02:00, to
    /// that of October, 03:00.
    static let zone: Zone = {
        guard let zone = try? Zone(name: "Test/Europe", posix: "CET-1CEST,M3.5.0,M10.5.0/3") else {
            preconditionFailure("that is a TZ of POSIX")
        }
        return zone
    }()
    /// Mon 2026-11-23 21:22:00 +01:00.
    static let now = Fixture.now

    static func instant(
        _ text: String,
        _ direction: InstantText.Direction = .future,
        at now: String? = nil
    ) throws -> String {
        let now = try now.map { try Instant(iso8601: $0) } ?? Self.now
        return try InstantText(text).instant(direction, at: now, in: zone).iso8601(in: zone)
    }

    @Test(arguments: [
        ("now", "2026-11-23T21:22:00+01:00"),
        ("2026-12-01T06:00:00+01:00", "2026-12-01T06:00:00+01:00"),
        ("2026-12-01T05:00Z", "2026-12-01T06:00:00+01:00"),
        // Of another place: an offset says it all.
        ("2026-12-01T06:00-05:00", "2026-12-01T12:00:00+01:00"),
        ("2026-12-01T06:00", "2026-12-01T06:00:00+01:00"),
        ("2026-12-01T06:00:30", "2026-12-01T06:00:30+01:00"),
        ("2026-12-01 06:00", "2026-12-01T06:00:00+01:00"),
        ("2026-12-01 06:00:30.5", "2026-12-01T06:00:30.500+01:00"),
        // As tables show them.
        ("Tue 2026-12-01 06:00:00 +01:00", "2026-12-01T06:00:00+01:00"),
        ("Tue 2026-12-01", "2026-12-01T00:00:00+01:00"),
        ("2026-12-01", "2026-12-01T00:00:00+01:00"),
        // In summer, whatever it is now.
        ("2026-07-01", "2026-07-01T00:00:00+02:00"),
        ("2026-07-01T06:00", "2026-07-01T06:00:00+02:00"),
        ("today", "2026-11-23T00:00:00+01:00"),
        ("today 06:00", "2026-11-23T06:00:00+01:00"),
        ("tomorrow", "2026-11-24T00:00:00+01:00"),
        ("tomorrow 06:00", "2026-11-24T06:00:00+01:00"),
        ("yesterday 23:59:59", "2026-11-22T23:59:59+01:00"),
    ])
    func `an instant is the same for every option`(text: String, meant: String) throws {
        #expect(try Self.instant(text, .future) == meant)
        #expect(try Self.instant(text, .past) == meant)
    }

    @Test(arguments: [
        ("20m", "2026-11-23T21:42:00+01:00", "2026-11-23T21:02:00+01:00"),
        ("2h", "2026-11-23T23:22:00+01:00", "2026-11-23T19:22:00+01:00"),
        ("1d12h", "2026-11-25T09:22:00+01:00", "2026-11-22T09:22:00+01:00"),
        ("0s", "2026-11-23T21:22:00+01:00", "2026-11-23T21:22:00+01:00"),
        ("06:00", "2026-11-24T06:00:00+01:00", "2026-11-23T06:00:00+01:00"),
        ("23:00", "2026-11-23T23:00:00+01:00", "2026-11-22T23:00:00+01:00"),
        // Now: the next is tomorrow's, the last is this.
        ("21:22", "2026-11-24T21:22:00+01:00", "2026-11-23T21:22:00+01:00"),
    ])
    func `a distance, or a time alone, lies where the option looks`(
        text: String,
        future: String,
        past: String
    ) throws {
        #expect(try Self.instant(text, .future) == future)
        #expect(try Self.instant(text, .past) == past)
    }

    /// 02:00 to 03:00 on 2026-03-29 is left out.
    @Test(arguments: [
        ("2026-03-29T02:00", nil), ("2026-03-29 02:59:59", nil), ("tomorrow 02:30", nil),
        ("02:30", nil), ("2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00"),
        ("2026-03-29T03:00", "2026-03-29T03:00:00+02:00"),
        ("03:30", "2026-03-29T03:30:00+02:00"), ("12h", "2026-03-29T10:00:00+02:00"),
    ])
    func `a time over which clocks go forward is told`(text: String, meant: String?) throws {
        let now = "2026-03-28T21:00:00+01:00"
        if let meant {
            #expect(try Self.instant(text, at: now) == meant)
        } else {
            let failure = try #require(throws: Failure.self) { try Self.instant(text, at: now) }
            #expect(failure.code == .misuse)
            #expect(
                failure.message.hasSuffix(
                    "never is in Test/Europe: clocks go forward by 1h over it"
                )
            )
            #expect(failure.hint?.contains("2026-03-29T03:00:00+02:00") == true)
        }
    }

    /// 02:00 to 03:00 on 2026-10-25 comes twice.
    @Test(arguments: [
        ("2026-10-25T02:00", nil), ("tomorrow 02:59", nil), ("02:30", nil),
        ("2026-10-25T02:30+02:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T01:59", "2026-10-25T01:59:00+02:00"),
        ("2026-10-25T03:00", "2026-10-25T03:00:00+01:00"),
    ])
    func `a time over which clocks go back must say which`(text: String, meant: String?) throws {
        let now = "2026-10-24T21:00:00+02:00"
        if let meant {
            #expect(try Self.instant(text, at: now) == meant)
        } else {
            let failure = try #require(throws: Failure.self) { try Self.instant(text, at: now) }
            #expect(failure.message.hasSuffix("comes twice in Test/Europe: clocks go back over it"))
            #expect(failure.hint?.contains("+02:00 or 2026-10-25T02:") == true)
        }
    }

    /// Between the two only one of them is to come, and only one has been.
    @Test func `of two the one that is meant needs no offset`() throws {
        let now = "2026-10-25T02:45:00+02:00"
        #expect(try Self.instant("02:30", .future, at: now) == "2026-10-25T02:30:00+01:00")
        #expect(try Self.instant("02:30", .past, at: now) == "2026-10-25T02:30:00+02:00")
    }

    /// In Asia/Beirut as in others clocks go forward at midnight.
    @Test func `a day begins where its 00:00 is left out`() throws {
        let zone = try Zone(name: "Test/Midnight", posix: "EET-2EEST,M3.5.0/0,M10.5.0/0")
        let day = try InstantText("2026-03-29").instant(.future, at: Self.now, in: zone)
        #expect(day.iso8601(in: zone) == "2026-03-29T01:00:00+03:00")
        #expect(throws: Failure.self) {
            try InstantText("2026-03-29 00:00").instant(.future, at: Self.now, in: zone)
        }
    }

    @Test(arguments: [
        ("", "it is empty"), ("20", "a number needs its unit"), ("-1h", "the year"),
        ("6:00", "the hour is not 2 digits"), ("24:00", "there is no hour 24"),
        ("06:60", "there is no minute 60"), ("2026-02-29", "there is no day 29"),
        ("2026-13-01", "there is no month 13"), ("2026-12", "'-' is missing"),
        ("3650d", "no duration is longer than 366d"),
        ("2026-12-01X06:00", "'T' or a blank is missing"), ("06:00+01:00", "something follows"),
        ("2026-12-01T", "the hour is not 2 digits"), ("tomorow", "did you mean 'tomorrow'?"),
        ("tomorrow 6am", "the hour is not 2 digits"), ("tomorrow 2026-12-01", "a time must follow"),
        ("Mon 2026-12-01", "that day is a Tue"), ("noon", "'noon' is no word for a time"),
        ("2026-12-01T06:00+01:00 x", "something follows"), ("1d 2h", "the hour"),
    ])
    func `what is no instant is refused, with the forms there are`(text: String, why: String) {
        let fault = #expect(throws: OptionValue.Fault.self) { try InstantText(text) }
        #expect(fault?.description.contains(why) == true, "\(fault?.description ?? "")")
    }

    /// Each option that takes an instant takes the same.
    @Test(arguments: [
        ["pause", "backup", "--until"], ["next", "--until"], ["logs", "1", "--since"],
        ["logs", "1", "--until"], ["runs", "--since"], ["fires", "--since"],
        ["stats", "backup", "--since"], ["prune", "--dry-run", "--older-than"],
        ["cron", "next", "@daily", "--after"], ["cron", "previous", "@daily", "--before"],
        ["backfill", "backup", "--dry-run", "--to", "now", "--from"],
        ["backfill", "backup", "--dry-run", "--from", "2026-11-01", "--to"],
    ])
    func `every option reads them alike`(command: [String]) throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        try fixture.flower("register", "backup")
        try fixture.drain()
        let isFuture = command.contains("pause") || command.contains("next")
        let texts =
            ["06:00", "20m", isFuture ? "tomorrow 06:00" : "yesterday 06:00"]
            + (isFuture
                ? ["2026-12-01", "2026-12-01T06:00"] : ["2026-11-22", "2026-11-22 06:00:00"])
        for text in texts {
            let result = try fixture.flower(command + [text])
            #expect(result.code != .misuse, "\(result.errors)")
            #expect(result.code != .badInput, "\(result.errors)")
        }
        let wrong = try fixture.flower(command + ["soon"])
        #expect(wrong.code == .misuse)
        #expect(wrong.errors.contains("write 06:00, 20m, tomorrow 06:00"), "\(wrong.errors)")
    }
}
