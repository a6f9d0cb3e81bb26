import Flows
import Foundation
import Glibc
import Testing

@testable import FlowerKit

/// `validate` and `apply`, on files in a folder of the test's own.
@Suite struct FileCommandTests {
    private func write(_ text: String, _ name: String, in fixture: CommandFixture) throws -> String
    {
        let path = "\(fixture.folder.path)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func flow(_ name: String, _ run: String = "true") -> String {
        "flow: \(name)\ntasks:\n  a:\n    run: \(run)\n"
    }

    @Test func `good files are counted`() throws {
        let fixture = try CommandFixture()
        let one = try write(flow("one"), "one.yaml", in: fixture)
        let two = try write(flow("two"), "two.yaml", in: fixture)
        let result = try fixture.flower("validate", one, two)
        #expect(
            result == .init(code: .success, output: "2 flows in 2 files, no faults\n", errors: "")
        )
        #expect(!fixture.state.exists)
    }

    @Test func `a fault keeps every file from being applied`() throws {
        let fixture = try CommandFixture()
        let good = try write(flow("good"), "good.yaml", in: fixture)
        let bad = try write("flow: bad\ntask: {}\n", "bad.yaml", in: fixture)
        let result = try fixture.flower("apply", good, bad)
        #expect(result.code == .badInput)
        #expect(result.output == "")
        #expect(
            result.errors.contains("\(bad):2:1: a flow has no key 'task'\n"),
            "\(result.errors)"
        )
        #expect(result.errors.contains("in 1 file; nothing was applied\n"))
        #expect(!fixture.state.exists)
    }

    @Test func `a path that names nothing is exit 66, beside other faults 65`() throws {
        let fixture = try CommandFixture()
        let bad = try write("flow: BAD\n", "bad.yaml", in: fixture)
        let missing = "\(fixture.folder.path)/none.yaml"
        #expect(try fixture.flower("validate", missing).code == .notFound)
        #expect(try fixture.flower("validate", missing, bad).code == .badInput)
    }

    @Test func `applying tells what changed, and a second time that nothing did`() throws {
        let fixture = try CommandFixture()
        let one = try write(flow("one"), "one.yaml", in: fixture)
        let two = try write(flow("two"), "two.yaml", in: fixture)
        #expect(
            try fixture.flower("apply", one, two).output == """
                CHANGE  FLOW
                added   one
                added   two

                2 flows: 2 added.

                """
        )
        let again = try fixture.flower("apply", one, two)
        #expect(again.output == "nothing to change; 2 flows: 2 unchanged.\n")
        _ = try write(flow("two", "false"), "two.yaml", in: fixture)
        #expect(
            try fixture.flower("apply", one, two).output == """
                CHANGE   FLOW
                changed  two

                2 flows: 1 changed, 1 unchanged.

                """
        )
    }

    @Test func `prune removes the flows whose file has gone, and no others`() throws {
        let fixture = try CommandFixture()
        let elsewhere = try write(flow("elsewhere"), "elsewhere.yaml", in: fixture)
        let folder = "\(fixture.folder.path)/flows"
        try #require(mkdir(folder, 0o700) == 0)
        _ = try write(flow("stays"), "flows/stays.yaml", in: fixture)
        let gone = try write(flow("goes"), "flows/goes.yaml", in: fixture)
        #expect(try fixture.flower("apply", folder, elsewhere).code == .success)
        try #require(unlink(gone) == 0)
        let kept = try fixture.flower("apply", folder).output
        #expect(kept == "nothing to change; 1 flow: 1 unchanged.\n")
        // A link to the folder is the folder.
        let link = "\(fixture.folder.path)/link"
        try #require(symlink(folder, link) == 0)
        #expect(
            try fixture.flower("apply", "--prune", link).output == """
                CHANGE   FLOW
                removed  goes

                2 flows: 1 removed, 1 unchanged.

                """
        )
        let flows = try fixture.flower("flows").output
        #expect(flows.contains("elsewhere") && flows.contains("stays") && !flows.contains("goes"))
    }

    @Test func `env prints the world of a task so that a shell can read it back`() throws {
        let fixture = try CommandFixture()
        var flow = Flow.nothing(["a": []])
        flow.workingDirectory = "/srv/my files"
        flow.tasks[0].action = .run("first\nsecond 'line'")
        flow.tasks[0].environment = [Variable("GREETING", "hello ${region}")]
        try fixture.apply(flow)
        let result = try fixture.flower("env", "test", "a", "-p", "region=it's")
        #expect(result.code == .success)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(
            Array(lines.prefix(4)) == [
                "# task a of flow test, as run 1 would see it",
                "# cd '/srv/my files'",
                "# sh -eu -c 'first",
                #"# second '\''line'\'''"#,
            ]
        )
        #expect(lines.contains(#"GREETING='hello it'\''s'"#))
        #expect(lines.contains(#"region='it'\''s'"#))
        #expect(lines.contains("FLOWER_RUN=1"))
        #expect(lines.contains("FLOWER_DUE_AT=2026-11-23T21:22:00+01:00"))
        #expect(lines.contains("PATH=/usr/local/bin:/usr/bin:/bin"))
        // The environment of this process is not what a task sees.
        #expect(!lines.contains { $0.hasPrefix("FLOWER_STATE=") })
        #expect(try fixture.flower("runs").output == "0 runs listed.\n")
    }

    @Test(arguments: ["\n", "\r\n"])
    func `no line of a word leaves the comment that env shows it in`(lineEnd: String) throws {
        let fixture = try CommandFixture()
        var flow = Flow.nothing(["a": []])
        flow.tasks[0].action = .exec(["echo", "first\(lineEnd)second"])
        try fixture.apply(flow)
        let text = try fixture.flower("env", "test", "a").output
        let lines = text.utf8.split(separator: 10).map { String(Substring($0)) }
        #expect(Array(lines[2...3]) == ["# echo 'first", "# second'"])
    }

    @Test func `env tells what is not there`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["extract": []]))
        let task = try fixture.flower("env", "test", "extrat")
        #expect(task.code == .notFound)
        #expect(task.errors.contains("hint: did you mean 'extract'?"))
        #expect(try fixture.flower("env", "tset", "extract").code == .notFound)
        #expect(try fixture.flower("env", "test", "extract", "-p", "nix=1").code == .badInput)
    }

    /// `flower apply flows 2>&1 | head -1` had ended with 0, and applied nothing.
    @Test func `who stops reading what is told changes neither the work nor the code`() throws {
        let fixture = try CommandFixture()
        let path = "\(fixture.folder.path)/a.crontab"
        func write(_ text: String) throws {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        try write("99 * * * * x\n")
        for command in ["validate", "apply", "import"] {
            #expect(try fixture.flowerUnread(command, path).code == .badInput)
        }
        #expect(try fixture.flowerUnread("cron", "check", "99 * * * *").code == .badInput)
        try write("*/90 * * * * x\n")
        #expect(try fixture.flowerUnread("validate", "--strict", path).code == .badInput)
        #expect(try fixture.flowerUnread("apply", path).output.contains("1 flow: 1 added."))
        let to = "\(fixture.folder.path)/out"
        #expect(try fixture.flowerUnread("import", path, "--to", to).output.hasPrefix(to))
    }
}
