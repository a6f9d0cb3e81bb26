import Testing

@testable import Cron

/// An expression that is refused, and the first line of what is said.
struct Refusal: Sendable {
    let text: String
    let message: String
    let hint: String?

    init(_ text: String, _ message: String, hint: String? = nil) {
        self.text = text
        self.message = message
        self.hint = hint
    }
}

@Suite struct CronErrorTests {
    static let values: [Refusal] = [
        .init("61 * * * *", "minute: 61 is out of range 0-59 (column 1)"),
        .init(
            "60 * * * *",
            "minute: 60 is out of range 0-59 (column 1)",
            hint: "the full hour is minute 0"
        ),
        .init(
            "0 24 * * *",
            "hour: 24 is out of range 0-23 (column 3)",
            hint: "midnight is hour 0"
        ),
        .init("* * 32 * *", "day-of-month: 32 is out of range 1-31 (column 5)"),
        .init(
            "* * 0 * *",
            "day-of-month: 0 is out of range 1-31 (column 5)",
            hint: "days count from 1; the last day is L"
        ),
        .init(
            "* * * 0 *",
            "month: 0 is out of range 1-12 (column 7)",
            hint: "months count from 1, or write JAN-DEC"
        ),
        .init(
            "* * * * 8",
            "day-of-week: 8 is out of range 0-7 (column 9)",
            hint: "0 and 7 are Sunday, or write SUN-SAT"
        ),
        .init("0 0 0 1 1 * 1969", "year: 1969 is out of range 1970-2199 (column 13)"),
        .init("0 0 0 1 1 * 2200", "year: 2200 is out of range 1970-2199 (column 13)"),
        .init(
            "99999999999999999999 * * * *",
            "minute: 99999999999999999999 is out of range 0-59 (column 1)"
        ),
        .init(
            "0-60 * * * *",
            "minute: 60 is out of range 0-59 (column 3)",
            hint: "the full hour is minute 0"
        ),
        .init(
            "0 0 * * MONDAY",
            "day-of-week: 'MONDAY' is not a name (column 9)",
            hint: "write MON"
        ),
        .init(
            "60 0 0 1 1 *",
            "second: 60 is out of range 0-59 (column 1)",
            hint: "the full minute is second 0"
        ),
        .init(
            "0 0 * 5JAN *",
            "month: 'J' cannot follow '5' (column 8)",
            hint: "write a number or a name, not both"
        ),
        .init(
            "CRON_TZ=UTC",
            "schedule: is missing after the zone (column 12)",
            hint: "five fields: minute hour day-of-month month day-of-week"
        ),
        .init("0 0 * foo *", "month: 'foo' is not a name (column 7)", hint: "names are JAN-DEC"),
        .init("0 0 * MON *", "month: 'MON' is not a name (column 7)", hint: "names are JAN-DEC"),
        .init("MON * * * *", "minute: 'MON' is not a number (column 1)"),
    ]

