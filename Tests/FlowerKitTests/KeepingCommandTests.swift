import Foundation
import Storage
import Testing

@testable import FlowerKit

@Suite struct KeepingCommandTests {
    static func flow(_ fixture: CommandFixture) throws {
        let file = fixture.folder.path + "/a.yaml"
        try Data("flow: a\ntasks: {t: {component: echo, with: {text: hi}}}\n".utf8)
            .write(to: URL(fileURLWithPath: file))
        try fixture.flower("apply", file)
        try fixture.flower("register", "a")
    }

    @Test func `statistics are a table with a trend`() {
        var whole = StatsRow(name: "")
        (whole.count, whole.succeeded) = (5, 4)
        whole.durations = [1000, 2000, 2500, 8000]
        whole.cpuMilliseconds = [10, 20, 30, 40]
        whole.maxRSSKiB = 2048
        var task = StatsRow(name: "load")
        (task.count, task.maxRSSKiB) = (3, 204_800)
        #expect(
            StatsView.table("sales", [whole, task]).rendered(width: nil, colour: false) == """
                FLOW AND TASKS  RUNS  SUCCEEDED  P50  P95  MAX   CPU  MEMORY  TREND
                sales              5        80%   2s   8s   8s  20ms   2048K  ▁▂▃█
                  load             3         0%    -    -    -     -    200M  -

                Of the last 5 settled runs; durations of what succeeded; the trend is oldest to newest.

                """
        )
        #expect(StatsView.sparkline((1...40).map { Int64($0) }).count == 20)
        #expect(StatsView.sparkline([0, 0]) == "▁▁")
    }

    @Test func `prune says what went, and leaves what is young`() throws {
        let fixture = try CommandFixture()
        try Self.flow(fixture)
        let young = try fixture.flower("prune", "--older-than", "90d")
        #expect(young.output == "forgot 0 runs with 0 tasks, 0 fires\n")
        let store = try Store.open(fixture.state, create: false)
        try fixture.flower("cancel", "1")
        let folder = fixture.state.logsPath + "/1"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/t.0.1.log"))
        fixture.advance(days: 100)
        let dry = try fixture.flower("prune", "--older-than", "90d", "--dry-run")
        #expect(dry.output == "would forget 1 run with 1 task, 0 fires\n")
        let old = try fixture.flower("prune", "--older-than", "90d")
        #expect(old.output == "forgot 1 run with 1 task, 0 fires; 1 log folder removed\n")
        #expect(try store.runs().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test(arguments: [
        (["prune"], "missing expected argument '--older-than <instant>'"),
        (
            ["prune", "--older-than", "90"],
            "the value '90' is invalid for '--older-than <instant>': a number needs its unit; write 06:00, 20m"
        ),
        (["prune", "--older-than", "0s"], "--older-than takes a duration of more than zero"),
        (["stats", "a", "-n", "0"], "-n takes a number from 1 to 100000"),
    ])
    func `misuse is told`(arguments: [String], message: String) throws {
        let result = try CommandFixture().flower(arguments)
        #expect(result.code == .misuse)
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
    }

    @Test func `check tells what is wrong and what to do, and that all is well`() throws {
        let fixture = try CommandFixture()
        try Self.flow(fixture)
        #expect(try fixture.flower("check").output == "all is well\n")
        let folder = fixture.state.logsPath + "/77"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let result = try fixture.flower("check")
        #expect(result.code == .unusable)
        #expect(
            result.output == """
                there is output of runs that the database does not know: logs/ 77
                    flower prune removes it

                """
        )
        #expect(result.errors.hasPrefix("flower: 1 fault found"))
    }

    @Test func `check finds what belongs to nothing in every folder, and prune and run remove it`()
        throws
    {
        let fixture = try CommandFixture()
        let file = fixture.folder.path + "/a.yaml"
        try Data("flow: a\ntasks: {t: {run: \"true\"}}\n".utf8).write(to: URL(filePath: file))
        try fixture.flower("apply", file)
        try fixture.flower("register", "a")
        try fixture.flower("run")
        let store = try Store.open(fixture.state, create: false)
        let path = fixture.state.path
        let outputs = "\(path)/outputs"
        try FileManager.default.createDirectory(atPath: outputs, withIntermediateDirectories: true)
        func make(_ name: String) throws { try Data().write(to: URL(filePath: "\(path)/\(name)")) }
        // Of attempts that are over, a task's own draft, another instance's; and one to come.
        try make("outputs/\(store.instance)-1.1")
        try make("outputs/\(store.instance)-1.1.tmp")
        try make("outputs/00000000-7.1")
        let run = try #require(
            Int64(try fixture.flower("register", "a", "--force").output.dropLast())
        )
        let task = try #require(try store.run(run).tasks.first).id
        try make("outputs/\(store.instance)-\(task).1")
        try make("runners/4711")
        try make("logs/notes.txt")
        try make("runners/old")
        try make("wake.2147483647")
        try make("copy.db.2147483647.part")
        // Its own folder may be somebody's home.
        try make(".profile")
        let result = try fixture.flower("check")
        #expect(result.code == .unusable)
        #expect(
            result.output == """
                there is what attempts gave that are over: outputs/ 00000000-7.1, \(store.instance)-1.1, \
                \(store.instance)-1.1.tmp
                    flower prune removes it
                there are records of runners that the database does not know: runners/ 4711
                    flower run removes it
                there is a strange file: logs/ notes.txt
                    nothing of Flower's is called so: look at it, and remove it
                there is a strange file: runners/ old
                    nothing of Flower's is called so: look at it, and remove it
                there are drafts whose makers have died: copy.db.2147483647.part, wake.2147483647
                    nobody needs it: remove it

                """
        )
        try fixture.flower("prune", "--older-than", "90d")
        try fixture.flower("run")
        let left = try fixture.flower("check").output
        #expect(!left.contains("outputs/") && !left.contains("4711"), "\(left)")
    }

    @Test func `backup writes a file once`() throws {
        let fixture = try CommandFixture()
        try Self.flow(fixture)
        let path = fixture.folder.path + "/copy.db"
        #expect(try fixture.flower("backup", path).output == "\(path) written\n")
        let again = try fixture.flower("backup", path)
        #expect(again.code == .cannotCreate)
        #expect(again.errors.contains("is there already"))
        let nowhere = try fixture.flower("backup", "/nowhere/copy.db")
        #expect(nowhere.code == .cannotCreate)
    }
}
