import Cron
import Flows
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
            #expect((json.output + json.errors).contains(Trouble.noScheduler), "\(list)")
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
        #expect(try output(["status", "1"]).contains("a        running"))
        file.remove()
        let status = try output(["status", "1"])
        #expect(status.contains("trouble: \(Trouble.deadRunner)\n"), "\(status)")
        #expect(status.contains("a        unwatched"), "\(status)")
        #expect(status.contains("state: unwatched\n"), "\(status)")
        #expect(!status.contains("pid 7"))
        #expect(try output(["runs"]).hasSuffix("\nrun 1: \(Trouble.deadRunner)\n"))
        #expect(try output(["doctor"]).contains("run 1: \(Trouble.deadRunner)"))
        for list in [["runs"], ["flows"], ["runs", "--in-state", "running"]] {
            let text = try output(list)
            #expect(text.contains(" unwatched ") && !text.contains(" running "), "\(text)")
        }
        for words in [["status", "1", "-o", "json"], ["runs", "-o", "json"]] {
            let json = try output(words)
            #expect(json.contains("\"trouble\" : \"\(Trouble.deadRunner)\""))
            #expect(json.contains("\"state\" : \"running\"") && !json.contains("unwatched"))
        }
    }
}
