import Testing

@testable import Cron

/// Lines that cron does not read and other programs do: what is said, and that a line it names is read.
@Suite struct CrontabHintTests {
    static let lines: [(line: String, said: String, write: String?)] = [
        (
            "*/5 * * * * * * run",
            "1:13: a '*' where the command begins; a crontab has five time "
                + #"fields; in a flow file cron: "*/5 * * * * * *" says it"#, nil
        ),
        (
            "0 */5 4 * * * * run",
            "1:13: a '*' where the command begins; a crontab has five time "
                + "fields: write */5 4 * * *", "*/5 4 * * *"
        ),
        (
            "0 12 * * 1 * run",
            "1:12: a '*' where the command begins; a crontab has five time "
                + "fields: write 0 12 * * 1; if the first are seconds, 12 * * 1 *", "0 12 * * 1"
        ),
        (
            "5 12 * * 1 * run",
            "1:12: a '*' where the command begins; a crontab has five time "
                + "fields: write 5 12 * * 1; if the first are seconds, in a flow file cron: "
                + #""5 12 * * 1 *""#, "5 12 * * 1"
        ),
        (
            "0 30 * * 1 * run",
            "1:12: a '*' where the command begins; a crontab has five time "
                + "fields", nil
        ),
        (
            "{SCHEDULE} /bin/sh run now please",
            "1:1: '{SCHEDULE}' is a template's place that was not filled in; write the schedule "
                + "there: 30 2 * * *, or @daily", nil
        ),
        (
            "$SCHEDULE run",
            "1:1: '$SCHEDULE' is a template's place that was not filled in; write "
                + "the schedule there: 30 2 * * *, or @daily", nil
        ),
        ("// every day", "1:1: a comment does not begin with '//'; write #", nil),
        ("  ; every day", "1:3: a comment does not begin with ';'; write #", nil),
        ("-- every day", "1:1: a comment does not begin with '--'; write #", nil),
        ("/* every day */", "1:1: a comment does not begin with '/*'; write #", nil),
        (
            "\u{FEFF}30 2 * * * run",
            "1:1: a byte order mark before the first line, which cron "
                + "takes for a part of it; save the file as UTF-8 without one", nil
        ),
        (
            "\u{FEFF}# a comment",
            "1:1: a byte order mark before the first line, which cron "
                + "takes for a part of it; save the file as UTF-8 without one", nil
        ),
        (
            "@daily run\u{0}",
            "1:1: the line holds a NUL byte, so it is no text; is this the right file?", nil
        ),
        (
            "CRON_TZ=\"Eu rope\"",
            "1:1: 'Eu rope' is not a zone name; write CRON_TZ=Europe/London on a line of its own",
            nil
        ),
        (
            "+MON * * * * run",
            "1:1: minute: a number cannot begin with '+'; values are written without a sign", nil
        ),
        (
            "0 6 1-7 * +MON run",
            "1:11: day-of-week: a number cannot begin with '+'; write 0 6 * * "
                + "MON#1", "0 6 * * MON#1"
        ),
    ]

    @Test(arguments: lines)
    func `a line of another program's is told with what to write`(
        line: String,
        said: String,
        write: String?
    ) throws {
        let crontab = Crontab(line + "\n", form: .user)
        let told = crontab.diagnostics.map { fault in
            "\(fault.line):\(fault.column): \(fault.message)" + (fault.hint.map { "; \($0)" } ?? "")
        }
        #expect(told == [said])
        #expect(!crontab.isValid)
        guard let write else { return }
        #expect(said.contains(write))
        #expect(Crontab("\(write) run\n", form: .user).diagnostics == [])
    }

    static let bytes: [(bytes: [UInt8], form: Crontab.Form, said: String)] = [
        (
            Array("@daily caf".utf8) + [0xE9, 0x0A], .user,
            "1:1: the line is not UTF-8 text; save the file as UTF-8: iconv -f ISO-8859-1 -t UTF-8"
        ),
        (
            [0xFF, 0xFE, 0x40, 0], .user,
            "1:1: the file is UTF-16, not UTF-8; save the file as UTF-8: iconv -f UTF-16 -t UTF-8"
        ),
        (
            Array("0 3 * * * root\n".utf8), .system,
            "1:15: the command is missing; the schedule is followed by a user and a command"
        ),
        (
            Array("@daily x".utf8), .user,
            "1:1: the last line does not end in a newline; Debian's cron ignores such a file; end the line"
        ),
    ]

    @Test(arguments: bytes)
    func `what is no crontab's text is told with what to do`(
        bytes: [UInt8],
        form: Crontab.Form,
        said: String
    ) {
        let told = Crontab(bytes, form: form).diagnostics.map { fault in
            "\(fault.line):\(fault.column): \(fault.message)" + (fault.hint.map { "; \($0)" } ?? "")
        }
        #expect(told == [said])
    }

    @Test func `a name that begins with a mark of comments is still a variable, as in cron`() {
        let crontab = Crontab("//A=1\n;B=2\n", form: .user)
        #expect(crontab.assignments.map(\.name) == ["//A", ";B"])
        #expect(crontab.diagnostics == [])
    }
}
