import Cron
import Execution
import FlowFiles
import Flows
import Foundation
import TestSupport
import Testing

@testable import FlowerKit

/// `flower import`: crontabs to flow files.
@Suite struct ImportTests {
    private func write(_ text: String, _ name: String, in fixture: CommandFixture) throws -> String
    {
        let path = "\(fixture.folder.path)/\(name)"
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func load(_ paths: [String]) throws -> [Flow] {
        let loader = FlowFileLoader(
            components: [:],
            zoneExists: { _ in true },
            zoneHint: { _ in nil },
            home: Account.current.home,
            runner: { nil },
            now: Fixture.now
        )
        let (sources, diagnostics) = loader.load(paths: paths)
        #expect(diagnostics.filter(\.isFault).isEmpty, "\(diagnostics)")
        return sources.flatMap(\.flows).sorted { $0.name < $1.name }
    }

    @Test func `an entry becomes a file that a person can read`() throws {
        let fixture = try CommandFixture()
        let crontab = try write(
            "CRON_TZ=Asia/Tokyo\nX=a${b}\n\n30 2 * * 1-5 /opt/backup \"$X\"\n0 12 * * 6 /opt/backup \"$X\"\n",
            "jobs.crontab",
            in: fixture
        )
        let to = "\(fixture.folder.path)/out"
        let result = try fixture.flower("import", crontab, "--to", to)
        #expect(result.code == .success)
        let told = """
            \(crontab):1:1: note: CRON_TZ is the zone of the lines below it, as in cronie; Debian's \
            cron goes by the host's for them
                CRON_TZ=Asia/Tokyo
                ^
                hint: without the line they are due when Debian's cron ran them
            \(crontab):4:1: note: without MAILTO cron mails all that is printed to the user \
            (\(Account.current.name)); here no mail is sent
                30 2 * * 1-5 /opt/backup "$X"
                ^
                hint: the output is kept; see it with 'flower logs'; MAILTO= above the line, or \
            'notify: {mail: …}' of a flow, tells of failures

            """
        #expect(withoutHost(result.errors) == told)
        let path = try #require(result.output.split(separator: "\n").first.map(String.init))
        let expected = """
            # From \(crontab), line 4.
            flow: jobs.backup-\(path.dropLast(5).suffix(6))
            schedules:
              - cron: "30 2 * * 1-5"
                timezone: Asia/Tokyo
              - cron: "0 12 * * 6"
                timezone: Asia/Tokyo
            overlap: allow  # as cron does: a run does not wait for the one before it
            environment:
              PATH: "/usr/bin:/bin"
              X: "a$${b}"
            working_directory: \(Account.current.home)
            shell: [/bin/sh]
            tasks:
              backup:
                run: |-
                  /opt/backup "$X"

            """
        #expect(try String(contentsOfFile: path, encoding: .utf8) == expected)
    }

    /// Without what is told of this host's own /etc/environment and locale.
    private func withoutHost(_ errors: String) -> String {
        var lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
        while let told = lines.firstIndex(where: { $0.contains(": note: cron gives each command") })
        {
            lines.removeSubrange(told...(told + 3))
        }
        return lines.joined(separator: "\n")
    }

    /// Commands that YAML could spoil.
    static let commands = [
        "echo 'a: b' # c", "- x", "true ", "\"q\" && {a}", "cat%in%put\\%", "x\\\\y \\t", "é ü 日本",
        "a\u{1}b", "%", "[ -x /bin/x ] && x", "no", "echo ${HOME:-x}", "? a", "| b", "&c", "!d",
        "cat%${X}", "tab\tinside", "\u{85}nel", "\u{2028}line",
    ]

    @Test(arguments: commands)
    func `the file means what the crontab means`(command: String) throws {
        let fixture = try CommandFixture()
        let text =
            "A='b: c'\nSHELL=/bin/bash\nHOME=/var/x\n5 4 * * * \(command)\n@reboot \(command)\n"
        let crontab = try write(text, "jobs.crontab", in: fixture)
        let to = "\(fixture.folder.path)/out"
        #expect(try fixture.flower("import", crontab, "--to", to).code == .success)
        let direct = try load([crontab])
        let imported = try load([to])
        #expect(imported.map(\.name) == direct.map(\.name))
        for (ours, theirs) in zip(imported, direct) {
            #expect(ours.schedules == theirs.schedules)
            #expect(ours.environment == theirs.environment)
            #expect(ours.shell == theirs.shell)
            #expect(ours.workingDirectory == theirs.workingDirectory)
            #expect(ours.overlap == theirs.overlap)
            #expect(ours.tasks == theirs.tasks)
        }
    }

    @Test func `the crontabs of Debian's packages become good flows`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../CronTests/DebianCrontabs").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count >= 15)
        let fixture = try CommandFixture()
        let to = "\(fixture.folder.path)/out"
        let paths = files.map { "\(folder)/\($0)" }
        let result = try fixture.flower(["import"] + paths + ["--form", "system", "--to", to])
        #expect(result.code == .success, "\(result.errors)")
        var entries = 0
        for path in paths {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            entries += Crontab(text, form: .system).entries.count
        }
        let flows = try load([to])
        #expect(flows.reduce(0) { $0 + $1.schedules.count } == entries)
    }

