import ArgumentParser
import Flows
import Foundation
import Testing

@testable import FlowerKit

/// Commands as a person types them: what they print, where, and with which code they end.
@Suite struct CommandTests {
    @Test func `without arguments the help is shown`() throws {
        let result = try CommandFixture().flower()
        #expect(result.code == .success)
        #expect(result.output.hasPrefix("OVERVIEW: Run flows of tasks"))
        #expect(result.errors == "")
    }

    @Test(arguments: [["--help"], ["help"], ["runs", "--help"], ["help", "runs"], ["--version"]])
    func `help and version are no failures`(arguments: [String]) throws {
        let fixture = try CommandFixture()
        let result = try fixture.flower(arguments)
        #expect(result.code == .success)
        #expect(!result.output.isEmpty)
        #expect(result.errors == "")
    }

    @Test(arguments: [
        (["staus", "1"], "there is no command 'staus'", "did you mean 'status'?"),
        (["xyz"], "there is no command 'xyz'", "flower --help lists them"),
        (["--state", "/s", "xyz"], "there is no command 'xyz'", "flower --help lists them"),
        (["runs", "--foo"], "unknown option '--foo'", "usage: flower runs [<flow>]"),
        (["show"], "missing expected argument '<flow>'", "usage: flower show <flow>"),
        (["pause"], "name a flow, or --all", "usage: flower pause [<flow>] [--all]"),
        (["register", "-x"], "unknown option '-x'", "usage: flower register <flow>"),
        (["logs", "--folow"], "unknown option '--folow'", "usage: flower logs"),
        (
            ["rerun", "x"],
            "the value 'x' is invalid for '<run>': a run is named by its number; flower runs lists them",
            "usage: flower rerun <run>"
        ),
        (["register", "f", "-p", "x"], "the value 'x' is invalid for '-p <key=value>'", "usage: "),
        (
            ["register", "f", "-p", "=x"], "the value '=x' is invalid for '-p <key=value>'",
            "usage: "
        ),
        (["runs", "-n", "0"], "-n takes a number from 1 to 1000000", "usage: flower runs"),
        (["rerun", "1", "--from", "a", "--failed"], "--from and --failed exclude", "usage: "),
        (["runs", "--system", "--user"], "--state, --system and --user exclude", "usage: "),
        (["runs", "--state", ""], "--state names no folder", "usage: "),
        (["runs", "-o", "xml"], "the value 'xml' is invalid for '-o <output>'", "usage: "),
    ])
    func `misuse is told with what would be right`(
        arguments: [String],
        message: String,
        hint: String
    ) throws {
        let result = try CommandFixture().flower(arguments)
        #expect(result.code == .misuse)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
        #expect(result.errors.contains("\nhint: \(hint)"), "\(result.errors)")
    }

    @Test(arguments: [
        ["flows"], ["runs"], ["schedules"], ["status", "1"], ["show", "a"], ["register", "a"],
        ["rerun", "1"], ["pause", "a"], ["unpause", "a"],
    ])
    func `without a state folder none is made`(arguments: [String]) throws {
        let fixture = try CommandFixture(isBare: true)
        let result = try fixture.flower(arguments)
        #expect(result.code == .notFound)
        #expect(result.errors.hasPrefix("flower: there is no state folder at "))
        #expect(!FileManager.default.fileExists(atPath: fixture.state.path))
    }

