import Cron
import Flows
import Foundation
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// A state folder, a clock that a test sets, and a scheduler that lives by it.
final class World {
    let folder: TemporaryFolder
    let store: Store
    let clock: FakeClock
    /// In which instants are read and told.
    let zone: Zone
    private(set) var scheduler: Scheduler
    /// Ends every run after each turn, as a quick runner would.
    var endsRuns = true
    private let year: String

    /// - Parameter start: `2026-11-02 09:30`, a local time; ambiguous ones are the first.
    init(at start: String, in zoneName: String = "UTC") throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try Store.open(StateFolder(path: folder.path), create: true)
        zone = try ZoneDirectory.host.zone(named: zoneName)
        year = String(start.prefix(4))
        clock = FakeClock(Instant(seconds: 0))
        scheduler = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
        clock.now = try instant(String(start.dropFirst(5)))
    }

    /// A new life of the scheduler: what it held in memory is gone.
    func restart() {
        scheduler = Scheduler(store: store, zones: .host, clock: clock, boot: nil)
    }

    func apply(
        _ crons: [String],
        overlap: OverlapPolicy = .allow,
        timing: ScheduleTiming = ScheduleTiming(),
        named name: String = "flow",
        digest: String = "1"
    ) throws {
        let flow = Flow(
            name: name,
            schedules: try crons.map { cron in
                ScheduleSpec(
                    text: cron,
                    expression: try CronExpression(cron, hashID: name),
                    timezone: zone.name,
                    timing: timing
                )
            },
            overlap: overlap,
            workingDirectory: "/",
            tasks: [TaskSpec(name: "a", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/\(name).yaml", digest: digest, flows: [flow])
        _ = try store.apply([source], by: "test", at: clock.now)
    }

    @discardableResult
    func turn() throws -> [RecordedFire] {
        let recorded = try scheduler.turn()
        if endsRuns { try endRuns() }
        return recorded
    }

    /// Moves the clock as `move` says: `runs 11-02 12:30` from fire to fire, as a scheduler lives that
    /// sleeps until each; `jumps 11-02 14:00` at once, as after a step or a sleep of the machine.
    func move(_ move: String) throws {
        let words = move.split(separator: " ")
        let target = try instant("\(words[1]) \(words[2])")
        if words[0] == "runs" {
            try turn()
            while let next = scheduler.nextTurnAt, next <= target {
                clock.now = max(next, clock.now)
                try turn()
            }
        }
        clock.now = target
        try turn()
    }

    /// `11-02 09:30`, `11-02 09:30:05.5`, `10-25 01:30+00:00`; without an offset the first that fits.
    func instant(_ text: String) throws -> Instant {
        let words = text.split(separator: " ")
        let time = words[1].prefix { $0 != "+" }
        let offset = words[1].dropFirst(time.count)
        let seconds = time.split(separator: ":").count == 2 ? ":00" : ""
        let stamp = "\(year)-\(words[0])T\(time)\(seconds)"
        if !offset.isEmpty { return try Instant(iso8601: stamp + offset) }
        let utc = try Instant(iso8601: stamp + "Z")
        let guesses = [utc.milliseconds - 86_400_000, utc.milliseconds + 86_400_000]
            .map { Instant(milliseconds: $0) }
        let fits = guesses.map { guess in
            Instant(milliseconds: utc.milliseconds - zone.offset(at: guess) * 1000)
        }
        return try #require(fits.first { label($0, isLong: true).hasPrefix(text) } ?? fits.first)
    }

    /// `11-02 09:30`, with seconds where there are any and the offset where the zone is not UTC.
    func label(_ instant: Instant, isLong: Bool = false) -> String {
        let stamp = instant.iso8601(in: zone)
        let (day, clockTime) = (stamp.dropFirst(5).prefix(5), stamp.dropFirst(11).prefix(5))
        let seconds = stamp.dropFirst(16).prefix(3)
        let offset = zone.name == "UTC" ? "" : stamp.suffix(6)
        return "\(day) \(clockTime)\(seconds == ":00" && !isLong ? "" : seconds)\(offset)"
    }

    /// Ends every task that can run, one run after the other; nothing is launched.
    func endRuns() throws {
        while try store.endTasks(100, exit: 0, at: clock.now) > 0 {}
    }

    /// What became of each fire, oldest first; neighbours of one outcome in one line:
    /// `11-02 11:00 … 11-02 13:00 missed ×3`.
    func outcomes(_ flow: String = "flow") throws -> [String] {
        var lines: [(first: String, last: String, outcome: String, count: Int)] = []
        for fire in try store.fires(flow: flow, limit: 1_000_000).reversed() {
            let (first, last) = (label(fire.dueAt), label(fire.lastDueAt ?? fire.dueAt))
            if lines.last?.outcome == fire.outcome.rawValue {
                lines[lines.count - 1].last = last
                lines[lines.count - 1].count += fire.count
            } else {
                lines.append((first, last, fire.outcome.rawValue, fire.count))
            }
        }
        return lines.map { line in
            line.count == 1
                ? "\(line.first) \(line.outcome)"
                : "\(line.first) … \(line.last) \(line.outcome) ×\(line.count)"
        }
    }

    func shell(_ sql: String) throws -> [String] { try store.shell(sql) }
}

extension Store {
    /// What `sqlite3` prints.
    func shell(_ sql: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-cmd", ".timeout 5000", folder.databasePath, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension Store {
    /// Claims what can run, at most `limit` tasks, and ends each at once; nothing is launched.
    ///
    /// - Returns: How many there were.
    @discardableResult
    func endTasks(_ limit: Int, exit code: Int, at now: Instant) throws -> Int {
        let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 1)
        var claiming = Turn()
        claiming.wanted = limit
        let claims = try turn(claiming, by: runner, at: now).claims
        if claims.isEmpty { return 0 }
        var ending = Turn()
        ending.ended = claims.map { claim in
            let start = AttemptStart(claim: claim, startedAt: now, pid: 7, sink: "")
            return AttemptEnd(
                start: start,
                endedAt: now,
                duration: .zero,
                outcome: .exited(code)
            )
        }
        _ = try turn(ending, by: runner, at: now)
        return claims.count
    }
}
