import Cron
import Flows
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// The library for tests has one too.
private typealias Expectation = Flows.Expectation

/// `expect: {every: …}`: the absence of a success is told, even when no fire was due.
@Suite struct ExpectationTests {
    let folder: TemporaryFolder
    let clock = FakeClock(Instant(seconds: 1_793_613_600))
    let store: Store
    let scheduler: Scheduler

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(StateFolder(path: folder.path), create: true)
        scheduler = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
    }

    private func apply(
        _ name: String,
        expects expectation: Expectation?,
        parameters: [Variable] = []
    ) throws {
        let flow = Flow(
            name: name,
            overlap: .allow,
            parameters: parameters,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))],
            expectation: expectation
        )
        let digest = "\(String(describing: expectation))"
        let source = FlowSource(path: "/flows/\(name).yaml", digest: digest, flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    func events() throws -> [String] {
        _ = try scheduler.turn()
        return try scheduler.checkExpectations().map { SchedulerLoop.sentence(of: $0) }
    }

    /// A run of the flow that succeeds now.
    func succeed(_ name: String) throws {
        let request = RegisterRequest(flow: name, hostZone: "UTC")
        _ = try store.register(request, by: "test", at: clock.now)
        try store.endTasks(1, exit: 0, at: clock.now)
    }

    @Test func `no success for so long is told once, and the next success too`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(3600)))
        #expect(try events() == [])
        #expect(scheduler.nextTurnAt == Instant(seconds: clock.now.seconds + 3600))
        clock.advance(seconds: 3599)
        #expect(try events() == [])
        clock.advance(seconds: 1)
        #expect(
            try events() == [
                "flow 'nightly' has not succeeded since 2026-11-02T10:00:00+00:00;"
                    + " expected every 1h"
            ]
        )
        #expect(try store.flows(at: clock.now).map(\.isLate) == [true])
        clock.advance(seconds: 7200)
        #expect(try events() == [])
        try succeed("nightly")
        clock.advance(seconds: 60)
        #expect(
            try events() == ["flow 'nightly' has succeeded again, at 2026-11-02T13:00:00+00:00"]
        )
        #expect(try store.flows(at: clock.now).map(\.isLate) == [false])
        // From the success on, not from when it was noticed.
        clock.advance(seconds: 3540)
        #expect(try events().count == 1)
    }

    @Test func `a success moves the alarm`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(3600)))
        _ = try events()
        for _ in 1...5 {
            clock.advance(seconds: 3000)
            try succeed("nightly")
            #expect(try events() == [])
        }
        clock.advance(seconds: 3600)
        #expect(try events().count == 1)
    }

    @Test func `a paused flow is told of too, with the pause`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(3600)))
        _ = try events()
        try store.pause(flow: "nightly", reason: "holidays", by: "test", at: clock.now)
        clock.advance(seconds: 3600)
        #expect(try events().map { $0.hasSuffix("; it is paused") } == [true])
    }

    @Test func `the flow under register runs, knowing which and since when`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(60), register: "alert"))
        try apply(
            "alert",
            expects: nil,
            parameters: [Variable("flow", "-"), Variable("other", "kept")]
        )
        _ = try events()
        clock.advance(seconds: 60)
        #expect(try events().map { $0.hasSuffix("; run 1 registered to tell of it") } == [true])
        let run = try store.run(1).summary
        #expect(run.flow == "alert")
        #expect(run.parameters == [Variable("flow", "nightly"), Variable("other", "kept")])
        clock.advance(seconds: 600)
        #expect(try events() == [])
        #expect(try store.runs().count == 1)
    }

    @Test func `that nobody is there to be told is told`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(60), register: "nobody"))
        _ = try events()
        clock.advance(seconds: 60)
        let told = try events()
        #expect(
            told.map { $0.hasSuffix("nobody is told: there is no flow 'nobody' to register") }
                == [true]
        )
    }

    @Test func `of two schedulers one tells`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(60)))
        let second = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
        clock.advance(seconds: 60)
        _ = try second.turn()
        #expect(try events().count + second.checkExpectations().count == 1)
    }

    @Test func `a clock set back sets the alarm back`() throws {
        clock.advance(seconds: 86_400)
        try apply("nightly", expects: Expectation(every: .seconds(3600)))
        _ = try events()
        clock.advance(seconds: -86_400)
        _ = try events()
        // As the clock has it now, the expectation would begin tomorrow.
        #expect(scheduler.nextTurnAt == Instant(seconds: clock.now.seconds + 3600))
    }

    @Test func `a longer expectation begins anew, an equal one does not`() throws {
        try apply("nightly", expects: Expectation(every: .seconds(3600)))
        _ = try events()
        clock.advance(seconds: 3000)
        try apply("nightly", expects: Expectation(every: .seconds(3600), register: "x"))
        _ = try events()
        #expect(scheduler.nextTurnAt == Instant(seconds: clock.now.seconds + 600))
        try apply("nightly", expects: Expectation(every: .seconds(7200)))
        _ = try events()
        #expect(scheduler.nextTurnAt == Instant(seconds: clock.now.seconds + 7200))
        try apply("nightly", expects: nil)
        _ = try events()
        #expect(scheduler.nextTurnAt == nil)
    }
}
