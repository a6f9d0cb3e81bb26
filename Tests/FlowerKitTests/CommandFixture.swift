import Components
import Cron
import Flows
import Foundation
import Glibc
import HostTime
import Scheduling
import Storage
import TestSupport

@testable import FlowerKit

/// Commands run in this process, each with a state folder of the test's own.
final class CommandFixture {
    let folder: TemporaryFolder
    let state: StateFolder
    var terminal = Terminal.none
    var registry = ComponentRegistry.builtIn
    var now = Fixture.now
    /// A scheduler is alive that starts runners, so that nothing is amiss; `nil` = nobody is.
    private(set) var scheduler: SchedulerLock?

    /// - Parameter isBare: there is no state folder yet.
    init(isBare: Bool = false) throws {
        folder = try TemporaryFolder()
        state = StateFolder(path: folder.path + "/state")
        if isBare { return }
        try state.create()
        scheduler = try SchedulerLock(state, startsRunners: true)
    }

    /// From now on nobody is alive.
    func endScheduler() { scheduler = nil }

    func advance(days: Int64) { now = Instant(seconds: now.seconds + days * 86_400) }

    struct Result: Equatable {
        let code: ExitCode
        let output: String
        let errors: String
    }

    @discardableResult
    func flower(_ arguments: String...) throws -> Result { try flower(arguments) }

    func flower(_ arguments: [String]) throws -> Result {
        try flower(arguments, errors: descriptor("errors"))
    }

    /// The same, with a reader of standard error that has gone.
    func flowerUnread(_ arguments: String...) throws -> Result {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(.unusable, "no pipe") }
        close(ends[0])
        close(try descriptor("errors"))
        return try flower(arguments, errors: ends[1])
    }

    /// - Parameter errors: closed at the end.
    private func flower(_ arguments: [String], errors: Int32) throws -> Result {
        let output = try descriptor("output")
        defer {
            close(output)
            close(errors)
        }
        let session = Session(
            environment: ["FLOWER_STATE": state.path],
            output: Output(descriptor: output),
            errors: Output(descriptor: errors),
            terminal: terminal,
            actor: "user@test",
            registry: self.registry,
            clock: FixedClock(now: now),
            zone: Fixture.zone
        )
        let code = Flower.run(arguments, in: session)
        return Result(code: code, output: try text("output"), errors: try text("errors"))
    }

    private func descriptor(_ name: String) throws -> Int32 {
        open("\(folder.path)/\(name)", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }

    /// Applies one flow as a file of its own would.
    @discardableResult
    func apply(_ flow: Flow) throws -> Store {
        let store = try Store.open(state, create: true)
        let source = FlowSource(path: "/flows/\(flow.name).yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: now)
        return store
    }

    /// Moves the clock on and looks once, as `flower tick` does.
    func tick(afterSeconds seconds: Int64) throws {
        now = Instant(seconds: now.seconds + seconds)
        let store = try Store.open(state, create: false)
        let clock = FixedClock(now: now)
        _ = try Scheduler(store: store, zones: .host, clock: clock, boot: nil).turn()
    }

    /// Ends every task that can run, each with what `outcome` says; nothing is launched.
    func drain(
        by id: Int64 = 1,
        _ outcome: (Claim) -> Outcome = { _ in .exited(0) },
        using change: (inout AttemptEnd) -> Void = { _ in }
    ) throws {
        let store = try Store.open(state, create: false)
        let runner = RunnerIdentity(id: id, pid: 1, bootID: "boot", workers: 1)
        while true {
            var turn = Turn()
            turn.wanted = 1
            guard let claim = try store.turn(turn, by: runner, at: now).claims.first else { return }
            let start = AttemptStart(claim: claim, startedAt: now, pid: 7, sink: "")
            var end = AttemptEnd(
                start: start,
                endedAt: now,
                duration: .milliseconds(1_200),
                outcome: outcome(claim)
            )
            end.lines = 2
            end.tail = Array("a line\nlast words of \(claim.name)\n".utf8)
            change(&end)
            turn = Turn()
            turn.ended = [end]
            _ = try store.turn(turn, by: runner, at: now)
        }
    }
}

struct FixedClock: WallClock {
    let now: Instant
}

extension JSONValue {
    /// As `-o json` prints it.
    var rendered: String {
        get throws {
            var text: [UInt8] = []
            try JSONWriter { text += $0 }.write(self)
            return String(decoding: text, as: UTF8.self)
        }
    }
}

/// Fixed values that tables are compared by.
enum Fixture {
    /// Mon 2026-11-23 21:22:00 +01:00.
    static let now = Instant(seconds: 1_795_465_320)
    static let zone = Zone(name: "Test/Zone", offset: 3600)
    static let time = TimeText(zone: zone, now: now)

    static func ago(_ seconds: Int64) -> Instant { Instant(seconds: now.seconds - seconds) }
}

extension Flow {
    /// A flow whose tasks all do nothing: `["b": ["a"]]` reads "b needs a"; order is by name.
    static func nothing(_ needs: [String: [String]], named name: String = "test") -> Flow {
        let names = Set(needs.keys).union(needs.values.joined()).sorted()
        return Flow(
            name: name,
            parameters: [Variable("region", "all")],
            workingDirectory: "/",
            tasks: names.map {
                TaskSpec(name: $0, needs: needs[$0] ?? [], action: .run("true"))
            }
        )
    }

    /// Due at each full hour, by the fixture's clock.
    static func hourly(
        _ name: String,
        overlap: OverlapPolicy = .skip,
        timing: ScheduleTiming = ScheduleTiming()
    ) throws -> Flow {
        var flow = nothing(["b": ["a"]], named: name)
        flow.overlap = overlap
        flow.schedules = [
            ScheduleSpec(
                text: "0 * * * *",
                expression: try CronExpression("0 * * * *"),
                timezone: "Etc/GMT-1",
                timing: timing
            )
        ]
        return flow
    }

    static let diamond = nothing(["b": ["a"], "c": ["a"], "d": ["b", "c"]])
}