    @Test func `a user and mail that cannot be carried over are said`() throws {
        let fixture = try CommandFixture()
        let crontab = try write("MAILTO=ops\n@daily nobody-here x\n", "cron.d/job", in: fixture)
        let to = "\(fixture.folder.path)/out"
        let result = try fixture.flower("import", crontab, "--to", to)
        #expect(result.code == .success)
        let user = Account.current.name
        let expected = """
            \(crontab):1:1: note: a mail goes to MAILTO only when a command fails, not for any \
            output
                MAILTO=ops
                ^
                hint: the output is kept; see it with 'flower logs'
            \(crontab):2:1: warning: ran as nobody-here and will run as \(user), \
            whose flow it becomes
                @daily nobody-here x
                ^
                hint: 'ran_as' of the flow keeps it; see that \(user) may do what it does
            \(crontab):2:1: warning: there is no user 'nobody-here' on this host, where Debian's cron \
            would ignore the whole file
                @daily nobody-here x
                ^

            """
        #expect(withoutHost(result.errors) == expected)
        let path = try #require(result.output.split(separator: "\n").first.map(String.init))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("\nran_as: nobody-here  # by cron\n"))
        #expect(text.contains("\nnotify: {mail: [\"ops\"]}  # when a command fails\n"))
        #expect(try load([to]).flatMap { $0.hooks.flatMap(\.addresses) } == ["ops"])
    }

    @Test func `a name that cron ignores in cron.d is passed over, with a note`() throws {
        let fixture = try CommandFixture()
        let crontab = try write("@daily root x\n", "cron.d/job.dpkg-old", in: fixture)
        let result = try fixture.flower("import", crontab, "--to", "\(fixture.folder.path)/out")
        #expect(result.code == .success)
        #expect(result.output == "")
        #expect(result.errors.contains("job.dpkg-old: passed over, as Debian's cron does"))
    }

    @Test func `a fault in one file keeps all from being written`() throws {
        let fixture = try CommandFixture()
        let good = try write("@daily x\n", "good.crontab", in: fixture)
        let bad = try write("61 * * * * x\n* 25 * * * y\n@daily z", "bad.crontab", in: fixture)
        let to = "\(fixture.folder.path)/out"
        let result = try fixture.flower("import", good, bad, "--to", to)
        #expect(result.code == .badInput)
        #expect(result.output == "")
        #expect(result.errors.contains("\(bad):1:1: minute: 61 is out of range 0-59\n"))
        #expect(result.errors.contains("\(bad):2:3: hour: 25 is out of range 0-23\n"))
        #expect(result.errors.hasSuffix("flower: 3 faults; nothing was written\n"))
        #expect(!FileManager.default.fileExists(atPath: to))
    }

    @Test func `a file that is there is kept if it is the same, else all is refused`() throws {
        let fixture = try CommandFixture()
        let crontab = try write("@daily x\n", "jobs.crontab", in: fixture)
        let to = "\(fixture.folder.path)/out"
        let first = try fixture.flower("import", crontab, "--to", to)
        let path = try #require(first.output.split(separator: "\n").first.map(String.init))
        let again = try fixture.flower("import", crontab, "--to", to)
        #expect(again.code == .success && again.output == "")
        #expect(again.errors.hasSuffix("flower: 1 file unchanged\n"))
        try "mine".write(toFile: path, atomically: true, encoding: .utf8)
        let refused = try fixture.flower("import", crontab, "--to", to)
        #expect(refused.code == .cannotCreate)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func `a crontab that is not there is exit 66`() throws {
        let fixture = try CommandFixture()
        #expect(try fixture.flower("import", "/nonexistent/x").code == .notFound)
    }

    @Test func `lines that have moved change nothing that runs`() throws {
        let fixture = try CommandFixture()
        let to = "\(fixture.folder.path)/out"
        let lines = ["0 3 * * * a x", "5\t4 * * 1 a x", "@daily b", "X=1", "@daily b", "@hourly c"]
        let before = try write(lines.joined(separator: "\n") + "\n", "jobs.crontab", in: fixture)
        #expect(try fixture.flower("import", before, "--to", to).code == .success)
        let flows = try load([to])
        #expect(flows.count == 4)
        #expect(try load([before]).map(\.name) == flows.map(\.name))
        let moved = [
            "# new", "@daily b", "5 4  * * 1 a x", "", "0 3 * * * a x", "X=1", "@hourly c",
        ]
        let after = (moved + ["@daily b", ""]).joined(separator: "\n")
        _ = try write(after, "jobs.crontab", in: fixture)
        let result = try fixture.flower("import", before, "--to", to)
        #expect(result.code == .success && result.output == "")
        #expect(result.errors.hasSuffix("flower: 4 files unchanged\n"))
        #expect(try load([to]) == flows)
        // A time that has changed is a difference.
        _ = try write(after.replacing("0 3 *", with: "0 4 *"), "jobs.crontab", in: fixture)
        #expect(try fixture.flower("import", before, "--to", to).code == .cannotCreate)
    }

