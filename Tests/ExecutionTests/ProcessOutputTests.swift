import Cron
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

/// What a process prints, however it prints it, and that its end is never missed.
@Suite struct ProcessOutputTests {
    private let harness: LauncherHarness

    init() throws { harness = try LauncherHarness() }

    private func shell(_ text: String) throws -> LauncherHarness.Run {
        try harness.run(.of(.run(text)))
    }

    @Test func `both streams, line by line, apart`() throws {
        let run = try shell("echo one; echo two >&2; printf three")
        #expect(run.output == ["one", "three"])
        #expect(run.errors == ["two"])
        #expect(run.attempt.output.lines == 3)
        #expect(run.result.notes.isEmpty)
    }

    @Test func `a process that prints nothing has no place of output`() throws {
        let run = try shell("exit 3")
        #expect(run.outcome == .exited(3))
        #expect(run.attempt.output.place.isEmpty && run.attempt.output.lines == 0)
    }

    @Test func `one endless line of a megabyte is split in bounded pieces`() throws {
        let run = try harness.run(
            .of(.exec(["sh", "-c", "head -c 1048576 /dev/zero | tr '\\0' x"]))
        )
        #expect(run.output.count == 16)
        #expect(run.output.allSatisfy { $0.utf8.count == RunnerLimit.lineBytes })
        #expect(run.result.notes.isEmpty)
    }

    @Test func `binary bytes pass as they are`() throws {
        let run = try shell("printf '\\000\\377\\200a\\n\\001'")
        let bytes = harness.sink.bytes(of: run.attempt.output.source, .output)
        #expect(bytes == [0, 0xFF, 0x80, 0x61, 10, 1, 10])
    }

    @Test func `more than a pipe holds does not block the process`() throws {
        let run = try shell("seq 100000; seq 50000 >&2")
        #expect(run.outcome == .exited(0))
        #expect(run.output.count == 100_000 && run.output.last == "100000")
        #expect(run.errors.count == 50_000 && run.errors.last == "50000")
    }

    @Test func `a process that closes its output lives on`() throws {
        let mark = "\(harness.folder.path)/mark"
        let claim = Claim.of(
            .run("exec >&- 2>&-; while [ ! -e \(mark) ]; do sleep 0.01; done; exit 4")
        )
        let attempt = try harness.start(claim)
        // The pipes' ends have been read once nothing but the process itself is watched.
        for _ in 0..<5 { try harness.loop.turn(limit: .milliseconds(20)) }
        #expect(attempt.handle != nil)
        try harness.folder.write("", "mark")
        #expect(try harness.finish(attempt).outcome == .exited(4))
    }

    @Test func `what holds the pipe from another session does not hold up the end`() throws {
        let start = MonotonicTime.now
        let claim = Claim.of(.run("setsid sleep 30 & echo \"$!\"; echo hi"))
        let run = try harness.run(claim)
        #expect(run.output.last == "hi")
        #expect(MonotonicTime.now - start < .seconds(10))
        #expect(run.outcome == .exited(0))
        kill(try #require(pid_t(run.output[0])), SIGKILL)
    }

    @Test func `what is left of the group is ended and noted`() throws {
        let start = MonotonicTime.now
        let run = try shell("sleep 30 & echo \"$!\"")
        let pid = try #require(pid_t(run.output[0]))
        #expect(run.result.notes == ["processes that it left behind were ended"])
        #expect(ProcessTable.entry(pid) == nil)
        #expect(MonotonicTime.now - start < RunnerLimit.killGrace)
        #expect(run.outcome == .exited(0))
    }

    @Test func `what is left and goes by itself may finish its work`() throws {
        // As bash's >(tee log) does: its reader ends after it.
        let run = try shell("{ cat; echo last; } <<EOF &\nfirst\nEOF")
        #expect(run.output == ["first", "last"])
        #expect(run.result.notes.isEmpty)
    }

    @Test func `exit code, signal and what it used are told`() throws {
        #expect(try shell("exit 255").outcome == .exited(255))
        #expect(try shell("kill -SEGV $$").outcome == .signalled(Int(SIGSEGV)))
        let busy = try shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
        #expect(busy.result.usage.user > .milliseconds(10))
    }

    /// The kernel tells of each at least as much as this process has held (getrusage(2)).
    @Test func `memory is told where it is the task's own, and else not`() throws {
        #expect(try shell("echo hello").result.usage.maxRSSKiB == nil)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let size = usage.ru_maxrss + (64 << 10)
        let words = ["/usr/bin/python3", "-c", "x = b'x' * (\(size) << 10)"]
        let large = try #require(try harness.run(.of(.exec(words))).result.usage.maxRSSKiB)
        #expect((size..<(size + (64 << 10))).contains(large))
    }

    @Test func `a full sink leaves the pipe unread and the process waiting`() throws {
        harness.sink.isFull = true
        let attempt = try harness.start(.of(.run("seq 100000; echo done >&2")))
        for _ in 0..<10 { try harness.loop.turn(limit: .milliseconds(10)) }
        #expect(attempt.handle != nil && attempt.output.lines == 0)
        harness.sink.isFull = false
        #expect(try harness.finish(attempt).output.count == 100_000)
    }

    @Test func `a full sink holds up no end`() throws {
        harness.sink.isFull = true
        let run = try shell("echo printed; exit 5")
        #expect(run.outcome == .exited(5))
        #expect(run.output == ["printed"])
    }

    @Test func `of two hundred processes none is missed`() throws {
        for wave in 0..<10 {
            let attempts = try (0..<20).map { index in
                try harness.start(.of(.run("echo \(wave)-\(index)")))
            }
            for (index, attempt) in attempts.enumerated() {
                #expect(try harness.finish(attempt).output == ["\(wave)-\(index)"])
            }
        }
    }
}
