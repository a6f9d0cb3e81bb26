import Cron
import Flows
import Testing

@testable import FlowFiles

/// A user's crontab(5) as flows.
struct CrontabFlowsTests {
    private func flows(_ text: String) -> [Flow] { load(text, as: "jobs.crontab").flows }

    @Test func `a line becomes a flow that does what cron would do`() throws {
        let (flows, faults) = load("30 2 * * 1-5\t/usr/bin/backup -v $HOME\n", as: "jobs.crontab")
        #expect(faults.isEmpty)
        let name = try #require(flows.first?.name)
        #expect(name.hasPrefix("jobs.backup-"))
        let expected = Flow(
            name: name,
            description: "/usr/bin/backup -v $HOME",
            schedules: [
                ScheduleSpec(
                    text: "30 2 * * 1-5",
                    expression: try CronExpression("30 2 * * 1-5", hashID: name)
                )
            ],
            overlap: .allow,
            workingDirectory: "/home/ada",
            shell: ["/bin/sh"],
            tasks: [TaskSpec(name: "backup", action: .run("/usr/bin/backup -v $HOME"))]
        )
        #expect(flows == [expected])
    }

    @Test func `assignments hold for the lines below them`() {
        let flows = flows(
            """
            @daily one
            SHELL=/bin/bash
            HOME = "data"
            TEXT='a ${b} $$c'
            LOGNAME=bob
            CRON_TZ=Asia/Tokyo
            @daily two
            CRON_TZ=UTC
            @daily three

            """
        )
        #expect(flows.map(\.shell) == [["/bin/sh"], ["/bin/bash"], ["/bin/bash"]])
        #expect(flows.map(\.workingDirectory) == ["/home/ada", "/home/ada/data", "/home/ada/data"])
        #expect(flows.map { $0.schedules[0].timezone } == [nil, "Asia/Tokyo", "UTC"])
        #expect(flows[0].environment.isEmpty)
        #expect(flows[1].environment.map(\.name) == ["SHELL", "HOME", "TEXT"])
        let text = try? Template(flows[1].environment[2].value)
        #expect(text?.filled { _ in nil } == "a ${b} $$c")
    }

    @Test func `text after a percent sign is the command's input`() throws {
        let flows = flows(
            """
            @daily mail -s "${x} 5\\%" ada%Hello,%100\\% ${done}%
            @daily cat %
            SHELL=/bin/bash
            @daily wc%a

            """
        )
        func filled(_ flow: Flow) throws -> [String] {
            guard case .exec(let arguments) = flow.tasks[0].action else { return [] }
            return try arguments.map { try Template($0).filled { _ in nil } }
        }
        let script = #"printf %s "$1" | "$2" -c "$3""#
        #expect(
            try filled(flows[0]) == [
                "/bin/sh", "-c", script, "sh", "Hello,\n100% ${done}\n", "/bin/sh",
                #"mail -s "${x} 5%" ada"#,
            ]
        )
        #expect(flows[1].tasks[0].action == .run("cat "))
        #expect(try filled(flows[2]).suffix(3) == ["a\n", "/bin/bash", "wc"])
    }

    @Test func `moving or rescheduling a line keeps its flow`() {
        let a = flows("@daily /usr/bin/one x\n@daily two\n")
        let b = flows("@daily two\n# moved\n5 5 * * * /usr/bin/one x\n")
        #expect(Set(a.map(\.name)) == Set(b.map(\.name)))
        #expect(flows("@daily /usr/bin/one y\n").first?.name != a.first?.name)
    }

    @Test func `lines with one command are schedules of one flow`() {
        let (flows, faults) = load(
            "@daily one\n0 12 * * * one\n@daily one\n@daily one\n",
            as: "jobs.crontab"
        )
        #expect(flows.map { $0.schedules.map(\.text) } == [["@daily", "0 12 * * *"]])
        #expect(
            faults.map { "\($0.line) \($0.message)" } == [
                "3 line 1 says the same; it is run once, not twice",
                "4 line 1 says the same; it is run once, not twice",
            ]
        )
    }

    @Test func `lines with one command and another world are different flows`() {
        let flows = flows("@daily one\nX=1\n@daily one\nX=2\n@daily one\n@daily one%in\n")
        #expect(Set(flows.map(\.name)).count == 4)
        #expect(flows.allSatisfy { Names.faultOfFlow($0.name) == nil })
    }

    @Test func `H chooses by the flow's name`() throws {
        let flow = try #require(flows("H H * * * one\n").first)
        #expect(
            flow.schedules[0].expression == (try CronExpression("H H * * *", hashID: flow.name))
        )
    }

    @Test(arguments: [
        (
            "30 25 * * * x\n",
            """
            jobs.crontab:1:4: hour: 25 is out of range 0-23
                30 25 * * * x
                   ^
            """
        ),
        (
            "\n  CRON_TZ=Asia/Tokio\n",
            """
            jobs.crontab:2:3: there is no time zone 'Asia/Tokio' on this host
                CRON_TZ=Asia/Tokio
                ^
                hint: did you mean 'Asia/Tokyo'?
            """
        ),
        (
            "MAILTO=ada\n",
            """
            jobs.crontab:1:1: warning: a mail goes to MAILTO only when a command fails, not for any output
                MAILTO=ada
                ^
                hint: the output is kept; see it with 'flower logs'
            """
        ),
        ("MAILTO=\"\"\n", ""),
        (
            "MAILTO=-x\n",
            """
            jobs.crontab:1:1: warning: MAILTO: '-x' is no address: name@host, or a user of this host; no mail is sent
                MAILTO=-x
                ^
            """
        ),
        (
            "LOGNAME=bob\n",
            """
            jobs.crontab:1:1: warning: LOGNAME is always the user's own
                LOGNAME=bob
                ^
            """
        ),
        (
            "A-B=1\n",
            """
            jobs.crontab:1:1: 'A-B' is not a name: letters, digits and '_', not beginning with a digit
                A-B=1
                ^
            """
        ),
        (
            "0 0 30 2 * x\n",
            """
            jobs.crontab:1:1: warning: this line is never due again
                0 0 30 2 * x
                ^
            """
        ),
        (
            "@daily %text\n",
            """
            jobs.crontab:1:1: warning: an empty command does nothing
                @daily %text
                ^
            """
        ),
        ("# nothing\n\n", ""), ("", ""),
    ])
    func `what is wrong with a line is shown in it`(text: String, shown: String) {
        #expect(rendered(text, as: "jobs.crontab") == shown)
    }

    @Test func `too many assignments are refused before they are read`() {
        let lines = (0...1000).map { "V\($0)=1\n" }.joined()
        #expect(
            rendered(lines, as: "jobs.crontab")
                == "jobs.crontab: has 1001 assignments; at most 1000 are read"
        )
    }

    @Test func `the line of a crontab is cron's line`() {
        // A carriage return and NEL end no line here; to YAML they would.
        let (_, faults) = load("# a\r b\u{85} c\n@dayly x\n", as: "jobs.crontab")
        #expect(faults.map(\.line) == [2])
        #expect(faults.first?.excerpt?.hasPrefix("@dayly x\n") == true)
    }

    @Test func `bytes that are no text are a fault of their line`() {
        let (_, faults) = load(Array("@daily x\n@daily ".utf8) + [0xFF, 0x0A], as: "jobs.crontab")
        #expect(faults.map(\.message) == ["the line is not UTF-8 text"])
        #expect(faults.map(\.line) == [2])
    }
}
