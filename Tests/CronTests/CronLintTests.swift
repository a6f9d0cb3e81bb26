import HostTime
import Testing

@testable import Cron

/// What is said of expressions that are read well, each as a golden text.
@Suite struct CronLintTests {
    /// An expression, and `severity column+length message; hint` of each remark.
    static let steps: [(String, [String])] = [
        ("*/15 * * * *", []), ("*/60 * * * *", []), ("0 */24 * * *", []), ("0 0 1 */12 *", []),
        ("0 9-17/4 * * *", []), ("5/20 * * * *", []), ("0 0 * * */7", []),
        (
            "*/90 * * * *",
            [
                "warning 1+4 minute: '*/90' is 0 alone: a step does not run on beyond the field; "
                    + "@every 1h30m is due evenly, from when it is applied on"
            ]
        ),
        (
            "0/120 * * * *",
            [
                "warning 1+5 minute: '0/120' is 0 alone: a step does not run on beyond the field; "
                    + "@every 2h is due evenly, from when it is applied on"
            ]
        ),
        (
            "*/59 * * * *",
            [
                "warning 1+4 minute: '*/59' is 0 and 59: 59 is followed by 0 after 1 minute; "
                    + "@every 59m is due evenly, from when it is applied on"
            ]
        ),
        (
            "*/45 * * * *",
            [
                "warning 1+4 minute: '*/45' is 0 and 45: 45 is followed by 0 after 15 minutes; "
                    + "@every 45m is due evenly, from when it is applied on"
            ]
        ),
        (
            "*/7 * * * *",
            [
                "note 1+3 minute: '*/7' begins anew each hour: 56 is followed by 0 after 4 minutes; "
                    + "@every 7m is due evenly, from when it is applied on"
            ]
        ),
        (
            "*/25 * * * * *",
            [
                "note 1+4 second: '*/25' begins anew each minute: 50 is followed by 0 after 10 "
                    + "seconds; @every 25s is due evenly, from when it is applied on",
                "note 1+4 second: the first of six fields are the seconds: '*/25' counts seconds, "
                    + "not minutes; without seconds, or where the last is a year, write "
                    + "*/25 * * * *",
            ]
        ),
        (
            "0 */5 * * *",
            [
                "note 3+3 hour: '*/5' begins anew each day: 20 is followed by 0 after 4 hours; "
                    + "@every 5h is due evenly, from when it is applied on"
            ]
        ),
        (
            "0 6 */2 * *",
            [
                "note 5+3 day-of-month: '*/2' begins anew each month: 31 is followed by 1 after 1 "
                    + "day; @every 48h is due evenly, from when it is applied on"
            ]
        ),
        (
            "0 6 */30 * *",
            [
                "warning 5+4 day-of-month: '*/30' is 1 and 31: 31 is followed by 1 after 1 day; "
                    + "@every 720h is due evenly, from when it is applied on"
            ]
        ),
        (
            "0 6 */31 * *",
            [
                "warning 5+4 day-of-month: '*/31' is 1 alone: a step does not run on beyond the "
                    + "field; @every 744h is due evenly, from when it is applied on"
            ]
        ),
        (
            "0 6 1 */5 *",
            [
                "note 7+3 month: '*/5' begins anew each year: 11 is followed by 1 after 2 months; "
            ]
        ),
        (
            "0 6 * * */2",
            [
                "note 9+3 day-of-week: '*/2' begins anew each week: 6 is followed by 0 after 1 day; "
            ]
        ),
        (
            "0 6 * * */6",
            [
                "warning 9+3 day-of-week: '*/6' is 0 and 6: 6 is followed by 0 after 1 day; "
                    + "write 0,6 if it is meant"
            ]
        ),
        (
            "0 6 1-5/10 * *",
            [
                "warning 5+6 day-of-month: '1-5/10' is 1 alone: a step does not run on beyond the "
                    + "field; write 1"
            ]
        ),
    ]

