import Cron
import Flows
import Foundation
import Storage
import Testing

@testable import Execution
@testable import FlowerKit

/// That nobody is alive is told wherever it matters, in the same words, and nowhere else.
@Suite(.serialized) struct TroubleTests {
    private let fixture: CommandFixture
    private static let lists = [["schedules"], ["next"], ["flows"], ["fires", "hourly"]]

    init() throws { fixture = try CommandFixture() }

    private func output(_ words: [String]) throws -> String { try fixture.flower(words).output }

    @Test func `that no scheduler is alive is told of what it would do`() throws {
        try fixture.apply(try .hourly("hourly"))
        for list in Self.lists {
            #expect(try !output(list).contains("is alive"), "\(list)")
            #expect(try !output(list + ["-o", "json"]).contains("is alive"), "\(list)")
        }
        #expect(try output(["schedules"]).contains("38m left"))
        fixture.endScheduler()
        for list in Self.lists {
            #expect(try output(list).hasSuffix("\n\(Trouble.noScheduler)\n"), "\(list)")
            let json = try fixture.flower(list + ["-o", "json"])
            // Of due times there are none yet.
            let told = list[0] == "fires" ? json.errors : json.output
            #expect(told.contains(Trouble.noScheduler), "\(list)")
        }
        // Nobody counts down to what does not come.
        for list in Self.lists.prefix(2) { #expect(try !output(list).contains("left")) }
        #expect(try output(["doctor"]).contains("scheduler     \(Trouble.noScheduler)"))
    }

    @Test
    func `a timer that starts flower tick is a scheduler, and so is nobody without schedules`()
        throws
    {
        try fixture.apply(.diamond)
        fixture.endScheduler()
        #expect(try !output(["flows"]).contains("is alive"))
        #expect(try !output(["doctor"]).contains(Trouble.noScheduler))
        try fixture.apply(try .hourly("hourly"))
        Ticks.note(at: Fixture.ago(90), in: fixture.state)
        Ticks.note(at: Fixture.ago(30), in: fixture.state)
        for list in Self.lists { #expect(try !output(list).contains("is alive"), "\(list)") }
        fixture.advance(days: 1)
        for list in Self.lists { #expect(try output(list).contains("is alive"), "\(list)") }
        try fixture.flower("pause", "hourly")
        #expect(try !output(["schedules"]).contains("is alive"))
    }

    @Test func `register says that no runner is alive, unless it waits or one will come`() throws {
        try fixture.apply(.diamond)
        #expect(try fixture.flower("register", "test", "--force").errors == "")
        fixture.endScheduler()
        let told = try fixture.flower("register", "test", "--force")
        #expect(told.code == .success && told.output == "2\n")
        #expect(told.errors.hasPrefix("flower: \(Trouble.noRunner)\nhint: flower run; "))
        for words in [["status", "2"], ["runs"], ["doctor"]] {
            #expect(try output(words).contains(Trouble.noRunner), "\(words)")
        }
        for words in [["status", "2", "-o", "json"], ["runs", "-o", "json"]] {
            #expect(try output(words).contains("\"trouble\" : \"\(Trouble.noRunner)\""), "\(words)")
        }
        let file = try RunnerFile(in: fixture.state, workers: 1)
        #expect(try fixture.flower("register", "test", "--force").errors == "")
        #expect(try !output(["runs"]).contains(Trouble.noRunner))
        withExtendedLifetime(file) {}
    }

    /// What each row of a list in JSON tells, and whether a table tells the same below.
    private func troubles(_ words: [String]) throws -> [String?] {
        let json = try fixture.flower(words + ["-o", "json"])
        let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
        let table = try output(words)
        #expect(json.errors == "" || words == ["next"], "\(words)")
        return try #require(rows as? [[String: Any]]).map { row in
            #expect(row["trouble"] != nil, "\(words): \(row)")
            let text = row["trouble"] as? String
            for part in text?.components(separatedBy: "; ") ?? [] {
                #expect(table.contains(part), "\(words): \(table)")
            }
            return text
        }
    }

    @Test func `each row of a list in JSON tells who is missing for what it shows`() throws {
        try fixture.apply(.diamond)
        try fixture.apply(try .hourly("hourly"))
        try fixture.tick(afterSeconds: 2_400)
        let lists = ["flows", "schedules", "fires", "next", "runs"]
        for list in lists { #expect(try troubles([list]).allSatisfy { $0 == nil }, "\(list)") }
        fixture.endScheduler()
        let both = "\(Trouble.noScheduler); \(Trouble.noRunner)"
        #expect(try troubles(["flows"]) == [both, nil])
        for list in ["schedules", "fires"] { #expect(try troubles([list]) == [both], "\(list)") }
        #expect(try troubles(["next"]).allSatisfy { $0 == Trouble.noScheduler })
        #expect(try troubles(["runs"]) == [Trouble.noRunner])
        // A pause makes no runs, and what is ready waits all the same.
        try fixture.flower("pause", "hourly")
        #expect(try troubles(["flows"]) == [Trouble.noRunner, nil])
        #expect(try troubles(["schedules"]) == [Trouble.noRunner])
    }

    @Test func `all that makes tasks ready says that no runner is alive`() throws {
        var tasks = [
            TaskSpec(name: "a", action: .run("true")),
            TaskSpec(name: "held", action: .run("true")),
            TaskSpec(name: "after", needs: ["a"], action: .run("true")),
        ]
        tasks[1].hold = "a person looks"
        tasks[2].traits.when = try Condition("always")
        try fixture.apply(Flow(name: "test", workingDirectory: "/", tasks: tasks))
        try fixture.apply(try .hourly("hourly"))
        fixture.endScheduler()
        let span = ["--from", "2026-11-23T10:00", "--to", "2026-11-23T12:00"]
        for words in [
            ["register", "test"], ["register", "test", "--force"], ["release", "1"],
            ["skip", "1", "held"], ["cancel", "1", "a"], ["rerun", "1"],
            ["backfill", "hourly"] + span, ["backfill", "hourly", "--again"] + span,
        ] {
            if words[0] == "skip" { try fixture.flower("hold", "1", "held") }
            let told = try fixture.flower(words)
            #expect(told.code == .success, "\(words): \(told.errors)")
            #expect(
                told.errors == "flower: \(Trouble.noRunner)\nhint: \(Trouble.runnerRemedy)\n",
                "\(words)"
            )
        }
        #expect(try fixture.flower("hold", "1", "a").errors == "")
        let file = try RunnerFile(in: fixture.state, workers: 1)
        #expect(try fixture.flower("register", "test", "--force").errors == "")
        withExtendedLifetime(file) {}
    }

    /// Whoever only ever waits with `register --wait` is told of nobody.
    @Test func `register that waits tells of no runner, and leaves nothing to tell`() throws {
        let other = try CommandFixture()
        try other.apply(.diamond)
        other.endScheduler()
        let waited = try other.flower("register", "test", "--wait")
        #expect(waited == .init(code: .success, output: "1\n", errors: ""))
        #expect(try !other.flower("runs").output.contains("is alive"))
    }

    @Test func `a task of a dead runner is told as one`() throws {
        let store = try fixture.apply(.diamond)
        try fixture.flower("register", "test")
        let file = try RunnerFile(in: fixture.state, workers: 1)
        let identity = RunnerIdentity(id: file.id, pid: 7, bootID: "boot", workers: 1)
        var turn = Turn()
        turn.wanted = 1
        let claims = try store.turn(turn, by: identity, at: fixture.now).claims
        turn = Turn()
        turn.started = claims.map {
            AttemptStart(claim: $0, startedAt: fixture.now, pid: 7, sink: "")
        }
        _ = try store.turn(turn, by: identity, at: fixture.now)
        fixture.now = Instant(seconds: fixture.now.seconds + 5)
        let alive = try output(["status", "1"])
        #expect(alive.contains("a        running  5s") && alive.contains("took: 5s"), "\(alive)")
        #expect(try output(["runs"]).contains(" 5s  "))
        file.remove()
        let status = try output(["status", "1"])
        #expect(status.contains("trouble: \(Trouble.deadRunner)\n"), "\(status)")
        #expect(status.contains("a        unwatched"), "\(status)")
        #expect(status.contains("state: unwatched\n"), "\(status)")
        #expect(!status.contains("pid 7"))
        // Whether it still runs nobody knows: no time is counted on.
        #expect(!status.contains("took:") && status.contains("a        unwatched  -"), "\(status)")
        let runs = try output(["runs"])
        #expect(runs.contains(" 5s ago  -  ") && !runs.contains(" 5s  "), "\(runs)")
        #expect(try output(["runs"]).hasSuffix("\nrun 1: \(Trouble.deadRunner)\n"))
        #expect(try output(["doctor"]).contains("run 1: \(Trouble.deadRunner)"))
        // Nobody is to wait for its end, which nobody would see.
        for words in [["rerun", "1"], ["skip", "1", "a"], ["hold", "1", "a"]] {
            let said = try fixture.flower(words)
            #expect(said.code == .refused, "\(words)")
            #expect(said.errors.contains("running, and its runner is dead\n"), "\(said.errors)")
            #expect(said.errors.contains("hint: the next flower run takes it over"))
        }
        for list in [["runs"], ["flows"], ["runs", "--in-state", "running"]] {
            let text = try output(list)
            #expect(text.contains(" unwatched ") && !text.contains(" running "), "\(text)")
        }
        for words in [["status", "1", "-o", "json"], ["runs", "-o", "json"]] {
            let json = try output(words)
            #expect(json.contains("\"trouble\" : \"\(Trouble.deadRunner)\""))
            #expect(json.contains("\"state\" : \"running\"") && !json.contains("unwatched"))
        }
        let ended = try fixture.flower("cancel", "1", "a")
        #expect(ended.output == "run 1: 1 task being ended\n")
        #expect(ended.errors.hasPrefix("flower: run 1: \(Trouble.deadRunner)\nhint: flower run;"))
    }
}
