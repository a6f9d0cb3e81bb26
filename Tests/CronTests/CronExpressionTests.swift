import Testing

@testable import Cron

@Suite struct CronExpressionTests {
    /// As written, and in the one spelling that all writings of it share.
    static let canonical: [(text: String, canonical: String)] = [
        ("* * * * *", "* * * * *"), ("  0\t08 *  * * ", "0 8 * * *"), ("*/1 * * * *", "* * * * *"),
        ("5/15 * * * *", "5-59/15 * * * *"), ("50/15 * * * *", "50 * * * *"),
        ("7-7/2 * * * *", "7 * * * *"), ("1-9/1 * * * *", "1-9 * * * *"),
        ("*/75 * * * *", "*/75 * * * *"), ("0 0 * jan-MAR,Dec *", "0 0 * 1-3,12 *"),
        ("0 0 * * 7", "0 0 * * 0"), ("0 0 * * fri-SUN", "0 0 * * 5-7"),
        ("0 0 * * SUN-SUN", "0 0 * * 0"), ("0 0 * * SUN/2", "0 0 * * 0-7/2"),
        ("0 0 ? * ?", "0 0 * * *"), ("0 0 l * 5l", "0 0 L * 5L"),
        ("0 0 l-3,lw * *", "0 0 L-3,LW * *"),
        ("0 0 015w * *", "0 0 15W * *"), ("0 0 * * 7#2,fri#l", "0 0 * * 0#2,5L"),
        ("h h(0-7) * * *", "H H(0-7) * * *"), ("H(0-59)/15 * * * *", "H/15 * * * *"),
        ("~ 3~ ~ ~9 ~", "H H(3-23) H(1-31) H(1-9) H"), ("0 0 * * MON~SUN", "0 0 * * H(1-7)"),
        ("0 0 6 * * *", "0 6 * * *"), ("00 0 6 * * *", "0 6 * * *"),
        ("*/30 0 6 * * *", "*/30 0 6 * * *"), ("0 0 6 * * * *", "0 0 6 * * * *"),
        ("0 0 6 1 1 * 2190/3", "0 0 6 1 1 * 2190-2199/3"), ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"), ("@hourly", "0 * * * *"),
        ("@reboot", "@reboot"), ("@every 90m", "@every 1h30m"), ("@every 1.5h", "@every 1h30m"),
        ("@every 0.5s0.5s", "@every 1s"), ("@every 1m1.9s", "@every 1m1s"),
        ("TZ=Asia/Tokyo @daily", "CRON_TZ=Asia/Tokyo 0 0 * * *"),
    ]

    @Test(arguments: canonical)
    func `each meaning has one spelling`(text: String, canonical: String) throws {
        let expression = try CronExpression(text, hashID: "backup")
        #expect(expression.canonicalText == canonical)
        #expect(try CronExpression(canonical, hashID: "backup").canonicalText == canonical)
    }

    @Test(arguments: canonical.map(\.text) + WorkedExample.all.map(\.expression))
    func `the canonical text means the same`(text: String) throws {
        let expression = try CronExpression(text, hashID: "backup")
        let again = try CronExpression(expression.canonicalText, hashID: "backup")
        #expect(again.matcher == expression.matcher)
        #expect(again.every == expression.every)
        #expect(again.zoneName == expression.zoneName)
        #expect(again.isReboot == expression.isReboot)
    }

    /// The dialect's own examples for the job `backup`.
    static let hashed: [(text: String, plain: String)] = [
        ("H H * * *", "40 13 * * *"), ("0 0 H * *", "0 0 20 * *"), ("0 0 1 H *", "0 0 1 4 *"),
        ("0 0 * * H", "0 0 * * 1"), ("H/15 * * * *", "10,25,40,55 * * * *"),
        ("0~9 * * * *", "0 * * * *"),
    ]

    @Test(arguments: hashed)
    func `a job's name chooses its values`(text: String, plain: String) throws {
        let expression = try CronExpression(text, hashID: "backup")
        #expect(expression.matcher == (try CronExpression(plain)).matcher)
    }

    @Test func `a hashed field without a step is no star`() throws {
        #expect(try CronExpression("H H * * *").matcher.isFixedTime)
        #expect(try CronExpression("H * * * *").matcher.isFixedTime == false)
    }

    static let neverFire = ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31W 2 *", "0 0 30,31 2 *"]

    @Test(arguments: neverFire)
    func `a day that no year has is valid and never fires`(text: String) throws {
        let expression = try CronExpression(text)
        #expect(!expression.canFire)
        #expect(expression.next(after: Instant(seconds: 0), in: .utc) == nil)
        #expect(expression.previous(before: Instant(seconds: 0), in: .utc) == nil)
    }