    static let days: [(String, [String])] = [
        ("0 6 1-31 * MON", []), ("0 0 1-7 * */7", []), ("0 0 * * MON#1", []), ("0 0 13 * *", []),
        ("0 6 */1 * SAT", []), ("0 6 31 1,3,5 *", []), ("0 6 28-31 * *", []), ("0 6 31,L * *", []),
        (
            "0 16 */2 * sat",
            [
                "note 6+3 day-of-month: '*/2' begins anew each month: 31 is followed by 1 after 1 "
                    + "day; @every 48h is due evenly, from when it is applied on",
                "warning 6+3 day-of-month: '*/2' begins with a star, so a day must match both '*/2' "
                    + "and 'sat'; for either, as croniter and Kubernetes read it, write "
                    + "0 16 1-31/2 * sat",
            ]
        ),
        (
            "0 16 5 * */3",
            [
                "note 10+3 day-of-week: '*/3' begins anew each week: 6 is followed by 0 after 1 "
                    + "day; ",
                "warning 10+3 day-of-week: '*/3' begins with a star, so a day must match both '5' "
                    + "and '*/3'; for either, as croniter and Kubernetes read it, write "
                    + "0 16 5 * 0-7/3",
            ]
        ),
        (
            "0 6 1-7 * MON",
            [
                "warning 5+3 day-of-month: either is enough: each day of '1-7', and each 'MON' of "
                    + "the month; for days that are both write 0 6 * * MON#1"
            ]
        ),
        (
            "0 6 22-28 * 1,3",
            [
                "warning 5+5 day-of-month: either is enough: each day of '22-28', and each '1,3' of "
                    + "the month; for days that are both write 0 6 * * MON#4,WED#4"
            ]
        ),
        (
            "0 0 13 * 5",
            [
                "note 5+2 day-of-month: either is enough: '13', or any '5' of the month; "
                    + #"for days that are both: cron: "0 0 13 * *" with "#
                    + #"except: ["* * * * MON-THU,SAT,SUN"]"#
            ]
        ),
        (
            "0 0 31 * 5",
            [
                "note 5+2 day-of-month: either is enough: '31', or any '5' of the month; "
                    + #"for days that are both: cron: "0 0 31 * *" with "#
                    + #"except: ["* * * * MON-THU,SAT,SUN"]"#
            ]
        ),
        (
            "0 0 13 * 5L", ["note 5+2 day-of-month: either is enough: '13', or '5L'; "]
        ),
        (
            "0 6 31 * *",
            [
                "warning 5+2 day-of-month: no 31st in FEB, APR, JUN, SEP, NOV: nothing is due there; "
                    + "write L for the last day of each month"
            ]
        ),
        (
            "0 6 31W * *",
            [
                "warning 5+3 day-of-month: no 31st in FEB, APR, JUN, SEP, NOV: nothing is due there; "
                    + "write LW for the last Monday-Friday day of each month"
            ]
        ),
        (
            "0 6 15,30 * *",
            [
                "note 5+5 day-of-month: no 30th in FEB: nothing is due there; "
                    + "write L for the last day of each month"
            ]
        ),
        (
            "0 6 29 2 *",
            [
                "note 5+2 day-of-month: FEB has a 29th in leap years alone; "
                    + "write L for the last day of each month"
            ]
        ),
        (
            "CRON_TZ=UTC 0 0 10 ? * 2-6",
            [
                "warning 24+3 day-of-week: '2-6' is TUE-SAT here; in Quartz, whose '?' stands beside "
                    + "it, it is MON-FRI; write MON-FRI, or TUE-SAT: names are the same everywhere"
            ]
        ),
        (
            "0 0 10 ? * 6L",
            [
                "warning 12+2 day-of-week: '6L' is SATL here; in Quartz, whose '?' stands beside it, "
                    + "it is FRIL; write FRIL, or SATL: names are the same everywhere"
            ]
        ),
        ("0 0 10 ? * MON-FRI", []), ("0 0 10 15 * ?", []),
    ]