    static let terms: [Refusal] = [
        .init("** * * * *", "minute: '*' cannot follow '*' (column 2)", hint: "write * or */n"),
        .init("*5 * * * *", "minute: '5' cannot follow '*' (column 2)", hint: "write * or */n"),
        .init("1,,2 * * * *", "minute: a value is missing (column 3)"),
        .init(", * * * *", "minute: a value is missing (column 1)"),
        .init("1, * * * *", "minute: a value is missing (column 3)"),
        .init("* * * * 1,", "day-of-week: a value is missing (column 11)"),
        .init("5- * * * *", "minute: a value is missing (column 3)"),
        .init(
            "/5 * * * *",
            "minute: the value before '/' is missing (column 1)",
            hint: "write */5"
        ),
        .init(
            "*/ * * * *",
            "minute: the step after '/' is missing (column 3)",
            hint: "write */5 for every fifth"
        ),
        .init(
            "*/2/3 * * * *",
            "minute: '/' cannot follow '*/2' (column 4)",
            hint: "a term has one step"
        ),
        .init("*/0 * * * *", "minute: the step is 0 (column 3)", hint: "a step is at least 1"),
        .init("*/2147483648 * * * *", "minute: the step 2147483648 is above 2147483647 (column 3)"),
        .init(
            "+5 * * * *",
            "minute: a number cannot begin with '+' (column 1)",
            hint: "values are written without a sign"
        ),
        .init(
            "-5 * * * *",
            "minute: a number cannot begin with '-' (column 1)",
            hint: "values are written without a sign"
        ),
        .init("5;10 * * * *", "minute: ';' cannot follow '5' (column 2)"),
        .init(
            "1#2 * * * *",
            "minute: '#' cannot follow '1' (column 2)",
            hint: "'#' and a value's 'L' are for day-of-week"
        ),
        .init("٣ * * * *", "minute: '٣' is not a value (column 1)"),
        .init("1é * * * *", "minute: 'é' cannot follow '1' (column 2)"),
        .init("0\u{A0}0 * * * *", "minute: '\u{A0}' cannot follow '0' (column 2)"),
        .init("0\n0 * * * *", "minute: a control character cannot follow '0' (column 2)"),
        .init(
            "0 22-2 * * *",
            "hour: the range 22-2 runs backwards (column 3)",
            hint: "write 22-23,0-2"
        ),
        .init(
            "0 22-3/2 * * *",
            "hour: the range 22-3 runs backwards (column 3)",
            hint: "write 22,0,2"
        ),
        .init(
            "0 0 * * FRI-MON",
            "day-of-week: the range FRI-MON runs backwards (column 9)",
            hint: "write 5-7,1"
        ),
        .init(
            "0 0 * * 5-0",
            "day-of-week: the range 5-0 runs backwards (column 9)",
            hint: "write 5-7"
        ),
        .init(
            "0 0 28-3 * *",
            "day-of-month: the range 28-3 runs backwards (column 5)",
            hint: "write 28-31,1-3"
        ),
        .init(
            "0 0 0 1 1 * 2030-2027",
            "year: the range 2030-2027 runs backwards (column 13)",
            hint: "write 2027-2030"
        ),
    ]

    static let extensions: [Refusal] = [
        .init(
            "? * * * *",
            "minute: '?' can only be a whole day-of-month or day-of-week field (column 1)",
            hint: "write * for any value"
        ),
        .init(
            "0 0 ?,1 * *",
            "day-of-month: '?' can only be a whole day-of-month or day-of-week field (column 5)",
            hint: "write * for any value"
        ),
        .init(
            "0 0 * * L",
            "day-of-week: 'L' needs a weekday before it (column 9)",
            hint: "write 6 or SAT for Quartz's L, 5L for the last Friday"
        ),
        .init(
            "0 0 * * L5",
            "day-of-week: 'L5' is not a weekday (column 9)",
            hint: "write 5L for the last one of the month"
        ),
        .init(
            "0 0 L5 * *",
            "day-of-month: 'L' takes no day after it (column 5)",
            hint: "write L-n for n days before the last"
        ),
        .init("0 0 L-0 * *", "day-of-month: the offset, 0, is out of range 1-30 (column 7)"),
        .init("0 0 L-31 * *", "day-of-month: the offset, 31, is out of range 1-30 (column 7)"),
        .init(
            "0 L * * *",
            "hour: 'L' cannot stand here (column 3)",
            hint: "L is for day-of-month and day-of-week"
        ),
        .init(
            "0 0 15W,3 * *",
            "day-of-month: 15W cannot stand in a list (column 5)",
            hint: "give it a schedule of its own"
        ),
        .init(
            "0 0 3,15W * *",
            "day-of-month: 15W cannot stand in a list (column 7)",
            hint: "give it a schedule of its own"
        ),
        .init("0 0 1-15W * *", "day-of-month: 'W' cannot follow '1-15' (column 9)"),
        .init("0 0 32W * *", "day-of-month: 32 is out of range 1-31 (column 5)"),
        .init(
            "0 0 * * 5W",
            "day-of-week: 'W' cannot follow '5' (column 10)",
            hint: "W is for day-of-month"
        ),
        .init("0 0 * * 5#0", "day-of-week: the week after '#', 0, is out of range 1-5 (column 11)"),
        .init("0 0 * * 5#6", "day-of-week: the week after '#', 6, is out of range 1-5 (column 11)"),
        .init("0 0 * * 1-5L", "day-of-week: 'L' cannot follow '1-5' (column 12)"),
        .init("0 0 * * 5L/2", "day-of-week: '/' cannot follow '5L' (column 11)"),
        .init("H(9-3) * * * *", "minute: the range 9-3 runs backwards (column 3)"),
        .init(
            "H(0-60) * * * *",
            "minute: 60 is out of range 0-59 (column 5)",
            hint: "the full hour is minute 0"
        ),
        .init("H(3 * * * *", "minute: '-' is missing (column 4)", hint: "write H(0-29)"),
        .init("0 0 0 1 1 * H", "year: 'H' cannot stand here (column 13)", hint: "write the years"),
        .init("0 0 0 1 1 * ~", "year: '~' cannot stand here (column 13)", hint: "write the years"),
        .init("9~3 * * * *", "minute: the range 9~3 runs backwards (column 1)"),
        .init("~/2 * * * *", "minute: the value before '/' is missing (column 2)"),
    ]