    @Test func `a past year has no next fire but a previous one`() throws {
        let expression = try CronExpression("0 0 0 1 1 * 2001")
        let now = try Instant(iso8601: "2026-01-01T00:00:00Z")
        #expect(expression.next(after: now, in: .utc) == nil)
        let last = expression.previous(before: now, in: .utc)
        #expect(last?.iso8601() == "2001-01-01T00:00:00+00:00")
    }

    @Test func `the longest real wait is forty years`() throws {
        // A Sunday: the step leaves one weekday, and the star asks for both.
        let expression = try CronExpression("0 0 29 2 */8")
        let start = try Instant(iso8601: "2088-03-01T00:00:00Z")
        let fire = expression.next(after: start, in: .utc)
        #expect(fire?.iso8601() == "2128-02-29T00:00:00+00:00")
    }

    @Test func `reboot has no fire times`() throws {
        let expression = try CronExpression("@reboot")
        #expect(expression.isReboot)
        #expect(expression.next(after: Instant(seconds: 0), in: .utc) == nil)
    }

    @Test func `a fraction of a second is no reason to skip a fire`() throws {
        let expression = try CronExpression("* * * * * *")
        func next(_ milliseconds: Int64) -> Int64? {
            expression.next(after: Instant(milliseconds: milliseconds), in: .utc)?.milliseconds
        }
        func previous(_ milliseconds: Int64) -> Int64? {
            expression.previous(before: Instant(milliseconds: milliseconds), in: .utc)?.milliseconds
        }
        #expect(next(999) == 1000)
        #expect(next(1000) == 2000)
        #expect(next(-1) == 0)
        #expect(previous(1001) == 1000)
        #expect(previous(1000) == 0)
        #expect(previous(-1) == -1000)
    }

    @Test(arguments: [Int64.min, Int64.min + 1, -(1 << 60), 1 << 60, Int64.max])
    func `instants beyond any use are no trap`(milliseconds: Int64) throws {
        let instant = Instant(milliseconds: milliseconds)
        for text in ["* * * * *", "@every 1s", "0 0 29 2 *", "0 0 30 2 *", "0 0 0 1 1 * 2030"] {
            let expression = try CronExpression(text)
            _ = expression.next(after: instant, in: .utc)
            _ = expression.previous(before: instant, in: .utc)
        }
    }

    static let sentences: [(text: String, sentence: String)] = [
        ("* * * * *", "Every minute."), ("*/15 * * * *", "Every 15 minutes."),
        ("@hourly", "Every hour, on the hour."), ("1 * * * *", "At 1 minute past every hour."),
        ("*/40 * * * *", "At minutes 0 and 40 past every hour."),
        ("30 2 * * *", "At 02:30 every day."), ("0 6 * * mon-fri", "At 06:00, Monday to Friday."),
        ("*/5 9-17 * * 1-5", "Every 5 minutes from 09:00 to 17:59, Monday to Friday."),
        ("0 9-17 * * 6,0", "Every hour from 09:00 to 17:00 every Saturday and Sunday."),
        ("0 6 13 * 5", "At 06:00 on the 13th of every month and also every Friday."),
        ("0 6 1-7 * */7", "At 06:00 every Sunday if it is the 1st to the 7th of the month."),
        (
            "0 6 10W * *",
            "At 06:00 on the Monday-to-Friday day nearest to the 10th of every month."
        ),
        (
            "0 6 LW,L,L-2 6 *",
            "At 06:00 on the last day, the 2nd day before the last and the last Monday-to-Friday"
                + " day of June."
        ),
        (
            "0 6 * * TUE#2,5L",
            "At 06:00 on the 2nd Tuesday and the last Friday of every month."
        ),
        ("10 0 6 * * MON", "At 06:00:10 every Monday."), ("*/10 * * * * *", "Every 10 seconds."),
        ("*/25 * * * * *", "At seconds 0, 25 and 50 of every minute."),
        ("0 0 6 1 1 * 2027/3", "At 06:00 on the 1st of January, every 3rd year from 2027."),
        (
            "0 0 6 1 1 * 2027-2040,2050",
            "At 06:00 on the 1st of January, from 2027 to 2040 and in 2050."
        ),
        (
            "H H * * *",
            "At 13:40 every day (minute and hour are chosen by the job's name)."
        ),
        ("@every 1h", "Every hour of elapsed time."),
        ("@reboot", "Once each time the machine starts."),
        ("0 0 30 2 *", "Never: there is no such day."),
        ("CRON_TZ=Asia/Kathmandu 0 6 * * *", "At 06:00 every day, in the zone Asia/Kathmandu."),
    ]

    @Test(arguments: sentences)
    func `an expression has a sentence`(text: String, sentence: String) throws {
        #expect(try CronExpression(text, hashID: "backup").describe() == sentence)
    }
}