    @Test func `a file is no state folder that could yet be made`() throws {
        let fixture = try CommandFixture()
        let file = "\(fixture.folder.path)/file"
        try "".write(toFile: file, atomically: false, encoding: .utf8)
        let result = try fixture.flower("--state", file, "runs")
        #expect(result.code == .notFound)
        #expect(
            result.errors == """
                flower: \(file) is no state folder, but a file
                hint: name the folder that it is in with --state

                """
        )
    }

    @Test func `the state folder is understood before the command and after it`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        for arguments in [
            ["--state", fixture.state.path, "flows"], ["flows", "--state=/nowhere"],
        ] {
            let result = try fixture.flower(arguments)
            #expect(result.code == (arguments[0] == "--state" ? .success : .notFound))
        }
    }

    @Test func `register prints the run's number alone`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        let result = try fixture.flower("register", "test", "-p", "region=a=b c")
        #expect(result == .init(code: .success, output: "1\n", errors: ""))
        let json = try fixture.flower("runs", "-o", "json").output
        #expect(json.contains("\"region\" : \"a=b c\""))
    }

    @Test func `a paused flow registers and says so`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        let paused = try fixture.flower("pause", "test", "--reason", "no disk")
        #expect(paused == .init(code: .success, output: "flow 'test' is paused\n", errors: ""))
        let result = try fixture.flower("register", "test")
        #expect(result.code == .success)
        #expect(result.output == "1\n")
        #expect(result.errors.hasPrefix("flower: flow 'test' is paused"))
        #expect(try fixture.flower("show", "test").output.contains("+01:00: no disk\n"))
        #expect(try fixture.flower("unpause", "test").output == "flow 'test' goes on\n")
        #expect(try fixture.flower("unpause", "test").output == "flow 'test' was not paused\n")
    }

    @Test(arguments: [
        (["register", "tset"], 66, "there is no flow 'tset'", "did you mean 'test'?"),
        (
            ["register", "test", "-p", "regoin=x"], 65, "the flow has no parameter 'regoin'",
            "did you"
        ),
        (["show", "tset"], 66, "there is no flow 'tset'", "did you mean 'test'?"),
        (["runs", "tset"], 66, "there is no flow 'tset'", "did you mean 'test'?"),
        (["pause", "tset"], 66, "there is no flow 'tset'", "did you mean 'test'?"),
        (["status", "7"], 66, "there is no run 7", "flower runs lists them"),
        (["rerun", "7"], 66, "there is no run 7", "flower runs lists them"),
    ])
    func `what is not there is told with the nearest that is`(
        arguments: [String],
        code: Int32,
        message: String,
        hint: String
    ) throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        let result = try fixture.flower(arguments)
        #expect(result.code.rawValue == code)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("flower: \(message)\nhint: \(hint)"), "\(result.errors)")
        #expect(try fixture.flower("runs").output == "0 runs listed.\n")
    }

    @Test func `an active run refuses another unless forced`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        try fixture.flower("register", "test")
        let refused = try fixture.flower("register", "test")
        #expect(refused.code == .refused)
        #expect(refused.errors.contains("\nhint: wait for it"))
        #expect(try fixture.flower("register", "test", "--force").output == "2\n")
    }

    @Test func `rerun sets back what was asked for`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        try fixture.flower("register", "test")
        #expect(try fixture.flower("rerun", "1").code == .refused)
        try fixture.drain { $0.name == "b" ? .exited(3) : .exited(0) }
        let failed = try fixture.flower("rerun", "1", "--failed")
        #expect(failed.output == "1 task of run 1 set back to waiting\n")
        try fixture.drain()
        #expect(try fixture.flower("rerun", "1", "--failed").code == .refused)
        let below = try fixture.flower("rerun", "1", "--from", "c")
        #expect(below.output == "2 tasks of run 1 set back to waiting\n")
        #expect(try fixture.flower("rerun", "1", "--from", "nix").code == .notFound)
    }

    @Test func `on a terminal states have colours, in a file none`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        try fixture.flower("register", "test")
        let plain = try fixture.flower("runs").output
        #expect(!plain.contains("\u{1B}"))
        let environment = ["TERM": "xterm"]
        fixture.terminal = Terminal(environment: environment, isTerminal: true, columns: 60)
        let text = try fixture.flower("runs").output
        #expect(text.contains("\u{1B}[33mwaiting\u{1B}[0m"))
    }
}
