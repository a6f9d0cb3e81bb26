import Cron
import Flows
import Testing

@testable import Storage

/// Every state × every event, through the store and in a bare shell, against `TaskState.after`.
@Suite struct StateEventTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    /// What brings an event about through the store; a runner's own events only with a claim in hand.
    private func fire(_ event: TaskEvent, _ run: Int64, _ claims: [Claim]) throws {
        let now = temporary.now
        var turn = Turn()
        switch event {
        case .claim: turn.wanted = 1
        case .unclaim: turn.returned = claims
        case .succeed: turn.ended = claims.map { end($0, .exited(0)) }
        case .fail: turn.ended = claims.map { end($0, .exited(1)) }
        case .retry: turn.ended = claims.map { end($0, .exited(75)) }
        case .cancel:
            let done = try store.cancel(run, task: "a", by: "test", at: now)
            // What runs is ended by its runner, which then says so.
            if done.ending > 0 { turn.ended = claims.map { end($0, .cancelled) } }
        case .hold: _ = try store.hold(run, task: "a", by: "test", at: now)
        case .release: _ = try store.release(run, task: "a", by: "test", at: now)
        case .skip: _ = try store.skip(run, task: "a", by: "test", at: now)
        case .reset: _ = try store.rerun(run, .from("a"), by: "test", at: now)
        }
        _ = try store.turn(turn, by: temporary.runner, at: now)
    }

    private func end(_ claim: Claim, _ outcome: Outcome) -> AttemptEnd {
        let now = temporary.now
        let start = AttemptStart(claim: claim, startedAt: now, pid: 7, sink: "")
        return AttemptEnd(start: start, endedAt: now, duration: .zero, outcome: outcome)
    }

    /// A run whose one task is in a state, with the claim if it runs.
    private func made(_ state: TaskState) throws -> (run: Int64, claims: [Claim]) {
        let causes = RetryCauses(exits: .these([75]))
        let policy = RetryPolicy(limit: 9, delay: .seconds(600), causes: causes)
        try temporary.apply(.nothing(["a": []], retries: policy))
        let run = try temporary.register("test")
        var claims: [Claim] = []
        switch state {
        case .waiting: break
        case .running: claims = try temporary.claim()
        case .failed: try temporary.end(temporary.claim(), .exited(1))
        case .succeeded: try temporary.end(temporary.claim(), .exited(0))
        case .held: try fire(.hold, run, [])
        case .cancelled: try fire(.cancel, run, [])
        case .skipped: try fire(.skip, run, [])
        }
        #expect(try temporary.states(ofRun: run) == ["a": state])
        return (run, claims)
    }

    @Test(arguments: TaskState.allCases, TaskEvent.allCases)
    func `an event does in the database what the one function says`(
        state: TaskState,
        event: TaskEvent
    ) throws {
        let (run, claims) = try made(state)
        let expected = state.after(event)
        // A person's event that is not allowed is refused; a runner's finds nothing to do.
        let isPersons = [.cancel, .hold, .release, .skip, .reset].contains(event)
        do {
            try fire(event, run, claims)
            #expect(expected != nil || !isPersons, "\(state), \(event): not refused")
        } catch let error as StorageError {
            #expect(error.code == .refused && expected == nil && isPersons, "\(error)")
        }
        #expect(try temporary.states(ofRun: run) == ["a": expected ?? state])
    }

    /// The status that each event brings, set by hand: allowed where a person's event allows it.
    @Test(arguments: TaskState.allCases, TaskEvent.allCases)
    func `a bare shell is refused the same, with a sentence`(
        state: TaskState,
        event: TaskEvent
    ) throws {
        let (run, _) = try made(state)
        let target = try #require(TaskState.allCases.compactMap { $0.after(event) }.first)
        let said = try temporary.shell("UPDATE task SET status = \(target.rawValue)")
        let persons: [TaskEvent] = [.cancel, .hold, .release, .skip, .reset]
        let isAllowed =
            state == target
            || state != .running && persons.contains { state.after($0) == target }
        #expect(said.isEmpty == isAllowed, "\(state), \(event): \(said)")
        if !isAllowed { #expect(said.contains("task") && said.count > 40, "\(said)") }
        #expect(try temporary.states(ofRun: run) == ["a": isAllowed ? target : state])
    }

    /// A run over its time: what runs fails whatever is left of its retries, what waits or is held is
    /// cancelled, and what has ended stays.
    @Test(arguments: TaskState.allCases)
    func `a run's time-out is the event of its task's state`(state: TaskState) throws {
        let (run, claims) = try made(state)
        // Beside another task, which keeps the run active.
        _ = try temporary.shell(
            """
            INSERT INTO task (run_id, position, name, kind, command, status)
              VALUES (\(run), 1, 'z', 'run', 'true', 4);
            UPDATE run SET timeout_ms = 1, end_by_ms = 1
            """
        )
        _ = try store.turn(Turn(), by: temporary.runner, at: temporary.now)
        if state == .running { try temporary.end(claims, .exited(75)) }
        let event: TaskEvent = state == .running ? .fail : .cancel
        let states = try temporary.states(ofRun: run)
        #expect(states == ["a": state.after(event) ?? state, "z": .cancelled])
    }
}
