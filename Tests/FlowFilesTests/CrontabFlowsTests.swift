import Cron
import Flows
import Testing

@testable import FlowFiles

/// A user's crontab(5) as flows.
struct CrontabFlowsTests {
    private func flows(_ text: String) -> [Flow] { load(text, as: "jobs.crontab").flows }

    @Test func `a line becomes a flow that does what cron would do`() throws {
        let (flows, faults) = load("30 2 * * 1-5\t/usr/bin/backup -v $HOME\n", as: "jobs.crontab")
        #expect(faults.map(\.severity) == [.note])
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
            environment: [Variable("PATH", "/usr/bin:/bin")],
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
        #expect(flows[0].environment == [Variable("PATH", "/usr/bin:/bin")])
        #expect(flows[1].environment.map(\.name) == ["PATH", "SHELL", "HOME", "TEXT"])
        let text = try? Template(flows[1].environment[3].value)
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
            "MAILTO=''\n@daily one\n0  12 * * * one\n@daily one\n0 12\t* * * one\n",
            as: "jobs.crontab"
        )
        #expect(flows.map { $0.schedules.map(\.text) } == [["@daily", "0 12 * * *"]])
        #expect(
            faults.map { "\($0.line) \($0.message)" } == [
                "4 line 2 says the same; it is run once, not twice",
                "5 line 2 says the same; it is run once, not twice",
            ]
        )
    }

    @Test func `lines with one command and another world are different flows`() {
        let flows = flows("@daily one\nX=1\n@daily one\nX=2\n@daily one\n@daily one%in\n")
        #expect(Set(flows.map(\.name)).count == 4)
        // However the lines stand, each keeps its name and does the same.
        let moved = self.flows("X=2\n@daily one%in\n@daily one\nX=1\n@daily one\n")
        let named = Dictionary(uniqueKeysWithValues: flows.map { ($0.name, $0) })
        #expect(moved.count == 3)
        for flow in moved { #expect(named[flow.name] == flow) }
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
            "MAILTO=''\n  CRON_TZ=Asia/Tokio\n@reboot x\n",
            """
            jobs.crontab:2:3: note: CRON_TZ is the zone of the lines below it, as in cronie; Debian's cron goes by the host's for them
                CRON_TZ=Asia/Tokio
                ^
                hint: without the line they are due when Debian's cron ran them
            jobs.crontab:2:3: there is no time zone 'Asia/Tokio' on this host
                CRON_TZ=Asia/Tokio
                ^
                hint: did you mean 'Asia/Tokyo'?
            """
        ),
        (
            "MAILTO=ada\n@reboot x\n",
            """
            jobs.crontab:1:1: note: a mail goes to MAILTO only when a command fails, not for any output
                MAILTO=ada
                ^
                hint: the output is kept; see it with 'flower logs'
            """
        ),
        ("MAILTO=\"\"\n@reboot x\n", ""),
        (
            "MAILTO=-x\n@reboot x\n",
            """
            jobs.crontab:1:1: warning: MAILTO: '-x' is no address: name@host, or a user of this host; no mail is sent
                MAILTO=-x
                ^
            """
        ),
        (
            "MAILTO=''\nLOGNAME=bob\n@reboot x\n",
            """
            jobs.crontab:2:1: note: LOGNAME is always the user's own
                LOGNAME=bob
                ^
            """
        ),
        (
            "MAILTO=''\nA-B=1\n@reboot x\n",
            """
            jobs.crontab:2:1: 'A-B' is not a name: letters, digits and '_', not beginning with a digit
                A-B=1
                ^
            """
        ),
        (
            "MAILTO=''\n0 0 30 2 * x\n",
            """
            jobs.crontab:2:1: warning: this line is never due again
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
        (
            "# nothing\n\n",
            "jobs.crontab: note: no entry: nothing comes of this file"
        ),
        ("", "jobs.crontab: note: no entry: nothing comes of this file"),
        (
            "MAILFROM=a\n",
            """
            jobs.crontab: note: no entry: nothing comes of this file
            jobs.crontab:1:1: note: MAILFROM is only a variable here: mail is from whom sendmail(8) says
                MAILFROM=a
                ^
            """
        ),
        (
            "MAILTO=''\nRANDOM_DELAY=10\nSTART_HOURS_RANGE=3-22\nCRON_TZ=Asia/Tokyo\n@daily x\n",
            """
            jobs.crontab:2:1: note: RANDOM_DELAY is only a variable here, as in Debian's cron: no start is moved
                RANDOM_DELAY=10
                ^
                hint: for what cronie does, 'jitter: 10m' of a schedule
            jobs.crontab:3:1: note: START_HOURS_RANGE is only a variable here: no start is moved
                START_HOURS_RANGE=3-22
                ^
            jobs.crontab:4:1: note: CRON_TZ is the zone of the lines below it, as in cronie; Debian's cron goes by the host's for them
                CRON_TZ=Asia/Tokyo
                ^
                hint: without the line they are due when Debian's cron ran them
            """
        ),
        (
            "@daily x\n",
            """
            jobs.crontab:1:1: note: without MAILTO cron mails all that is printed to the user (ada); here no mail is sent
                @daily x
                ^
                hint: the output is kept; see it with 'flower logs'; MAILTO= above the line, or 'notify: {mail: …}' of a flow, tells of failures
            """
        ),
        (
            "* * * * *\n@daily %text\n",
            """
            jobs.crontab:1:1: warning: an empty command does nothing
                * * * * *
                ^
            jobs.crontab:2:1: warning: an empty command does nothing
                @daily %text
                ^
            """
        ),
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
        let ours = faults.filter(\.isFault)
        #expect(ours.map(\.message) == ["the line is not UTF-8 text"])
        #expect(ours.map(\.line) == [2])
    }

    // MARK: what is told of a host

    /// `told HOST CRONTAB`, as in the system form.
    private func told(_ text: String, runner: String = "flower") -> [String] {
        let host = CrontabHost(
            runner: runner,
            runnerHome: "/var/lib/flower",
            home: { ["root": "/root", "web": "/srv/web", "flower": "/var/lib/flower"][$0] },
            folder: { ["/root": .closed, "/gone": .absent][$0] ?? .open },
            isProgram: { ["backup", "php"].contains($0) },
            given: [
                .init(name: "LANG", value: "de_DE.UTF-8", file: "/etc/default/locale"),
                .init(name: "X", value: "1", file: "/etc/environment"),
            ]
        )
        let crontab = Crontab("LANG=C\nX=2\nMAILTO=''\n" + text, form: .system)
        let jobs = CrontabJob.all(of: crontab, stem: "s", owner: nil, on: host)
        return CrontabRemark.all(of: crontab, jobs, on: host).map { remark in
            "\(remark.line) \(remark.severity): \(remark.message)"
                + (remark.hint.map { " -> \($0)" } ?? "")
        }
    }

    @Test func `who runs it, and whether that user may`() {
        let kept = "'ran_as' of the flow keeps it; see that flower may do what it does"
        let folder = "write HOME= above the line, or another 'working_directory' into a flow"
        #expect(told("@daily flower x\n") == [])
        #expect(
            told("@daily web x\n@daily web y\n@daily web z\n") == [
                "4 warning: ran as web and will run as flower, whose flow it becomes, and 2 more lines"
                    + " -> \(kept)"
            ]
        )
        #expect(
            told("@daily root x\n") == [
                "4 warning: HOME is /root, which is closed to 'flower': the command cannot start there"
                    + " -> \(folder)",
                "4 warning: ran as root and will run as flower, whose flow it becomes -> \(kept)",
            ]
        )
        #expect(
            told("@daily munin x\n@daily munin y\n") == [
                "4 warning: ran as munin and will run as flower, whose flow it becomes, and one more line"
                    + " -> \(kept)",
                "4 warning: there is no user 'munin' on this host, where Debian's cron would ignore the"
                    + " whole file",
            ]
        )
        #expect(
            told("HOME=/gone\n@daily flower x\n") == [
                "5 warning: HOME is /gone, which is not there: cron starts the command in /var/spool/cron"
                    + " then, here it does not start -> \(folder)"
            ]
        )
    }

    @Test func `what pam_env gives a command in cron`() {
        let told = told("LANG=\"\"\n").count + told("@daily flower x\n").count
        #expect(told == 1)
        let host = CrontabHost(
            runner: "ada",
            runnerHome: "/",
            home: { _ in nil },
            folder: { _ in .open },
            isProgram: { _ in false },
            given: [
                .init(name: "LANG", value: "C.UTF-8", file: "/etc/default/locale"),
                .init(name: "LC_TIME", value: "de", file: "/etc/default/locale"),
                .init(name: "X", value: "1", file: "/etc/environment"),
            ]
        )
        let crontab = Crontab("MAILTO=''\nX=2\n@daily x\n", form: .user)
        let jobs = CrontabJob.all(of: crontab, stem: "s", owner: nil, on: host)
        #expect(
            CrontabRemark.all(of: crontab, jobs, on: host) == [
                CrontabRemark(
                    severity: .note,
                    line: 3,
                    column: 1,
                    message:
                        "cron gives each command what /etc/default/locale says, which no task gets:"
                        + " LC_TIME=de",
                    hint: "write it above the lines, or into 'environment' of a flow"
                )
            ]
        )
    }

    static let columns: [(text: String, column: UserColumn)] = [
        ("@daily root x\n@daily web y\n", .certain("root")),
        ("@daily root x\n@daily munin [ -x y ] && y\n", .likely("root")),
        ("@daily munin /usr/bin/x\n", .likely("munin")),
        ("@daily munin x=$(y); z $x\n", .likely("munin")), ("@daily munin (x)\n", .likely("munin")),
        // A user that is also a program, a program alone, what the shell knows, an option, a path.
        ("@daily backup /home\n", .none), ("@daily root\n", .none), ("@daily php /x.php\n", .none),
        ("@daily test -x /y && y\n", .none), ("@daily munin -x\n", .none),
        ("@daily /usr/bin/x y\n", .none), ("@daily mine data\n", .none),
        ("@daily root x\n@daily ./run\n", .none), ("# none\n", .none),
    ]

    @Test(arguments: columns)
    func `a user column is known by what stands in it`(text: String, column: UserColumn) {
        let host = CrontabHost(
            runner: "ada",
            runnerHome: "/",
            home: { ["root": "/root", "web": "/srv", "backup": "/var/backups"][$0] },
            folder: { _ in .open },
            isProgram: { ["backup", "php", "test"].contains($0) },
            given: []
        )
        #expect(UserColumn(in: Crontab(text, form: .user), on: host) == column)
    }
}