    /// In the fixture's zone's stead CRON_TZ's, as the host's may have no clock changes.
    @Test func `what cron starts for each skipped time is told where it touches a line`() throws {
        let fixture = try CommandFixture()
        let crontab = try write(
            "MAILTO=''\nCRON_TZ=Europe/Berlin\n5,35 2 * * * a\n5 2 * * * b\n*/5 * * * * c\n",
            "jobs.crontab",
            in: fixture
        )
        let result = try fixture.flower("import", crontab, "--to", "\(fixture.folder.path)/out")
        let told = result.errors.split(separator: "\n").filter { $0.contains("goes forward") }
        #expect(told.count == 1)
        let line = try #require(told.first)
        #expect(line.hasPrefix("\(crontab):3:1: note: where the clock goes forward ("))
        #expect(
            line.hasSuffix(
                " 03:00) cron starts it 2 times at once, for each time that is skipped; here it is"
                    + " due once"
            )
        )
    }

    static let forms: [(name: String, text: String, form: String?, told: String?)] = [
        (
            "jobs.txt", "@daily root x\n", nil,
            """
            1:1: is 'root' the user that runs the command? each line has a user there
                hint: --form system if it is, --form user if it is a program
            """
        ),
        (
            "jobs.txt", "@daily no-such-user /x\n", nil,
            """
            1:1: is 'no-such-user' the user that runs the command? it would be a user of another host
                hint: --form system if it is, --form user if it is a program
            """
        ),
        (
            "cron.d/jobs", "@daily /x y\n", nil,
            """
            1:8: bad username: '/x' can be no user's name
                hint: here the user stands between schedule and command; a file without that column is \
            read with --form user
            """
        ),
        (
            "cron.d/jobs", "@daily sleep 1\n", nil,
            """
            1:1: bad username: 'sleep' is no user of this host, but a program
                hint: --form user if the file has no user column, --form system if it has
            """
        ),
        ("jobs.txt", "@daily root x\n", "system", nil),
        ("jobs.txt", "@daily root x\n", "user", nil),
        ("cron.d/jobs", "@daily sleep 1\n", "system", nil),
        ("cron.d/jobs", "@daily /x y\n", "user", nil), ("crontab", "@daily root x\n", nil, nil),
        ("jobs.txt", "@daily root\n", nil, nil), ("jobs.txt", "@daily /x root\n", nil, nil),
    ]

    @Test(arguments: forms)
    func `the form is known by the content, or asked for`(
        name: String,
        text: String,
        form: String?,
        told: String?
    ) throws {
        let fixture = try CommandFixture()
        let crontab = try write(text, name, in: fixture)
        let to = "\(fixture.folder.path)/out"
        let result = try fixture.flower(
            ["import", crontab, "--to", to] + (form.map { ["--form", $0] } ?? [])
        )
        #expect(result.code == (told == nil ? .success : .badInput), "\(result.errors)")
        guard let told else { return }
        // Between message and hint stands the line.
        for line in told.split(separator: "\n") {
            #expect(result.errors.contains("\(line)\n"), "\(result.errors)")
        }
    }

    @Test func `a crontab of cron's spool is of the user for whom it is named`() throws {
        let fixture = try CommandFixture()
        let crontab = try write("@daily x\n", "spool/cron/crontabs/bin", in: fixture)
        let to = "\(fixture.folder.path)/out"
        let result = try fixture.flower("import", crontab, "--to", to)
        #expect(result.code == .success)
        #expect(result.errors.contains(": warning: ran as bin and will run as "))
        let path = try #require(result.output.split(separator: "\n").first.map(String.init))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("\nran_as: bin  # by cron\nworking_directory: /bin\n"))
        #expect(text.contains("\n  HOME: \"/bin\"\n"))
    }

    @Test func `what the host gives to cron's commands is read as pam_env reads it`() throws {
        let fixture = try CommandFixture()
        let first = try write("# c\nLANG=de\nPATH=/x\nA='b c'\n", "environment", in: fixture)
        let second = try write("LANG=\"fr\"\n", "locale", in: fixture)
        let given = CrontabHost.given(in: [first, second, "/nonexistent"])
        #expect(
            given == [
                .init(name: "A", value: "b c", file: first),
                .init(name: "LANG", value: "fr", file: second),
            ]
        )
    }

    @Test func `whether another user may enter a folder goes by modes`() throws {
        let folder = try TemporaryFolder()
        #expect(CrontabHost.folder(folder.path + "/none", for: "nobody") == .absent)
        #expect(CrontabHost.folder("/etc/passwd", for: "nobody") == .absent)
        #expect(CrontabHost.folder("/usr", for: "nobody") == .open)
        chmod(folder.path, 0o700)
        #expect(CrontabHost.folder(folder.path, for: Account.current.name) == .open)
        #expect(CrontabHost.folder(folder.path, for: "nobody") == .closed)
    }
}
