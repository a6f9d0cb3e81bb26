import Cron
import Flows
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// A real database in a folder of its own, gone with the value.
final class TemporaryStore {
    private let temporary: TemporaryFolder
    let folder: StateFolder
    let store: Store
    let runner = RunnerIdentity(id: 1, pid: 1, bootID: "boot", workers: 8)

    init() throws {
        temporary = try TemporaryFolder()
        folder = StateFolder(path: temporary.path)
        store = try Store.open(folder, create: true)
    }

    /// Applies one flow as a file of its own would.
    @discardableResult
    func apply(_ flow: Flow, digest: String = "1") throws -> ApplyReport {
        let source = FlowSource(path: "/flows/\(flow.name).yaml", digest: digest, flows: [flow])
        return try store.apply([source], by: "test", at: now)
    }

    func register(_ flow: String, _ parameters: [Variable] = [], force: Bool = false) throws
        -> Int64
    {
        let request = RegisterRequest(
            flow: flow,
            parameters: parameters,
            isForced: force,
            hostZone: "UTC"
        )
        return try store.register(request, by: "test", at: now).runID
    }

    func claim(_ count: Int = 100) throws -> [Claim] {
        var turn = Turn()
        turn.wanted = count
        return try store.turn(turn, by: runner, at: now).claims
    }

    @discardableResult
    func end(
        _ claims: [Claim],
        _ outcome: Outcome,
        outputs: [Variable] = [],
        wanting count: Int = 0
    ) throws -> TurnResult {
        var turn = Turn()
        turn.ended = claims.map { claim in
            let start = AttemptStart(claim: claim, startedAt: now, pid: 7, sink: "")
            var end = AttemptEnd(start: start, endedAt: now, duration: .zero, outcome: outcome)
            end.outputs = outputs
            return end
        }
        turn.wanted = count
        return try store.turn(turn, by: runner, at: now)
    }

    /// Runs everything to its end, each task with what `outcome` says; gives the names in order.
    func drain(_ outcome: (Claim) -> Outcome = { _ in .exited(0) }) throws -> [String] {
        var names: [String] = []
        while true {
            let claims = try claim(1)
            guard let claim = claims.first else { return names }
            names.append(claim.name)
            try end([claim], outcome(claim))
        }
    }

    /// What Debian's own `sqlite3` prints, its complaints included: none of our code runs in it.
    func shell(_ sql: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-cmd", ".timeout 5000", folder.databasePath, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines
        )
    }

    func states(ofRun run: Int64) throws -> [String: TaskState] {
        let tasks = try store.run(run).tasks
        return Dictionary(
            uniqueKeysWithValues: tasks.map {
                ("\(TaskName($0.name, item: $0.item == 0 ? nil : $0.item))", $0.state)
            }
        )
    }

    /// The real time: the triggers use it, and a retry's instant is compared with it.
    var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

extension Flow {
    /// A flow whose tasks all do nothing: `["b": ["a"]]` reads "b needs a"; order is by name.
    static func nothing(
        _ needs: [String: [String]],
        named name: String = "test",
        concurrency: Int? = nil,
        retries: RetryPolicy = .none
    ) -> Flow {
        let names = Set(needs.keys).union(needs.values.joined()).sorted()
        return Flow(
            name: name,
            concurrency: concurrency,
            parameters: [Variable("region", "all")],
            workingDirectory: "/",
            tasks: names.map {
                TaskSpec(name: $0, needs: needs[$0] ?? [], action: .run("true"), retries: retries)
            }
        )
    }

    static let diamond = nothing(["b": ["a"], "c": ["a"], "d": ["b", "c"]])
}

extension Store {
    /// A PRAGMA as this store's connection has it.
    func setting(_ name: String) throws -> String? {
        try read { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }
}

/// As a bare shell has it: without foreign keys.
///
/// - Parameters:
///   - versions: so many of the first migrations have been made.
///   - rows: SQL that inserts some.
func bareDatabase(versions: Int, _ rows: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(configuration: configuration)
    try queue.writeWithoutTransaction { db in
        for migration in Schema.migrations.prefix(versions) { try db.execute(sql: migration) }
        try db.execute(sql: rows)
    }
    return queue
}
