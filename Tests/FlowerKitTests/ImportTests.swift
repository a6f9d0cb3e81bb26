import Cron
import Execution
import FlowFiles
import Flows
import Foundation
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
        #expect(result.errors == "")
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
            \(crontab):1:1: warning: a mail goes to MAILTO only when a command fails, not for any \
            output
                hint: the output is kept; see it with 'flower logs'
            \(crontab):2:1: warning: ran as nobody-here and will run as \(user), \
            whose flow it becomes

            """
        #expect(result.errors == expected)
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
        #expect(again == .init(code: .success, output: "", errors: "flower: 1 file unchanged\n"))
        try "mine".write(toFile: path, atomically: true, encoding: .utf8)
        let refused = try fixture.flower("import", crontab, "--to", to)
        #expect(refused.code == .cannotCreate)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func `a crontab that is not there is exit 66`() throws {
        let fixture = try CommandFixture()
        #expect(try fixture.flower("import", "/nonexistent/x").code == .notFound)
    }
}
