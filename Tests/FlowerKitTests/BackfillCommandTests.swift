import Flows
import Storage
import Testing

@testable import FlowerKit

/// `backfill` and `cancel`: it is Mon 2026-11-23 21:22:00 +01:00.
@Suite struct BackfillCommandTests {
    /// Four due times of the day, both ends among them.
    static let span = [
        "--from", "2026-11-23T17:00:00+01:00", "--to", "2026-11-23T20:00:00+01:00",
    ]

    func fixture(_ flow: Flow? = nil) throws -> CommandFixture {
        let fixture = try CommandFixture()
        try fixture.apply(try flow ?? .hourly("backup"))
        return fixture
    }

    @Test func `a dry run shows what would be registered, and registers nothing`() throws {
        let fixture = try fixture()
        let result = try fixture.flower(["backfill", "backup", "--dry-run"] + Self.span)
        #expect(
            result
                == .init(
                    code: .success,
                    output: """
                        Mon 2026-11-23 17:00:00 +01:00
                        Mon 2026-11-23 18:00:00 +01:00
                        Mon 2026-11-23 19:00:00 +01:00
                        Mon 2026-11-23 20:00:00 +01:00
                        4 runs would be registered

                        """,
                    errors: ""
                )
        )
        #expect(try fixture.flower("runs").output == "0 runs listed.\n")
    }

    @Test func `the runs go one after another, oldest first, and none twice`() throws {
        let fixture = try fixture()
        let first = try fixture.flower(["backfill", "backup"] + Self.span)
        #expect(first.output == "4 runs registered: 1 to 4\n")
        let store = try Store.open(fixture.state, create: false)
        let runs = try store.runs().reversed()
        #expect(runs.map(\.state) == [.waiting, .queued, .queued, .queued])
        #expect(
            runs.compactMap { $0.dueAt?.seconds }.map { $0 - Fixture.now.seconds } == [
                -15_720, -12_120, -8_520, -4_920,
            ]
        )
        #expect(runs.allSatisfy { $0.origin == "backfill" })
        let second = try fixture.flower(["backfill", "backup"] + Self.span)
        #expect(
            second.output
                == "0 runs registered: all 4 fires from Mon 2026-11-23 17:00:00 +01:00 to Mon"
                + " 2026-11-23 20:00:00 +01:00 have runs; --again runs them once more\n"
        )
        try fixture.drain()
        #expect(try store.runs().allSatisfy { $0.state == .succeeded })
        let again = try fixture.flower(["backfill", "backup", "--again"] + Self.span)
        #expect(again.output == "4 runs registered: 5 to 8\n")
    }

    @Test func `each run gives the outputs of its own, and of the run that it started`() throws {
        var down = Flow.nothing(["sum": []], named: "down")
        down.overlap = .allow
        down.outputs = [Variable("total", "${tasks.sum.outputs.rows}")]
        let fixture = try fixture(down)
        var up = try Flow.hourly("backup")
        up.tasks = [TaskSpec(name: "part", action: .flow(name: "down", parameters: []))]
        up.outputs = [Variable("total", "${tasks.part.outputs.total} of run ${run.id}")]
        try fixture.apply(up)
        #expect(try fixture.flower(["backfill", "backup"] + Self.span).code == .success)
        var rows = 0
        try fixture.drain(using: { end in
            let claim = end.start.claim
            if claim.name == "sum" {
                rows += 1
                end.outputs = [Variable("rows", "\(rows)")]
            }
            if let child = claim.child { end.outputs = child.given }
        })
        let store = try Store.open(fixture.state, create: false)
        let outputs = try (1...4).map { try store.run($0).outputs.map(\.value) }
        #expect(outputs == (1...4).map { ["\($0) of run \($0)"] })
        #expect(try fixture.flower("status", "3").output.contains("total       3 of run 3\n"))
    }

    @Test func `so many are active at once as asked, newest first if asked`() throws {
        let fixture = try fixture()
        let how = ["--concurrency", "3", "--order", "newest"]
        #expect(try fixture.flower(["backfill", "backup"] + how + Self.span).code == .success)
        let runs = try Store.open(fixture.state, create: false).runs().reversed()
        #expect(runs.map(\.state) == [.waiting, .waiting, .waiting, .queued])
        #expect(runs.first?.dueAt?.seconds == Fixture.now.seconds - 4_920)
    }

    @Test func `a fire that was missed keeps its reason and gets its run`() throws {
        let fixture = try fixture(.hourly("backup", timing: ScheduleTiming(catchUp: .skip)))
        try fixture.tick(afterSeconds: 7200)
        let span = ["--from", "2026-11-23T22:00:00+01:00", "--to", "2026-11-23T22:00:00+01:00"]
        #expect(
            try fixture.flower(["backfill", "backup"] + span).output == "1 run registered: 1\n"
        )
        let fires = try Store.open(fixture.state, create: false).fires(flow: "backup")
        #expect(fires.map(\.outcome) == [.missed, .missed])
        #expect(fires.map(\.runID) == [nil, 1])
    }

    @Test func `excepted times are left out`() throws {
        let timing = ScheduleTiming(exceptions: [.expression("* 18-19 * * *")])
        let fixture = try fixture(.hourly("backup", timing: timing))
        let result = try fixture.flower(["backfill", "backup", "--dry-run"] + Self.span)
        #expect(result.output.hasSuffix("\n2 runs would be registered\n"))
    }

    @Test(arguments: [
        (["backfill", "backup"], 64, "missing expected argument '--from <instant>'"),
        (
            [
                "backfill", "backup", "--from", "2026-11-23T18:00:00Z", "--to",
                "2026-11-23T17:00:00Z",
            ],
            64, "--from is later than --to"
        ),
        (
            [
                "backfill", "backup", "--from", "2026-11-23T18:00:00Z", "--to",
                "2026-11-23T21:00:00Z",
            ],
            65, "--to lies in the future\nhint: the scheduler registers what is still to come"
        ),
        (["backfill", "backup", "--concurrency", "0"] + span, 64, "--concurrency takes a number"),
        (["backfill", "backup", "--order", "random"] + span, 64, "the value 'random' is invalid"),
        (["backfill", "bakup"] + span, 66, "there is no flow 'bakup'"),
    ])
    func `what is wrong is told`(arguments: [String], code: Int32, message: String) throws {
        let fixture = try fixture()
        let result = try fixture.flower(arguments)
        #expect(result.code.rawValue == code)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
        #expect(try fixture.flower("runs").output == "0 runs listed.\n")
    }

    @Test func `a flow that was never due is told from one whose times all have runs`() throws {
        let fixture = try fixture(
            Flow(
                name: "hand",
                workingDirectory: "/",
                tasks: [TaskSpec(name: "a", action: .run("true"))]
            )
        )
        let result = try fixture.flower(["backfill", "hand"] + Self.span)
        #expect(result.code == .notFound)
        #expect(
            result.errors == """
                flower: flow 'hand' has no schedule: nothing of it was ever due
                hint: flower register hand makes a run of it

                """
        )
    }

    @Test func `more due times than a backfill may have are refused`() throws {
        var flow = try Flow.hourly("backup")
        flow.schedules[0].text = "* * * * * *"
        let fixture = try fixture(flow)
        let span = ["--from", "2026-11-20T00:00:00+01:00", "--to", "2026-11-23T00:00:00+01:00"]
        let result = try fixture.flower(["backfill", "backup"] + span)
        #expect(result.code == .badInput)
        #expect(
            result.errors == """
                flower: more than 100000 fires lie between --from and --to
                hint: take a shorter span

                """
        )
    }

    // MARK: - Cancel

    @Test func `cancel ends what waits, and says so`() throws {
        let fixture = try fixture()
        try fixture.flower("register", "backup")
        #expect(
            try fixture.flower("cancel", "1", "b").output == "run 1: 1 task cancelled\n"
        )
        #expect(try fixture.flower("cancel", "1").output == "run 1: 1 task cancelled\n")
        let again = try fixture.flower("cancel", "1")
        #expect(again.code == .refused)
        #expect(
            again.errors == """
                flower: run 1 has ended already
                hint: flower status 1 shows how

                """
        )
    }

    @Test func `cancel asks the runner to end what runs`() throws {
        let fixture = try fixture()
        try fixture.flower("register", "backup")
        let store = try Store.open(fixture.state, create: false)
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
        var turn = Turn()
        turn.wanted = 1
        let claims = try store.turn(turn, by: runner, at: fixture.now).claims
        let result = try fixture.flower("cancel", "1")
        #expect(result.output == "run 1: 1 task cancelled, 1 task being ended\n")
        let asked = try store.turn(Turn(), by: runner, at: fixture.now).toCancel
        #expect(asked == claims.map(\.taskID))
    }

    @Test func `cancelling a run lets the next queued one go`() throws {
        let fixture = try fixture(.hourly("backup", overlap: .queue))
        try fixture.flower("register", "backup")
        try fixture.flower("register", "backup")
        try fixture.flower("cancel", "1")
        let states = try Store.open(fixture.state, create: false).runs().reversed().map(\.state)
        #expect(states == [.cancelled, .waiting])
    }

    @Test(arguments: [
        (["cancel", "7"], 66, "there is no run 7\nhint: flower runs lists them"),
        (["cancel", "1", "c"], 66, "run 1 has no task 'c'"),
        (["cancel", "x"], 64, "the value 'x' is invalid for '<run>'"),
    ])
    func `cancel tells what is not there`(
        arguments: [String],
        code: Int32,
        message: String
    ) throws {
        let fixture = try fixture()
        try fixture.flower("register", "backup")
        let result = try fixture.flower(arguments)
        #expect(result.code.rawValue == code)
        #expect(result.errors.hasPrefix("flower: \(message)"), "\(result.errors)")
    }
}
