import Flows
import Testing

@testable import Storage

@Suite struct TailTests {
    /// GRDB's own `DatabaseValue(value: Any)`, which knows no array of bytes, once won over ours.
    @Test func `the last output of an attempt is kept, whatever its bytes are`() throws {
        let temporary = try TemporaryStore()
        try temporary.apply(.nothing(["a": []]))
        let run = try temporary.register("test")
        let tail: [UInt8] = [0x61, 0x0A, 0x00, 0xFF, 0xFE]
        var turn = Turn()
        turn.ended = try temporary.claim().map { claim in
            let start = AttemptStart(claim: claim, startedAt: temporary.now, pid: 7, sink: "")
            var end = AttemptEnd(
                start: start,
                endedAt: temporary.now,
                duration: .zero,
                outcome: .exited(1)
            )
            end.tail = tail
            return end
        }
        _ = try temporary.store.turn(turn, by: temporary.runner, at: temporary.now)
        let task = try temporary.store.run(run).tasks[0].id
        #expect(try temporary.store.tailsOfFailedTasks(ofRun: run, limit: 10) == [task: tail])
        #expect(try temporary.store.tailsOfFailedTasks(ofRun: run, limit: 0).isEmpty)
    }
}