    static let wholes: [Refusal] = [
        .init(
            "nightly.crontab",
            "schedule: is a file's name (column 1)",
            hint: "an expression is wanted here; files are for flower validate FILE"
        ),
        .init(
            "/etc/systemd/system/a.timer",
            "schedule: is a file's name (column 1)",
            hint: "an expression is wanted here; files are for flower import FILE"
        ),
        .init(
            "",
            "schedule: is empty (column 1)",
            hint: "five fields: minute hour day-of-month month day-of-week"
        ),
        .init(
            "0 0 1 *",
            "schedule: 4 fields where 5, 6 or 7 are needed (column 8)",
            hint: "five fields: minute hour day-of-month month day-of-week"
        ),
        .init(
            "0 0 0 1 1 * 2027 x",
            "schedule: more than 7 fields (column 18)",
            hint: "a command is not part of a schedule"
        ),
        .init(
            "0 0 1 1 * 2027",
            "day-of-week: 2027 is out of range 0-7 (column 11)",
            hint: "a year needs the seconds field too: 0 0 0 1 1 * 2027"
        ),
        .init("@Daily", "alias: '@Daily' is not an alias (column 1)", hint: "write @daily"),
        .init(
            "@daily x",
            "schedule: nothing can follow @daily (column 8)",
            hint: "a command is not part of a schedule"
        ),
        .init(
            "@every",
            "duration: a duration is missing after @every (column 7)",
            hint: "write @every 1h30m"
        ),
        .init("@every 1d", "duration: 'd' is not a unit (column 9)", hint: "write 24h"),
        .init("@every 1H", "duration: 'H' is not a unit (column 9)", hint: "units are h, m and s"),
        .init(
            "@every 0.999s",
            "duration: the duration is below one second (column 8)",
            hint: "write 1s or more"
        ),
        .init(
            "@every 90",
            "duration: a unit is missing after 90 (column 10)",
            hint: "units are h, m and s"
        ),
        .init(
            "@every 1.h",
            "duration: 'h' is not a digit (column 10)",
            hint: "write a duration such as 1h30m"
        ),
        .init("@every 876601h", "duration: the duration is above 100 years (column 8)"),
        .init(
            "CRON_TZ= * * * * *",
            "zone: a zone name is missing after CRON_TZ= (column 9)",
            hint: "write CRON_TZ=Europe/London"
        ),
        .init("TZ=Asia/T;o * * * * *", "zone: ';' cannot stand in a zone name (column 10)"),
        .init("cron_tz=UTC * * * * *", "second: 'cron' is not a number (column 1)"),
    ]

    @Test(arguments: values + terms + extensions + wholes)
    func `a wrong expression says what, where and what to write`(refusal: Refusal) throws {
        let error = #expect(throws: CronError.self) { try CronExpression(refusal.text) }
        #expect(error?.message == refusal.message)
        if let hint = refusal.hint { #expect(error?.hint == hint) }
        #expect(error?.text == refusal.text)
    }

    @Test func `the whole message has a caret under the place`() {
        let error = #expect(throws: CronError.self) { try CronExpression("0 24 * * *") }
        let expected = """
            error: hour: 24 is out of range 0-23 (column 3)
                0 24 * * *
                  ^~
                hint: midnight is hour 0
            """
        #expect(error?.rendering == expected)
    }

    @Test func `a tab before the place keeps the caret under it`() {
        let error = #expect(throws: CronError.self) { try CronExpression("0\t24 * * *") }
        #expect(error?.rendering.contains("\n    0\t24 * * *\n     \t^~\n") == true)
    }

    @Test func `control characters do not reach the terminal`() {
        let error = #expect(throws: CronError.self) { try CronExpression("0 \u{1B}[2J * * *") }
        #expect(error?.rendering.contains("\u{1B}") == false)
    }

    @Test func `a text without end is refused unread`() {
        let long = String(repeating: "0,", count: 3000) + "0 * * * *"
        let error = #expect(throws: CronError.self) { try CronExpression(long) }
        #expect(error?.message == "schedule: longer than 4096 bytes (column 1)")
    }
}
