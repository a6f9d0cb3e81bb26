import Flows
import Testing

@testable import FlowerKit

/// `status` and `show` of real flows in a real database.
@Suite struct StatusTests {
    @Test func `lines that end as on Windows are lines`() {
        let tail = Array("one\r\ntwo\r\n\r\n".utf8)
        #expect(StatusView.lastLines(tail) == ["one", "two"])
    }

    @Test func `a run is a tree of tasks, with the last words of those that failed`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        try fixture.flower("register", "test")
        try fixture.drain { $0.name == "b" ? .exited(3) : .exited(0) }
        #expect(
            try fixture.flower("status", "1").output == """
                       run: 1 of flow 'test'
                     state: failed
                     tasks: 2 of 4, 1 failed
                registered: Mon 2026-11-23 21:22:00 +01:00, just now (manual)
                      took: 0ms
                parameters: region=all

                TASK     STATE      TOOK  CPU  MEMORY  EXIT  ATTEMPTS  WHY
                a        succeeded  1.2s  0ms       -  0            1
                ├─ b     failed     1.2s  0ms       -  3            1  exit code 3
                └─ c     succeeded  1.2s  0ms       -  0            1
                   └─ d  waiting    -       -       -  -            -  needs b (failed)

                b, attempt 1: exit code 3
                  | a line
                  | last words of b

                """
        )
    }

    @Test(arguments: [
        (Outcome.signalled(9), "SIGKILL", "ended by SIGKILL"),
        (.signalled(64), "signal 64", "ended by signal 64"),
        (.timedOut, "-", "ended after its timeout"),
        (
            .notStarted(reason: "no such program: x"), "-",
            "could not be started; no such program: x"
        ),
        (.interrupted, "-", "interrupted: its runner or the machine died"),
        (.exited(127), "127", "exit code 127"),
    ])
    func `status tells why a task failed`(outcome: Outcome, exit: String, reason: String) throws {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["b": ["a"]]))
        try fixture.flower("register", "test")
        try fixture.drain { _ in outcome }
        let text = try fixture.flower("status", "1").output
        #expect(text.contains(" \(exit) "), "\(text)")
        #expect(text.contains("a, attempt 1: \(reason)\n"), "\(text)")
    }

    @Test func `what processes used is told, of the last attempt`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["b": ["a"]]))
        try fixture.flower("register", "test")
        try fixture.drain(using: { end in
            guard end.start.claim.name == "a" else { return }
            end.userCPU = .milliseconds(1_500)
            end.systemCPU = .milliseconds(250)
            end.maxRSSKiB = 51_200
        })
        let text = try fixture.flower("status", "1").output
        #expect(
            text.hasSuffix(
                """
                TASK  STATE      TOOK    CPU  MEMORY  EXIT  ATTEMPTS  WHY
                a     succeeded  1.2s  1.75s     50M  0            1
                └─ b  succeeded  1.2s    0ms       -  0            1

                """
            ),
            "\(text)"
        )
        let json = try fixture.flower("status", "1", "-o", "json").output
        for line in [
            "\"user_cpu_ms\" : 1500", "\"system_cpu_ms\" : 250", "\"max_rss_kib\" : 51200",
            "\"duration_ms\" : 1200", "\"exit_code\" : 0",
        ] {
            #expect(json.contains(line), "\(line)")
        }
    }

    @Test func `a task before its retry says when and why`() throws {
        let fixture = try CommandFixture()
        var flow = Flow.nothing(["a": []])
        flow.tasks[0].retries = RetryPolicy(limit: 3, delay: .seconds(90))
        try fixture.apply(flow)
        try fixture.flower("register", "test")
        try fixture.drain { _ in .exited(1) }
        let text = try fixture.flower("status", "1").output
        #expect(
            text.contains(
                "waiting  1.2s  0ms       -  1            1  again 1m 30s left: exit code 1"
            )
        )
    }

    @Test func `of many failures some are told in full`() throws {
        let fixture = try CommandFixture()
        let names = (1...12).map { "t\($0)" }
        try fixture.apply(.nothing(Dictionary(uniqueKeysWithValues: names.map { ($0, []) })))
        try fixture.flower("register", "test")
        try fixture.drain { _ in .exited(1) }
        let text = try fixture.flower("status", "1").output
        #expect(text.components(separatedBy: ", attempt 1: ").count == 11)
        #expect(text.hasSuffix("\n2 more failed; flower logs 1 has their output\n"))
    }

    @Test func `a run in JSON has its tasks and their attempts`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.nothing(["b": ["a"]]))
        try fixture.flower("register", "test")
        try fixture.drain { _ in .exited(3) }
        let json = try fixture.flower("status", "1", "-o", "json").output
        #expect(
            json.contains(
                """
                      "attempts" : [
                        {
                          "duration_ms" : 1200,
                          "ended_at" : "2026-11-23T21:22:00+01:00",
                          "exit_code" : 3,
                          "lines" : 2,
                          "lost" : 0,
                          "max_rss_kib" : null,
                          "note" : null,
                          "number" : 1,
                          "outcome" : "failed",
                          "pid" : 7,
                          "signal" : null,
                          "started_at" : "2026-11-23T21:22:00+01:00",
                          "system_cpu_ms" : 0,
                          "user_cpu_ms" : 0
                        }
                      ],
                      "child_run" : null,
                      "hold" : null,
                      "is_ready" : false,
                      "item" : 0,
                      "name" : "a",
                      "needs" : [

                      ],
                      "outputs" : {

                      },
                      "retry_at" : null,
                      "state" : "failed",
                      "tail" : [
                        "a line",
                        "last words of a"
                      ],
                      "trouble" : null,
                      "waits_for_pools" : [

                      ]
                """
            ),
            "\(json)"
        )
    }

    @Test func `a flow is shown with its tasks as a tree`() throws {
        let fixture = try CommandFixture()
        var flow = Flow.diamond
        flow.description = "Nothing, four times"
        flow.concurrency = 2
        flow.tasks[1].timeout = .seconds(90)
        flow.tasks[1].retries = RetryPolicy(limit: 1, delay: .seconds(5))
        flow.tasks[1].priority = -5
        flow.tasks[2].action = .exec(["echo", "two words"])
        flow.tasks[3].action = .component(name: "noop", with: .object([:]))
        flow.tasks[0].action = .run("one\ntwo\n")
        try fixture.apply(flow)
        #expect(
            try fixture.flower("show", "test").output == """
                       flow: test
                      about: Nothing, four times
                       file: /flows/test.yaml
                    applied: Mon 2026-11-23 21:22:00 +01:00, just now
                     folder: /
                      shell: sh -eu
                    overlap: skip
                concurrency: 2

                PARAMETER  VALUE
                region     all

                TASK     NEEDS  LIMITS                                       DOES
                a                                                            one …
                ├─ b            timeout 1m30s, 1 retry from 5s, priority -5  true
                └─ c                                                         echo 'two words'
                   └─ d  b, c                                                component noop

                4 tasks.

                """
        )
    }
}
