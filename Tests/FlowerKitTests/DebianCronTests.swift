import Cron
import Execution
import FlowFiles
import Flows
import Foundation
import TestSupport
import Testing

@testable import FlowerKit

/// Crontabs of Debian's packages, and odd lines, beside Debian's own cron 3.0pl1.
@Suite(.serialized, .enabled(if: DebianCron.isThere)) struct DebianCronTests {
    private static func form(_ file: DebianCron.File) -> Crontab.Form {
        file.isSystem ? .system : .user
    }

    @Test func `there are at least sixty`() {
        #expect(DebianCron.files.count >= 60)
        #expect(DebianCron.files.count(where: \.isSystem) >= 50)
    }

    /// Each file, and each line of it alone, by `crontab -n`.
    @Test func `what Debian's parser takes of the packages is taken, line by line`() throws {
        var lines = 0
        for file in DebianCron.files {
            #expect(try DebianCron.accepts(file.text) == Crontab(file.text, form: .user).isValid)
            let crontab = Crontab(file.text, form: Self.form(file))
            #expect(crontab.isValid, "\(file.name): \(crontab.diagnostics)")
            let meant = file.text.split(separator: "\n").map { $0.drop { " \t".contains($0) } }
                .filter { !$0.isEmpty && $0.first != "#" }
            #expect(
                crontab.entries.count + crontab.assignments.count == meant.count,
                "\(file.name)"
            )
            for line in meant {
                lines += 1
                let isTaken = try DebianCron.accepts("\(line)\n")
                #expect(Crontab("\(line)\n", form: .user).isValid == isTaken, "\(line)")
            }
        }
        #expect(lines > 100)
    }

    /// Lines that no package has, and their nearest neighbours.
    static let odd = [
        "* * * * * x\n# c", "* * * * * x\n  ", "* * * * * x\n\t # c", "* * * * * x", "A=1",
        "* * * * * x\nA=1", "A='v  '\n", "A=' v'\n", "A='x' # c\n", "A='x\n", "'A' = x\n",
        "A B=c\n", "E==\n", "A\n", "* * * * *\n", "* * * * * \n", "@daily\n", "@daily \n",
        "@Daily x\n", "* * * * * * x\n", "* * * * * %x\n", "*/90 * * * * x\n", "0 24 * * * x\n",
        "60 * * * * x\n", "0 0 32 * * x\n", "0 0 0 * * x\n", "0 0 * 13 * x\n", "0 0 * 0 * x\n",
        "0 0 * * 8 x\n", "0 0 * * 7 x\n", "*/0 * * * * x\n", "1,,2 * * * * x\n", "5- * * * * x\n",
        "0 0 * jan-DEC mon x\n", "0 0 * * sun-tue x\n", "\r\n", "# only\n", "", "\n",
        "1-59/2,7\t3 *\t* * x\n", "@reboot x\n", "@midnight x\n", "08 09 * * * x\n",
    ]

    @Test(arguments: odd)
    func `an odd line is taken where Debian's parser takes it`(text: String) throws {
        #expect(try DebianCron.accepts(text) == Crontab(text, form: .user).isValid)
    }

    @Test func `the limit of a command is Debian's, which we only note`() throws {
        for (count, isTaken) in [(998, true), (999, false)] {
            let text = "@daily \(String(repeating: "x", count: count))\n"
            #expect(try DebianCron.accepts(text) == isTaken)
            #expect(Crontab(text, form: .user).diagnostics.isEmpty == isTaken)
        }
        // Debian 12's; from 13 on it is the empty value.
        #expect(try !DebianCron.accepts("A=\n"))
    }

    // MARK: form

    private func importing(_ file: DebianCron.File, as name: String) throws -> CommandFixture.Result
    {
        let fixture = try CommandFixture()
        let path = "\(fixture.folder.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try file.text.write(toFile: path, atomically: true, encoding: .utf8)
        return try fixture.flower("import", path, "--to", fixture.folder.path + "/out")
    }

    @Test func `a package's crontab is read in its form, or asked about, never misread`() throws {
        var asked = 0
        for file in DebianCron.files {
            let name = (file.name as NSString).lastPathComponent.replacing(".", with: "-")
            let hasEntries = !Crontab(file.text, form: .user).entries.isEmpty
            // Where cron finds it.
            if file.isSystem {
                let inPlace = try importing(file, as: "cron.d/\(name)")
                #expect(inPlace.code == .success, "\(file.name): \(inPlace.errors)")
            }
            // Under a name that says the other form.
            let other = try importing(file, as: file.isSystem ? "\(name).txt" : "cron.d/\(name)")
            guard hasEntries else {
                #expect(other.code == .success && other.errors.contains("no entry"))
                continue
            }
            let isTold =
                other.code == .badInput
                || other.errors.contains("there is no user")
            #expect(isTold, "\(file.name): \(other.errors)")
            asked += other.code == .badInput ? 1 : 0
        }
        #expect(asked > 45)
    }

    // MARK: beside cron

    /// The file with each schedule `@reboot`, and the recorder for a shell.
    private static func recording(_ text: String, as name: String) -> String {
        var number = 0
        var lines = ["SHELL=\(DebianCron.shell)"]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.hasPrefix("SHELL") { continue }
            guard let match = line.firstMatch(of: #/^\s*(@\w+|[\d*]\S*(\s+\S+){4})(?=\s)/#) else {
                lines.append(String(line))
                continue
            }
            lines.append("RECORD=/mnt/\(name).\(number)")
            lines.append("@reboot" + line[match.range.upperBound...])
        }
        return lines.joined(separator: "\n")
    }

    @Test(.enabled(if: DebianCron.canRun))
    func `each command of the packages starts as cron starts it, with its user`() throws {
        let stage = try TemporaryFolder()
        var system: [String: String] = [:]
        var users: Set<String> = []
        var expected: [String: CrontabJob] = [:]
        let host = CrontabHost.current(runner: .current)
        for (number, file) in DebianCron.files.filter(\.isSystem).enumerated() {
            let name = "file\(number)"
            system[name] = Self.recording(file.text, as: name)
            let crontab = Crontab(file.text, form: .system)
            users.formUnion(crontab.entries.compactMap(\.user))
            for job in CrontabJob.all(of: crontab, stem: name, owner: nil, on: host) {
                expected["\(name).\(job.entry.line)"] = job
            }
        }
        #expect(expected.count > 60)
        let starts = try DebianCron.starts(in: stage.path, system: system, users: users)
        #expect(Set(starts.keys) == Set(expected.keys))
        for (name, job) in expected {
            guard let start = starts[name] else { continue }
            #expect(start.user == job.entry.user)
            // Of several blanks behind the user cron keeps all but the first, which no shell minds.
            let command = start.command.drop { $0 == " " || $0 == "\t" }
            #expect(command == job.setting.command)
            #expect(start.input == job.setting.input)
            for variable in job.setting.variables where !["SHELL", "HOME"].contains(variable.name) {
                #expect(start.environment[variable.name] == variable.value, "\(name)")
            }
        }
    }

    /// Files of root's, each with one command, as they stand above and in it.
    static let lines = [
        "C", "C a  b", "C 'q \"r\"'", "C a\\%b", "C%", "C%one%two", "C%a\\%b%%c", "C \\\\ x",
        "C\\\\%x",
        "C $HOME ${X:-y}", "C \t tail \t", "C # no comment", "C 'é ü' 日本", "C %x\\\\y%",
        "C a\\b\\%",
        "A=1\nC", "A = 1 \nC", "A=\"x y\"\nC", "A='v  '\nC", "A=' v'\nC", "A=x # y\nC",
        "A=$HOME/x\nC",
        "A=1\nB=2\nA=3\nC", "\"A\" = 'x'\nC", "A==\nC", "A=\"\"\nC", "PATH=/opt:/bin\nC",
        "HOME=/tmp\nC",
        "LOGNAME=bob\nC", "MAILTO=\"\"\nC", "TZ=Asia/Tokyo\nC", "LANG=C\nC", "A=1 \t \nC",
        "USER=x\nC",
        "A=x\"y\"\nC", "A=%x\nC", "A=\\%x\nC", "CRON_TZ=UTC\nC",
    ]

    /// `flower import` and `flower run`, against cron, of the user who runs this test, root.
    @Test(.enabled(if: DebianCron.canRun))
    func `odd lines run as cron runs them`() throws {
        let stage = try TemporaryFolder()
        func text(_ lines: String, _ record: String, _ shell: String) -> String {
            let entry = "SHELL=\(shell)\nRECORD=\(record)\n\(lines)\n"
            return entry.replacing(#/(?m)^C(?![A-Z])/#, with: "@reboot root /bin/c")
        }
        var system: [String: String] = [:]
        let fixture = try CommandFixture()
        let to = "\(fixture.folder.path)/out"
        let shell = "\(fixture.folder.path)/recorder"
        try DebianCron.recorder.write(toFile: shell, atomically: true, encoding: .utf8)
        chmod(shell, 0o755)
        for (number, lines) in Self.lines.enumerated() {
            system["line\(number)"] = text(lines, "/mnt/\(number)", DebianCron.shell)
            let path = "\(fixture.folder.path)/line\(number)"
            let record = "\(fixture.folder.path)/record\(number)"
            try text(lines, record, shell).write(toFile: path, atomically: true, encoding: .utf8)
            let result = try fixture.flower("import", path, "--form", "system", "--to", to)
            #expect(result.code == .success, "\(result.errors)")
        }
        #expect(try fixture.flower("apply", to).code == .success)
        for name in try FileManager.default.contentsOfDirectory(atPath: to) {
            let flow = (name as NSString).deletingPathExtension
            #expect(try fixture.flower("register", flow).code == .success)
        }
        #expect(try fixture.flower("run").code == .success)
        let starts = try DebianCron.starts(in: stage.path, system: system)
        #expect(starts.count == Self.lines.count)
        for (number, lines) in Self.lines.enumerated() {
            let data = FileManager.default.contents(
                atPath: "\(fixture.folder.path)/record\(number)"
            )
            let ours = try #require(data.flatMap { DebianCron.Start($0) }, "\(lines)")
            let theirs = try #require(starts["\(number)"], "\(lines)")
            #expect(ours.command == theirs.command, "\(lines)")
            #expect(ours.input == theirs.input, "\(lines)")
            #expect(ours.folder == theirs.folder, "\(lines)")
            #expect(ours.user == theirs.user, "\(lines)")
            for (name, value) in theirs.environment where !["CRON_TZ", "SHELL"].contains(name) {
                #expect(ours.environment[name] == value, "\(lines): \(name)")
            }
        }
    }

    /// What makes cron ignore a whole file, and what does not.
    static let whole: [(text: String, isRead: Bool)] = [
        ("R", true), ("R# c", true), ("@daily root\nR", false), ("@daily root \nR", true),
        ("@daily no-such-user x\nR", false), ("@daily /usr/bin/x y\nR", false),
        ("@daily -root x\nR", false), ("A='x\nR", false),
    ]

    @Test(.enabled(if: DebianCron.canRun))
    func `cron ignores a file for a user that is not there, and we say so`() throws {
        let stage = try TemporaryFolder()
        var system: [String: String] = [:]
        for (number, (text, _)) in Self.whole.enumerated() {
            let job = "SHELL=\(DebianCron.shell)\nRECORD=/mnt/\(number)\n@reboot root x\n"
            system["file\(number)"] = text.replacing("R", with: job)
        }
        let environment = "GIVEN='by pam'\nPATH=/nowhere\n"
        let crontabs = [
            "no-such-user": "@reboot x\n",
            "root": "SHELL=\(DebianCron.shell)\nRECORD=/mnt/own\n@reboot x\n",
        ]
        let starts = try DebianCron.starts(
            in: stage.path,
            system: system,
            crontabs: crontabs,
            environment: environment
        )
        #expect(starts["own"]?.user == "root")
        #expect(starts["0"]?.environment["GIVEN"] == "by pam")
        #expect(starts["0"]?.environment["PATH"] == "/usr/bin:/bin")
        for (number, (text, isRead)) in Self.whole.enumerated() {
            #expect((starts["\(number)"] != nil) == isRead, "\(text)")
            let crontab = Crontab(text.replacing("R", with: "@reboot root x\n"), form: .system)
            let host = CrontabHost.current(runner: .current)
            let jobs = CrontabJob.all(of: crontab, stem: "x", owner: nil, on: host)
            let told = CrontabRemark.all(of: crontab, jobs, on: host)
            let isTold =
                !crontab.isValid || told.contains { $0.message.hasPrefix("there is no user") }
            #expect(isTold != isRead, "\(text)")
        }
    }
}
