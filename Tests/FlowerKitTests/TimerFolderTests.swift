import FlowFiles
import Foundation
import TestSupport
import Testing

@testable import FlowerKit

/// `flower import`: which of the files in a timer's folder count, and what is said of those that are not there.
@Suite struct TimerFolderTests: TimerFixture {
    let fixture: CommandFixture

    init() throws { fixture = try CommandFixture() }

    @Test func `of a folder every timer is read, and what cannot be said is passed over`() throws {
        try write("a.timer", "[Timer]\nOnCalendar=daily\n")
        try write("a.service", "[Service]\nExecStart=a\n")
        try write("b.timer", "[Timer]\nOnCalendar=*:*:0.5\n")
        try write("b.service", "[Service]\nExecStart=b\n")
        try write("c@.timer", "[Timer]\nOnCalendar=daily\n")
        try write("c@.service", "[Service]\nExecStart=c %i\n")
        try write("d.timer", "")
        try write("e.timer", "[Timer]\nOnCalendar=daily\n")
        symlink("none.timer", "\(units)/f.timer")
        symlink("g.timer", "\(units)/g.timer")
        try write("other.txt", "nothing")
        let result = try fixture.flower("import", units, "--to", to)
        #expect(result.code == .success)
        #expect(result.output == "\(to)/a.yaml\n")
        let errors = result.errors.replacing("\(units)/", with: "")
        #expect(errors.contains("b.timer:2:1: warning: OnCalendar=*:*:0.5 is no"))
        #expect(errors.contains("say; the timer is passed over\n"))
        #expect(errors.contains("flower: c@.timer: passed over: a template; name its instance"))
        #expect(errors.contains("flower: d.timer: passed over: it is masked"))
        #expect(errors.contains("e.timer: warning: there is no e.service in"))
        #expect(errors.contains("f.timer: passed over: is a link to a file that does not exist\n"))
        #expect(errors.contains("g.timer: passed over: is a link that leads back to itself\n"))
        #expect(errors.hasSuffix("flower: 6 of 7 timers passed over\n"))
        // An instance is there by its template.
        #expect(try imported("c@x-y.timer").code == .success)
        #expect(try file("c-x-y").contains("exec: [c, x-y]\n"))
    }

    @Test func `drop-ins count, those of the service too`() throws {
        try write("a.timer", "[Timer]\nOnCalendar=daily\n")
        try write("a.timer.d/x.conf", "[Timer]\nOnCalendar=\nOnCalendar=weekly\n")
        try write("a.service", "[Service]\nExecStart=a\n")
        try write("a.service.d/x.conf", "[Service]\nExecStart=\nExecStart=b\nEnvironment=X=1\n")
        #expect(try imported("a.timer").code == .success)
        let text = try file("a")
        #expect(text.contains("\"0 0 * * MON\"  # OnCalendar=weekly\n"))
        #expect(!text.contains("daily"))
        #expect(text.hasSuffix("tasks:\n  b:\n    exec: [b]\n"))
        #expect(text.contains("# From \(units)/a.service.d/x.conf.\n"))
    }

    @Test func `a folder without timers is exit 66, with what to name instead`() throws {
        try write("x.txt", "")
        let result = try fixture.flower("import", units, "--to", to)
        #expect(
            result
                == .init(
                    code: .notFound,
                    output: "",
                    errors: """
                        flower: there is no timer in \(units)
                        hint: of a folder all files that end in .timer are read; crontabs are named one \
                        by one: flower import \(units)/NAME

                        """
                )
        )
    }

    /// What is named and is not there, and the sentence with its remedy: for each command the same.
    static let missing: [(name: String, told: String)] = [
        ("a.timr", "there is no such file or folder\nhint: did you mean 'UNITS/a.timer'?\n"),
        (
            "zzzzzz.timer",
            "there is no such file or folder\nhint: look at what is there: ls UNITS\n"
        ),
        (
            "none/deep/b.timer",
            "there is no such file or folder\nhint: there is no folder 'none' in UNITS\n"
        ),
        (
            "a.timer/b.timer",
            "cannot be read: Not a directory\nhint: a part of the path is a file, not a folder\n"
        ),
        (
            "gone.timer",
            "is a link to a file that does not exist\nhint: ls -l shows where it leads\n"
        ),
        (
            "loop.timer",
            "is a link that leads back to itself\nhint: ls -l shows where it leads\n"
        ),
        ("nowhere/", "there is no such file or folder\nhint: look at what is there: ls UNITS\n"),
        ("crontabs", "there is no such file or folder\nhint: look at what is there: ls UNITS\n"),
    ]

    @Test(arguments: missing)
    func `what is not there is exit 66, with what is`(name: String, told: String) throws {
        try write("a.timer", "[Timer]\nOnCalendar=daily\n")
        symlink("none.timer", "\(units)/gone.timer")
        symlink("loop.timer", "\(units)/loop.timer")
        let real = FlowFileLoader.resolved(units)
        let path = "\(units)/\(name)"
        // Of what is missing the path as it was typed, of what is there as it is.
        let shown = told.replacing("UNITS/", with: "\(units)/").replacing("UNITS", with: real)
        let result = try imported(name)
        #expect(result == .init(code: .notFound, output: "", errors: "flower: \(path): \(shown)"))
        #expect(!FileManager.default.fileExists(atPath: to))
        for command in ["validate", "apply"] {
            let other = try fixture.flower(command, path)
            #expect(other.code == .notFound)
            let lines = shown.replacing("\nhint:", with: "\n    hint:")
            #expect(other.errors.hasPrefix("\(path): \(lines)"), "\(other.errors)")
        }
    }

    @Test func `a folder that cannot be made has its remedy`() throws {
        try write("a.timer", "[Timer]\nOnCalendar=daily\n")
        try write("a.service", "[Service]\nExecStart=a\n")
        try write("file", "")
        for (folder, told) in [
            (
                "none/deep",
                "No such file or directory\nhint: make the folder in which it is to be: mkdir -p\n"
            ),
            (
                "file",
                "Not a directory\nhint: a part of the path is a file: name a folder with --to\n"
            ),
        ] {
            let to = "\(units)/\(folder)"
            let result = try fixture.flower("import", "\(units)/a.timer", "--to", to)
            #expect(result.code == .cannotCreate)
            let line = "flower: cannot make \(to): \(told)"
            #expect(result.errors.hasSuffix(line), "\(result.errors)")
        }
    }

    @Test func `standard input is not read, and what to do is said`() throws {
        let result = try fixture.flower("import", "-", "--to", to)
        #expect(
            result.errors == """
                flower: -: there is no such file or folder
                hint: standard input is not read: crontab -l > FILE, and name that

                """
        )
    }

    @Test func `of lines that no unit has some are told, and how many more there are`() throws {
        let lines = (1...100).map { "line \($0)\n" }.joined()
        try write("a.timer", "[Timer]\nOnCalendar=daily\n\(lines)")
        try write("a.service", "[Service]\nExecStart=a\n")
        let result = try imported("a.timer")
        #expect(result.code == .success)
        let told = result.errors.split(separator: "\n")
        #expect(told.count == 21)
        #expect(told.last == "\(units)/a.timer: note: has 80 more lines that systemd passes over")
    }
}
