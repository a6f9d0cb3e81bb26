import Flows
import Glibc
import Storage
import TestSupport
import Testing

@testable import Execution

/// What a task's process leaves behind is ended before its end is told, wherever it has gone.
@Suite struct LeftBehindTests {
    private let harness: LauncherHarness

    init() throws { harness = try LauncherHarness() }

    /// A text that starts `left` by `way`, `_` being its command, waits until it runs, and prints its pid.
    private func text(_ way: String, left: String = "exec sleep 600") -> String {
        let command = "sh -c 'echo $$ > pid.new; mv pid.new pid; \(left)'"
        return """
            rm -f pid
            \(way.replacing("_", with: command))
            until [ -e pid ]; do sleep 0.01; done
            cat pid
            """
    }

    private func claim(
        _ text: String,
        task: String = "task",
        killGrace: Duration = Limit.killGrace
    ) -> Claim {
        .of(.run(text), task: task, directory: harness.folder.path, killGrace: killGrace)
    }

    private func pid(_ run: LauncherHarness.Run) throws -> pid_t {
        try #require(run.output.compactMap { pid_t($0) }.first, "\(run.output) \(run.errors)")
    }

    @Test(
        "what has left the group is ended, by whatever way",
        arguments: [
            "setsid _ &",
            "setsid -f _",
            "set -m; _ &",
            "(setsid _ &)",
            "setsid sh -c 'setsid sh -c \"echo \\$\\$ > pid; exec sleep 600\" & wait' &",
            "(set -m; (setsid _ &) &)",
            // Nothing but the mark tells whose it is.
            "env -i setsid _ > /dev/null 2>&1 < /dev/null &",
            "(env -i setsid _ &)",
            // Nothing but the environment does.
            "setsid prlimit --locks=7 _ &",
            // Neither, as of what a runner had started that was killed: no other task is there.
            "env -i prlimit --locks=7 setsid _ &",
            // Its group alone.
            "env -i prlimit --locks=7 _ &",
        ]
    )
    func isEnded(_ way: String) throws {
        let run = try harness.run(claim(text(way)))
        #expect(ProcessTable.entry(try pid(run)) == nil)
        #expect(run.outcome == .exited(0))
        #expect(run.result.notes == ["processes that it left behind were ended"])
    }

    @Test func `a failed task's too`() throws {
        let run = try harness.run(claim(text("setsid _ &") + "; exit 3"))
        #expect(ProcessTable.entry(try pid(run)) == nil)
        #expect(run.outcome == .exited(3))
    }

    @Test func `one that ends by itself in a moment is no news, and what it prints is kept`() throws
    {
        let run = try harness.run(claim(text("setsid _ &", left: "sleep 0.02; echo last")))
        #expect(ProcessTable.entry(try pid(run)) == nil)
        #expect(run.result.notes == [])
        #expect(run.output.contains("last"))
    }

    @Test func `one that ignores TERM is killed after kill_grace`() throws {
        let left = "trap \"\" TERM; while :; do sleep 0.02; done"
        let run = try harness.run(
            claim(text("setsid _ &", left: left), killGrace: .milliseconds(50))
        )
        #expect(ProcessTable.entry(try pid(run)) == nil)
        #expect(run.result.notes == ["processes that it left behind were ended"])
    }

    @Test func `one that is stopped hears TERM`() throws {
        let run = try harness.run(claim(text("setsid _ &", left: "kill -STOP $$; sleep 600")))
        #expect(ProcessTable.entry(try pid(run)) == nil)
    }

    @Test func `all that it has made is ended with it`() throws {
        let left = "env -i setsid sleep 601 & echo $! > second; wait"
        let run = try harness.run(claim(text("setsid _ &", left: left)))
        let path = harness.folder.path + "/second"
        let bytes = try #require(ProcFile.bytes(path))
        let second = try #require(pid_t(String(decoding: bytes.dropLast(), as: UTF8.self)))
        #expect(ProcessTable.entry(try pid(run)) == nil)
        #expect(ProcessTable.entry(second) == nil)
    }

    @Test func `what another task has left to go on while it runs is not touched`() throws {
        let other = try harness.start(
            claim(text("(env -i setsid _ &)") + "; sleep 600", task: "other")
        )
        try harness.turn(until: { other.output.lines > 0 })
        let kept = try #require(
            pid_t(harness.sink.lines(of: other.output.source, .output).first ?? "")
        )
        let run = try harness.run(claim(text("(env -i setsid _ &)")))
        #expect(ProcessTable.entry(try pid(run)) == nil)
        #expect(ProcessTable.entry(kept) != nil)
        harness.launcher.end(other, byForce: false)
        _ = try harness.finish(other)
        #expect(ProcessTable.entry(kept) == nil)
    }

    /// A runner in a task, which is killed, leaves what has its marks.
    @Test func `what has a mark of another runner's is ended with the last that may have left it`()
        throws
    {
        let way = "(env -i prlimit --locks=7 setsid _ &)"
        let other = try harness.start(claim("echo other; sleep 600", task: "other"))
        try harness.turn(until: { other.output.lines > 0 })
        let run = try harness.run(claim(text(way)))
        let left = try pid(run)
        #expect(ProcessTable.entry(left) != nil)
        harness.launcher.end(other, byForce: false)
        _ = try harness.finish(other)
        #expect(ProcessTable.entry(left) == nil)
    }

    @Test func `a child of the runner's own that is no task's is left to whoever made it`() throws {
        var own: pid_t = 0
        let words = ["sh", "-c", "read line; exit 5"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        try #require(posix_spawnp(&own, "sh", &actions, nil, &arguments, nil) == 0)
        try harness.turn(until: { ProcessTable.state(of: own) == "Z" })
        _ = try harness.run(claim(text("setsid _ &")))
        var status: Int32 = 0
        #expect(waitpid(own, &status, 0) == own)
        #expect(status >> 8 == 5)
    }
}

extension RunnerTests {
    /// Promise 2, of what leaves the group.
    @Suite struct RetryBesideTests {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        @Test(arguments: ["exit 1", "exec sleep 600"])
        func `a retry never runs beside what the attempt before left`(end: String) throws {
            let text = """
                if [ "$FLOWER_ATTEMPT" = 1 ]; then
                  env -i setsid sh -c 'echo $$ > pid; exec sleep 600' &
                  until [ -s pid ]; do sleep 0.01; done
                  \(end)
                fi
                ! kill -0 "$(cat pid)"
                """
            let retries = RetryPolicy(limit: 1, delay: .milliseconds(1))
            let run = try harness.register([
                .run("a", text, timeout: .seconds(2), retries: retries)
            ])
            let ending = try harness.runner { $0.waitsForRetries = true }.run()
            #expect(ending.failedTasks == 0)
            let task = try harness.task("a", ofRun: run)
            #expect(task.state == .succeeded && task.attempts.count == 2)
            #expect(task.attempts[0].outcome == (end == "exit 1" ? "failed" : "timed-out"))
        }
    }
}
