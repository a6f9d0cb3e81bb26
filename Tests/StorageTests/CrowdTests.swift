import Cron
import Flows
import Testing

@testable import Storage

/// Many tasks at once are claimed, and recorded, in statements of their own.
@Suite struct CrowdTests {
    let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    private static let names = (10..<50).map { "t\($0)" }

    private func register() throws -> Int64 {
        let tasks = Dictionary(uniqueKeysWithValues: Self.names.map { ($0, [String]()) })
        try temporary.apply(.nothing(tasks))
        return try temporary.register("test")
    }

    private func end(_ claim: Claim, _ place: Int, _ outcome: Outcome = .exited(0)) -> AttemptEnd {
        let start = AttemptStart(
            claim: claim,
            startedAt: Instant(milliseconds: 1_000 + Int64(place)),
            pid: nil,
            sink: ""
        )
        var end = AttemptEnd(
            start: start,
            endedAt: Instant(milliseconds: 2_000 + Int64(place)),
            duration: .milliseconds(place),
            outcome: outcome
        )
        end.lines = place
        return end
    }

    private func turn(_ change: (inout Turn) -> Void) throws -> TurnResult {
        var turn = Turn()
        change(&turn)
        return try temporary.store.turn(turn, by: temporary.runner, at: temporary.now)
    }

    @Test(arguments: [false, true])
    func `a crowd is claimed by its ranks, whatever its ids are`(hasGaps: Bool) throws {
        _ = try register()
        var changes = "UPDATE task SET rank_ms = 1000 + (id * 7) % 13;"
        if hasGaps { changes += "UPDATE task SET status = 9 WHERE id % 3 = 0;" }
        #expect(try temporary.shell(changes) == "")
        let ready = "SELECT name FROM task WHERE status = 0 ORDER BY rank_ms, id"
        let expected = try temporary.shell(ready).split(separator: "\n").map(String.init)
        #expect(expected.count == (hasGaps ? 27 : 40))
        #expect(try temporary.claim().map(\.name) == expected)
        let running = "SELECT count(*) FROM task WHERE status = 1 AND runner_id = 1"
        #expect(try temporary.shell(running) == "\(expected.count)")
    }

    /// Of forty, three were seen running before, one failed and one has printed.
    @Test(arguments: [false, true])
    func `each of a crowd has its attempt's row`(isReversed: Bool) throws {
        let run = try register()
        let claims = try temporary.claim()
        _ = try turn { turn in
            turn.started = [3, 4, 30].map { end(claims[$0], $0).start }
        }
        var ends = claims.indices.map { end(claims[$0], $0, $0 == 20 ? .exited(5) : .exited(0)) }
        ends[25].tail = Array("printed".utf8)
        ends[26].note = "a note"
        if isReversed { ends.reverse() }
        let result = try turn { $0.ended = ends }
        #expect(result.failedTasks == 1)
        let rows = try temporary.shell(
            """
            SELECT name, number, a.runner_id, started_at_ms, ended_at_ms, duration_ms, outcome, exit_code,
              lines, coalesce(cast(tail AS TEXT), '-'), coalesce(note, '-'), coalesce(pid, '-')
            FROM attempt a JOIN task ON task.id = task_id ORDER BY task.id
            """
        )
        let expected = Self.names.enumerated().map { place, name in
            """
            \(name)|1|1|\(1_000 + place)|\(2_000 + place)|\(place)|\
            \(place == 20 ? "failed|5" : "succeeded|0")|\(place)|\
            \(place == 25 ? "printed" : "-")|\(place == 26 ? "a note" : "-")|-
            """
        }
        #expect(rows.split(separator: "\n").map(String.init) == expected)
        let states = try temporary.states(ofRun: run)
        #expect(states.filter { $0.value != .succeeded } == ["t30": .failed])
    }

    /// A task that somebody took from this runner by hand, and ended.
    @Test func `of a crowd one that has ended otherwise stays so`() throws {
        let run = try register()
        let claims = try temporary.claim()
        let away = "UPDATE task SET status = 8, runner_id = NULL WHERE name = 't22'"
        #expect(try temporary.shell(away) == "")
        let result = try turn { $0.ended = claims.indices.map { end(claims[$0], $0) } }
        #expect(result.endStates.enumerated().allSatisfy { $1 == ($0 == 12 ? nil : .succeeded) })
        let states = try temporary.states(ofRun: run)
        #expect(states.filter { $0.value != .succeeded } == ["t22": .cancelled])
    }
}
