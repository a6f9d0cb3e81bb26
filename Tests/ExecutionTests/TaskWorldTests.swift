import Cron
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

/// `design.md`, "The task's world": as a plain program sees it, which, unlike a shell, changes
/// nothing itself.
@Suite struct TaskWorldTests {
    private let harness: LauncherHarness

    init() throws { harness = try LauncherHarness() }

    private func output(_ words: String...) throws -> [String] {
        let run = try harness.run(.of(.exec(words), directory: "/usr"))
        #expect(run.outcome == .exited(0))
        return run.output
    }

    @Test func `the environment is what the flow says and nothing of ours`() throws {
        setenv("FLOWER_TEST_STRAY", "1", 1)
        let run = try harness.run(
            .of(
                .exec(["env"]),
                task: "extract",
                environment: [Variable("FILE", "/data/${region}.csv"), Variable("LEVEL", "task")],
                flowEnvironment: [Variable("LEVEL", "flow"), Variable("LANG", "de_DE.UTF-8")],
                parameters: [Variable("region", "a b"), Variable("FILTER", "$${x}")]
            )
        )
        let account = Account.current
        let expected = [
            "PATH=/usr/local/bin:/usr/bin:/bin",
            "HOME=\(account.home)",
            "USER=\(account.name)",
            "LOGNAME=\(account.name)",
            "SHELL=/bin/sh",
            "LANG=de_DE.UTF-8",
            "LEVEL=task",
            "FILE=/data/a b.csv",
            "region=a b",
            "FILTER=$${x}",
            "FLOWER_FLOW=flow",
            "FLOWER_RUN=7",
            "FLOWER_INSTANCE=0123abcd",
            "FLOWER_DUE_AT=2026-11-23T02:50:00+00:00",
            "FLOWER_TASK=extract",
            "FLOWER_ITEM=0",
            "FLOWER_ATTEMPT=1",
            "FLOWER_OUTPUT=/nowhere/outputs/0123abcd-1.1",
        ]
        #expect(run.output == expected)
    }

    @Test func `an exec's words are filled and never split`() throws {
        let claim = Claim.of(
            .exec([
                "printf", "%s\n", "${region}", "$${region}", "${due.date} ${due.time}", "${run.id}",
            ]),
            parameters: [Variable("region", "a; rm -rf b")]
        )
        #expect(
            try harness.run(claim).output == [
                "a; rm -rf b", "${region}", "2026-11-23 02:50:00", "7",
            ]
        )
    }

    @Test func `a run's text reaches the shell as written`() throws {
        let claim = Claim.of(
            .run("printf '%s\\n' \"$region\" '${region}' \"$0\"; false; echo unreached"),
            parameters: [Variable("region", "$(echo pasted)")]
        )
        let run = try harness.run(claim)
        #expect(run.output == ["$(echo pasted)", "${region}", "sh"])
        #expect(run.outcome == .exited(1), "sh -eu ends at the first failure")
    }

    @Test func `a text that SQL broke is a fault, not a launch`() throws {
        let claim = Claim.of(.exec(["echo", "${region"]))
        let world = try RunWorld(claim.run, zone: .utc)
        #expect(throws: TaskWorld.Fault.self) { try TaskWorld(claim, of: world) }
    }

    @Test func `standard input is empty`() throws {
        #expect(try output("readlink", "/proc/self/fd/0") == ["/dev/null"])
    }

    @Test func `its own session and group`() throws {
        let run = try harness.run(.of(.exec(["cat", "/proc/self/stat"])))
        let fields = try #require(run.output.first).split(separator: " ")
        let pid = try #require(run.attempt.pid)
        // proc(5): pid (comm) state ppid pgrp session
        #expect(fields[0] == "\(pid)" && fields[4] == "\(pid)" && fields[5] == "\(pid)")
    }

    @Test func `no signal is blocked, ignored or caught`() throws {
        var blocked = sigset_t()
        var former = sigset_t()
        sigfillset(&blocked)
        pthread_sigmask(SIG_SETMASK, &blocked, &former)
        let formerHandler = signal(SIGUSR2, SIG_IGN)
        defer {
            signal(SIGUSR2, formerHandler)
            pthread_sigmask(SIG_SETMASK, &former, nil)
        }
        // A plain program: dash would clear the mask itself.
        let lines = try output("cat", "/proc/self/status").filter { $0.hasPrefix("Sig") }
        let none = "0000000000000000"
        for name in ["SigBlk", "SigIgn", "SigCgt"] { #expect(lines.contains("\(name):\t\(none)")) }
    }

    @Test func `our own umask stays`() throws {
        let former = umask(0o077)
        defer { umask(former) }
        #expect(try output("grep", "Umask", "/proc/self/status") == ["Umask:\t0022"])
        #expect(umask(0o077) == 0o077)
    }

    @Test func `no descriptor of ours reaches it`() throws {
        // As a library would leave it: not close-on-exec.
        let stray = dup(0)
        defer { close(stray) }
        #expect(stray > 2)
        // ls itself opens the folder as 3.
        #expect(try output("ls", "/proc/self/fd") == ["0", "1", "2", "3"])
    }

    @Test func `the working directory is entered`() throws {
        #expect(try output("readlink", "/proc/self/cwd") == ["/usr"])
        try harness.folder.write("#!/bin/sh\necho here\n", "script", mode: 0o755)
        let run = try harness.run(.of(.exec(["./script"]), directory: harness.folder.path))
        #expect(run.output == ["here"])
    }
}