    static let order: [(String, [String])] = [
        ("0 30 2 * * *", []), ("0 */5 * * * *", []), ("0 0 12 * * ?", []), ("* * * * * *", []),
        ("0 45 * * * *", []),
        (
            "* * * * * 0",
            [
                "warning 1+1 second: the first of six fields are the seconds: due in each second of "
                    + "a minute; write 0 * * * * 0 for once a minute; with the seconds last "
                    + "elsewhere, 0 * * * * *"
            ]
        ),
        (
            "* 5 * * * *",
            [
                "warning 1+1 second: the first of six fields are the seconds: due in each second of "
                    + "a minute; write 0 5 * * * * for once a minute"
            ]
        ),
        (
            "30 4 * * * *",
            [
                "warning 1+2 second: the first of six fields are the seconds: due each hour at "
                    + "minute 4, second 30; without seconds, or where the last is a year, write "
                    + "30 4 * * *"
            ]
        ),
        (
            "0 12 * * 1-5 *",
            [
                "warning 1+1 second: the first of six fields are the seconds: due each hour at "
                    + "minute 12, second 0; without seconds, or where the last is a year, write "
                    + "0 12 * * 1-5"
            ]
        ),
        (
            "0 12 * * * *",
            [
                "note 1+1 second: the first of six fields are the seconds: due each hour at minute "
                    + "12, second 0; without seconds, or where the last is a year, write 0 12 * * *"
            ]
        ),
        (
            "*/10 * * * * *",
            [
                "note 1+4 second: the first of six fields are the seconds: '*/10' counts seconds, "
                    + "not minutes; without seconds, or where the last is a year, write "
                    + "*/10 * * * *"
            ]
        ),
    ]

    @Test(arguments: steps + days + order)
    func `each remark says what happens and what to write`(
        text: String,
        expected: [String]
    ) throws {
        _ = try CronExpression(text)
        let told = CronExpression.remarks(on: text).map { remark in
            "\(remark.severity) \(remark.column)+\(remark.length) \(remark.message); "
                + (remark.hint ?? "")
        }
        #expect(told == expected)
    }

    @Test(arguments: ["@daily", "@every 90m", "@reboot", "61 * * * *", "", "TZ=UTC @hourly"])
    func `what has no fields, and what is at fault, has no remarks`(text: String) {
        #expect(CronExpression.remarks(on: text) == [])
    }

    @Test func `a whole remark has a caret under its place`() throws {
        let remark = try #require(CronExpression.remarks(on: "0 6 31 * *").first)
        let expected = """
            warning: day-of-month: no 31st in FEB, APR, JUN, SEP, NOV: nothing is due there (column 5)
                0 6 31 * *
                    ^~
                hint: write L for the last day of each month
            """
        #expect(remark.rendering(of: "0 6 31 * *") == expected)
    }

    // MARK: clock changes

    /// On 2026-07-01, in London.
    static let clocks: [(String, String?)] = [
        (
            "30 1 * * *",
            "2026-10-25 01:30 comes twice, and due the first time alone; "
                + "2027-03-28 01:30 is skipped, and due once, at 02:00"
        ),
        (
            "0,30 1 * * *",
            "2026-10-25 01:00 and 1 more come twice, and due the first time alone; "
                + "2027-03-28 01:00 and 1 more are skipped, and due once, at 02:00"
        ),
        (
            "*/30 1 * * *",
            "2026-10-25 01:00 and 1 more come twice, and due both times; "
                + "2027-03-28 01:00 and 1 more are skipped, and not due"
        ),
        ("30 1 * * MON", nil), ("0 3 * * *", nil), ("@hourly", nil), ("*/5 * * * *", nil),
        ("@every 1h", nil), ("@reboot", nil),
        ("30 1 25 10 *", "2026-10-25 01:30 comes twice, and due the first time alone"),
        (
            "15 0-23 * * *",
            "2026-10-25 01:15 comes twice, and due the first time alone; "
                + "2027-03-28 01:15 is skipped, and due once, at 02:00"
        ),
        ("30 1 * 3 *", "2027-03-28 01:30 is skipped, and due once, at 02:00"),
    ]

    @Test(arguments: clocks)
    func `clock changes are told of times that they touch`(text: String, told: String?) throws {
        let zone = try ZoneDirectory.host.zone(named: "Europe/London")
        let remark = try CronExpression(text).clockRemark(
            in: zone,
            after: Instant(seconds: 1_782_864_000)
        )
        #expect(remark?.message == told.map { "clocks of Europe/London: \($0)" })
        if let remark {
            #expect(remark.severity == .note)
            #expect(
                remark.hint
                    == "times outside of what is skipped or repeated, or of UTC, are due alike each day"
            )
        }
        #expect(
            try CronExpression(text).clockRemark(in: .utc, after: Instant(seconds: 1_782_864_000))
                == nil
        )
    }
}
