import Flows
import Glibc
import Storage
import Testing

@testable import Execution

/// TERM, then KILL, always to the whole group.
@Suite struct ProcessEndingTests {
    private let harness: LauncherHarness

    init() throws { harness = try LauncherHarness() }

    /// Starts a shell text and waits until it has printed a line.
    private func started(_ text: String) throws -> Attempt {
        let attempt = try harness.start(.of(.run(text)))
        try harness.turn(until: { attempt.output.lines > 0 })
        return attempt
    }

    @Test func `TERM reaches every process of the group`() throws {
        let attempt = try started("sleep 60 & echo $!; wait")
        let child = try #require(pid_t(harness.sink.lines(of: attempt.output.source, .output)[0]))
        harness.launcher.end(attempt, byForce: false)
        #expect(try harness.finish(attempt).outcome == .signalled(Int(SIGTERM)))
        #expect(ProcessTable.entry(child) == nil)
    }

    /// It leads no group yet, or has not exec'd: nothing that it is sent may be lost.
    @Test(arguments: [false, true])
    func `what is told to end in its first moments ends`(byForce: Bool) throws {
        let number = Int(byForce ? SIGKILL : SIGTERM)
        for round in 0..<100 {
            let attempt = try harness.start(.of(.exec(["sleep", "600"])))
            for _ in 0..<round * 20 { sched_yield() }
            harness.launcher.end(attempt, byForce: byForce)
            #expect(try harness.finish(attempt).outcome == .signalled(number))
        }
    }

    @Test func `what has left the group is ended with what Flower ends, and so beside no retry`()
        throws
    {
        let attempt = try started("setsid -w sh -c 'echo $$; exec sleep 600'")
        let left = try #require(pid_t(harness.sink.lines(of: attempt.output.source, .output)[0]))
        attempt.verdict = .timedOut
        harness.launcher.end(attempt, byForce: false)
        let run = try harness.finish(attempt)
        #expect(ProcessTable.entry(left) == nil)
        #expect(run.outcome == .signalled(Int(SIGTERM)))
    }

    /// At once, whatever its maker does about it, and not a second time when that has gone.
    @Test func `what has left the group hears TERM with it, and once`() throws {
        let attempt = try started(
            """
            trap 'sleep 0.1; exit 0' TERM
            setsid sh -c 'trap "echo left told" TERM; echo ready; while :; do sleep 0.02; done' &
            while :; do sleep 0.02; done
            """
        )
        harness.launcher.end(attempt, byForce: false)
        try harness.turn(until: { attempt.output.lines > 1 })
        try harness.turn(until: { ProcessTable.entry(attempt.pid ?? 0) == nil })
        harness.launcher.end(attempt, byForce: true)
        let run = try harness.finish(attempt)
        #expect(run.output == ["ready", "left told"])
        #expect(run.result.notes == ["processes that it left behind were ended"])
    }

    @Test func `a task may end well on TERM`() throws {
        let attempt = try started(
            "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
        )
        harness.launcher.end(attempt, byForce: false)
        let run = try harness.finish(attempt)
        #expect(run.output == ["ready", "tidied"])
        #expect(run.outcome == .exited(0))
    }

    @Test func `what ignores TERM is killed by force`() throws {
        let attempt = try started("trap '' TERM; echo ready; while :; do sleep 0.02; done")
        harness.launcher.end(attempt, byForce: false)
        for _ in 0..<5 { try harness.loop.turn(limit: .milliseconds(20)) }
        #expect(attempt.handle != nil)
        harness.launcher.end(attempt, byForce: true)
        #expect(try harness.finish(attempt).outcome == .signalled(Int(SIGKILL)))
    }

    @Test func `a stopped process is ended by TERM too`() throws {
        let attempt = try started("echo ready; kill -STOP $$; echo unreached")
        let pid = try #require(attempt.pid)
        try harness.turn(until: { ProcessTable.state(of: pid) == "T" })
        harness.launcher.end(attempt, byForce: false)
        #expect(try harness.finish(attempt).outcome == .signalled(Int(SIGTERM)))
    }

    @Test func `force reaches what is left behind`() throws {
        let attempt = try started(
            "(trap '' TERM; echo $$; while :; do sleep 0.02; done) & sleep 0.05"
        )
        try harness.turn(until: { ProcessTable.entry(attempt.pid ?? 0) == nil })
        harness.launcher.end(attempt, byForce: true)
        let run = try harness.finish(attempt)
        #expect(run.outcome == .exited(0))
        #expect(!ProcessTable().processes.contains { $0.group == Int64(attempt.pid ?? 0) })
    }
}
