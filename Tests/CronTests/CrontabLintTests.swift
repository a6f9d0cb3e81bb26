import Testing

@testable import Cron

/// What is said of crontab lines that cron reads as they stand.
@Suite struct CrontabLintTests {
    static let lines: [(String, Crontab.Form, [String])] = [
        ("0 6 * * * run", .user, []), ("0 6 * * * root run", .system, []),
        ("0 6 * * * man cron", .user, []), ("0 6 * * * root", .user, []),
        (
            "0 6 * * * root run", .user,
            [
                "warning 1: the command begins with 'root', a user's name: a user's crontab has no "
                    + "column for it; take 'root' out, or read the file with flower import --form "
                    + "system"
            ]
        ),
        (
            "  0 0 6 * * 1-5 run", .user,
            [
                "warning 3: the command begins with '1-5', which looks like a sixth field of the "
                    + "schedule; a crontab has five: minute hour day-of-month month day-of-week"
            ]
        ),
        (
            "0 0 12 * * ? run", .user,
            [
                "warning 1: the command begins with '?', which looks like a sixth field of the "
                    + "schedule; a crontab has five: minute hour day-of-month month day-of-week"
            ]
        ),
        (
            #"0 6 * * * run "$(date +%F)""#, .user,
            [
                "warning 1: an unescaped '%' ends the command inside of quotes, and the rest is its "
                    + #"input; write \% for a percent sign"#
            ]
        ),
        (
            "0 6 * * * run > log.$(date +%F)", .user,
            [
                "warning 1: an unescaped '%' ends the command, and the rest is its "
                    + #"input; write \% for a percent sign"#
            ]
        ),
        (#"0 6 * * * run "$(date +\%F)""#, .user, []),
        ("0 6 * * * mail -s 'a report' ada%Hello%there", .user, []),
        (#"0 6 * * * mail -s it\'s ada%Hello"#, .user, []),
        (
            "  */90 * * * * run", .user,
            [
                "warning 3: minute: '*/90' is 0 alone: a step does not run on beyond the field; "
                    + "@every 1h30m is due evenly, from when it is applied on"
            ]
        ),
    ]

    @Test(arguments: lines)
    func `each remark on a line says what happens and what to write`(
        line: String,
        form: Crontab.Form,
        expected: [String]
    ) throws {
        let crontab = Crontab(line + "\n", form: form)
        #expect(crontab.diagnostics == [])
        let entry = try #require(crontab.entries.first)
        let told = entry.remarks(isUser: { $0 == "root" }).map { remark in
            "\(remark.severity) \(remark.column): \(remark.message); \(remark.hint ?? "")"
        }
        #expect(told == expected)
    }
}
