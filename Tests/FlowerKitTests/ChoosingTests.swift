import Flows
import Foundation
import Storage
import Testing

@testable import FlowerKit

/// Which runs and fires the commands that look show, where they are not named by number.
@Suite struct ChoosingTests {
    /// Runs 1 and 3 of `one`, 2 of `two`; 1 has failed, 2 has succeeded, 3 waits.
    static func fixture() throws -> CommandFixture {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["a": []], named: "one"))
        try fixture.apply(.nothing(["a": []], named: "two"))
        try fixture.apply(.nothing(["a": []], named: "none"))
        try fixture.flower("register", "one")
        try fixture.drain { _ in .exited(3) }
        fixture.now = Fixture.ago(-3_600)
        try fixture.flower("register", "two")
        try fixture.drain()
        fixture.now = Fixture.ago(-7_200)
        try fixture.flower("register", "one")
        return fixture
    }

    @Test(arguments: [
        ([], "run: 3 of flow 'one'"), (["one"], "run: 3 of flow 'one'"),
        (["two"], "run: 2 of flow 'two'"), (["1"], "run: 1 of flow 'one'"),
    ])
    func `status shows the run of a number, a flow's newest, or the newest`(
        arguments: [String],
        shown: String
    ) throws {
        let fixture = try Self.fixture()
        let output = try fixture.flower(["status"] + arguments).output
        #expect(output.contains(shown), "\(output)")
        let json = try fixture.flower(["status", "-o", "json"] + arguments).output
        #expect(json.contains("\"run\" : \(shown.dropFirst(5).prefix(1)),"), "\(json)")
    }

    @Test(arguments: [
        ([], "run 3, "), (["two"], "run 2, "), (["two", "a"], "run 2, "), (["1"], ""),
    ])
    func `logs prints that run's lines, and says which run it is`(
        arguments: [String],
        said: String
    ) throws {
        let fixture = try Self.fixture()
        let result = try fixture.flower(["logs"] + arguments)
        #expect(result.code == .success)
        #expect(result.errors.hasPrefix("flower: \(said)"), "\(result.errors)")
        #expect(said != "" || !result.errors.hasPrefix("flower: run"))
        #expect(result.output.contains("last words") == (said != "run 3, "))
    }

    @Test(arguments: [
        (["status", "noe"], "there is no flow 'noe'\nhint: did you mean 'one'?"),
        (["status", "none"], "flow 'none' has no run\nhint: flower register none makes one"),
        (["logs", "none"], "flow 'none' has no run"), (["status", "4"], "there is no run 4"),
        (["logs", "two", "b"], "run 2 has no task 'b'"), (["fires", "noe"], "there is no flow"),
        (["runs", "--flow", "noe"], "there is no flow 'noe'"),
    ])
    func `what is not there is told`(arguments: [String], message: String) throws {
        let result = try Self.fixture().flower(arguments)
        #expect(result.code == .notFound)
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
    }

    @Test(arguments: ["status", "logs"])
    func `where there is no run that is told`(command: String) throws {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["a": []], named: "one"))
        let result = try fixture.flower(command)
        #expect(result.code == .notFound)
        #expect(result.errors.hasPrefix("flower: there is no run\nhint: "), "\(result.errors)")
    }

    /// The newest may be another when the command is read.
    @Test(arguments: ["rerun", "cancel", "release", "hold"])
    func `what changes a run asks for its number`(command: String) throws {
        let fixture = try Self.fixture()
        #expect(try fixture.flower(command).code == .misuse)
        #expect(try fixture.flower(command, "one").code == .misuse)
    }

    @Test(arguments: [
        ([], [3, 2, 1]), (["one"], [3, 1]), (["--flow", "one"], [3, 1]),
        (["--in-state", "failed"], [1]),
        (["--in-state", "failed", "--in-state", "waiting"], [3, 1]),
        (["--in-state", "held"], []), (["--since", "90m"], [3, 2]), (["--since", "now"], [3]),
        (["--since", "today"], [3, 2, 1]), (["--since", "22:22"], [3, 2]),
        (["--flow", "one", "--in-state", "succeeded"], []),
        (["--flow", "two", "--in-state", "succeeded", "--since", "1h"], [2]),
        // The folder is `FLOWER_STATE`'s.
        (["--state", "failed"], [1]),
        (["--state", "failed", "--in-state", "succeeded"], [2, 1]),
    ])
    func `runs lists those that fit all that is said`(arguments: [String], runs: [Int64]) throws {
        let fixture = try Self.fixture()
        let json = try fixture.flower(["runs", "-o", "json"] + arguments)
        #expect(json.errors == "")
        let listed = try JSONDecoder().decode([Listed].self, from: Data(json.output.utf8))
        #expect(listed.map(\.run) == runs)
        let table = try fixture.flower(["runs"] + arguments).output
        #expect(table.hasSuffix("\(counted(runs.count, "run")) listed.\n"), "\(table)")
    }

    private struct Listed: Decodable {
        let run: Int64
    }

    @Test(arguments: [
        (["runs", "--in-state", "lost"], "the value 'lost' is invalid for '--in-state <state>'"),
        (["runs", "one", "--flow", "two"], "the flow is named twice"),
    ])
    func `misuse of runs is told`(arguments: [String], message: String) throws {
        let result = try CommandFixture().flower(arguments)
        #expect(result.code == .misuse)
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
    }

    @Test func `fires of all flows are on one time line, newest first`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.hourly("backup"))
        var clean = try Flow.hourly("clean")
        clean.schedules[0].text = "30 * * * *"
        try fixture.apply(clean)
        try fixture.tick(afterSeconds: 3600)
        let table = try fixture.flower("fires").output
        #expect(table.hasPrefix("FLOW    DUE "), "\(table)")
        let rows = table.split(separator: "\n").dropFirst().prefix(2).map { $0.prefix(35) }
        #expect(
            rows == [
                "backup  Mon 2026-11-23 22:00:00 +01", "clean   Mon 2026-11-23 21:30:00 +01",
            ]
        )
        #expect(table.hasSuffix("\n2 fires.\n"))
        #expect(try fixture.flower("fires", "--since", "25m").output.hasSuffix("\n1 fire.\n"))
        let json = try fixture.flower("fires", "-o", "json").output
        #expect(json.contains("\"flow\" : \"backup\"") && json.contains("\"flow\" : \"clean\""))
        #expect(!(try fixture.flower("fires", "clean").output.contains("backup")))
    }

    /// A table is for a person, and its last line says that there are more.
    @Test func `lists in JSON do not stop at a hundred`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["a": []], named: "many"))
        for _ in 0..<101 { try fixture.flower("register", "many", "--force") }
        var flow = try Flow.hourly("hourly", timing: ScheduleTiming(catchUp: .skip))
        flow.schedules[0].text = "* * * * *"
        try fixture.apply(flow)
        try fixture.tick(afterSeconds: 101 * 60)
        func count(_ arguments: String...) throws -> Int {
            let output = try fixture.flower(arguments + ["-o", "json"]).output
            return try JSONDecoder().decode([JSONValue].self, from: Data(output.utf8)).count
        }
        #expect(try count("runs", "many") == 101)
        #expect(try count("runs", "-n", "7") == 7)
        #expect(try count("fires") == 101)
        #expect(try count("fires", "hourly", "-n", "7") == 7)
        #expect(try count("next", "--until", "101m") == 101)
        #expect(
            try fixture.flower("runs", "many").output.hasSuffix("100 runs listed; -n shows more.\n")
        )
        #expect(try fixture.flower("fires").output.hasSuffix(", and more: see -n.\n"))
        // What never ends has to stop, and says so.
        let next = try fixture.flower("next", "-o", "json")
        #expect(next.errors == "flower: 20 fires listed\nhint: -n or --until says how many\n")
    }

    /// As getopt(3) takes them, and tail(1), journalctl(1) and kubectl write them.
    @Test(arguments: [
        (["runs", "-n1"], ["runs", "-n", "1"]), (["runs", "-ojson"], ["runs", "-o", "json"]),
        (["fires", "-n2", "-ojson"], ["fires", "-n", "2", "-o", "json"]),
        (["logs", "1", "-n1", "-ocat"], ["logs", "1", "-n", "1", "-o", "cat"]),
        (["logs", "1", "-perr"], ["logs", "1", "-p", "err"]),
        (["stats", "two", "-n1"], ["stats", "two", "-n", "1"]),
        (["cron", "next", "-n1", "@daily"], ["cron", "next", "-n", "1", "@daily"]),
    ])
    func `a value may follow its letter at once`(joined: [String], apart: [String]) throws {
        let fixture = try Self.fixture()
        let result = try fixture.flower(joined)
        #expect(result.code == .success, "\(result.errors)")
        #expect(result.output == (try fixture.flower(apart)).output)
    }
}
