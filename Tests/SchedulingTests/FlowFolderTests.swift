import Cron
import FlowFiles
import Flows
import Foundation
import Glibc
import HostTime
import Storage
import TestSupport
import Testing

@testable import Scheduling

/// What lies in the folder is what is scheduled: real files, real inotify, a clock that stands still.
@Suite struct FlowFolderTests {
    let temporary: TemporaryFolder
    let flows: String
    let store: Store
    let folder: FlowFolder
    let now = Instant(seconds: 1_793_613_600)

    init() throws {
        temporary = try TemporaryFolder()
        flows = temporary.path + "/flows"
        try FileManager.default.createDirectory(
            atPath: flows,
            withIntermediateDirectories: false
        )
        store = try Store.open(StateFolder(path: temporary.path + "/state"), create: true)
        folder = try Self.watch(flows, store)
    }

    static func watch(_ path: String, _ store: Store) throws -> FlowFolder {
        try FlowFolder(path, store: store) { now in
            FlowFileLoader(
                components: [:],
                zoneExists: { _ in true },
                zoneHint: { _ in nil },
                home: "/",
                runner: { nil },
                now: now
            )
        }
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(flows)/\(name)"))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(flows)/\(name)")
    }

    func move(_ name: String, to other: String) throws {
        try #require(rename("\(flows)/\(name)", "\(flows)/\(other)") == 0)
    }

    static func flow(_ name: String, cron: String = "0 3 * * *") -> String {
        "flow: \(name)\nschedules: [{cron: \"\(cron)\"}]\ntasks: {only: {run: 'true'}}\n"
    }

    /// Takes note of what has happened and applies it; what was told, the folder's path left out.
    @discardableResult
    func apply() throws -> [String] {
        var told: [String] = []
        folder.takeNote()
        _ = try folder.apply(at: now, report: { told.append($0.text) }, between: {})
        return told.map { $0.replacing(folder.path + "/", with: "") }
    }

    var names: [String] { get throws { try store.flows(at: now).map(\.name) } }

    @Test func `a file is applied when it comes, changes and goes`() throws {
        try write("a.yaml", Self.flow("a"))
        #expect(try apply() == ["a.yaml: flow 'a' added"])
        #expect(try apply() == [])
        try write("a.yaml", Self.flow("a", cron: "0 4 * * *"))
        try write("b.yml", Self.flow("b"))
        #expect(try apply() == ["a.yaml: flow 'a' changed", "b.yml: flow 'b' added"])
        #expect(try store.schedules().map(\.cron) == ["0 4 * * *", "0 3 * * *"])
        try remove("a.yaml")
        #expect(try apply() == ["flow 'a' removed: no file declares it"])
        #expect(try names == ["b"])
        #expect(!folder.hasChanges)
    }

    @Test func `a file with faults keeps its last good definition and is told of once`() throws {
        try write("a.yaml", Self.flow("a"))
        try apply()
        try write("a.yaml", Self.flow("a", cron: "0 25 * * *"))
        let told = try apply()
        #expect(told.count == 1)
        #expect(told[0].hasPrefix("a.yaml is refused, what it said before stays:\na.yaml:2:"))
        #expect(try store.schedules().map(\.cron) == ["0 3 * * *"])
        #expect(try store.refusedFiles().map(\.path) == ["\(folder.path)/a.yaml"])
        folder.expectChanges()
        #expect(try apply() == [])
        // A scheduler started now finds it as it was.
        let second = try Self.watch(flows, store)
        var again: [String] = []
        _ = try second.apply(at: now, report: { again.append($0.text) }, between: {})
        #expect(again == [])
        #expect(try names == ["a"])
        try write("a.yaml", Self.flow("a", cron: "0 5 * * *"))
        #expect(try apply() == ["a.yaml: flow 'a' changed", "a.yaml is no longer refused"])
        #expect(try store.refusedFiles().isEmpty)
    }

    @Test func `what was changed with SQL stays while the file does`() throws {
        try write("a.yaml", Self.flow("a"))
        try apply()
        let sql = "UPDATE schedule SET cron = '0 6 * * *'"
        try shell(sql)
        folder.expectChanges()
        #expect(try apply() == [])
        #expect(try store.schedules().map(\.cron) == ["0 6 * * *"])
        // The same bytes written once more are no change either.
        try write("a.yaml", Self.flow("a"))
        #expect(try apply() == [])
        #expect(try store.schedules().map(\.cron) == ["0 6 * * *"])
        try write("a.yaml", Self.flow("a", cron: "0 7 * * *"))
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        #expect(try store.schedules().map(\.cron) == ["0 7 * * *"])
    }

    @Test func `a flow that moves to another file keeps its schedule's life`() throws {
        try write("b.yaml", Self.flow("a"))
        try apply()
        let before = try store.schedules()
        try shell("UPDATE schedule SET begun_at_ms = 1000, anchor_at_ms = 1000")
        try move("b.yaml", to: "a.yaml")
        #expect(try apply() == [])
        #expect(try store.schedules().map(\.id) == before.map(\.id))
        #expect(try store.schedules().map(\.begunAt.milliseconds) == [1000])
        #expect(try store.flow(named: "a", at: now).sourcePath == "\(folder.path)/a.yaml")
    }

    @Test func `an editor that renames, writes and removes loses nothing`() throws {
        try write("a.yaml", Self.flow("a"))
        try apply()
        let before = try store.schedules().map(\.id)
        try move("a.yaml", to: "a.yaml~")
        try write("a.yaml", Self.flow("a") + "description: new\n")
        try remove("a.yaml~")
        try write(".a.yaml.swp", "x")
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        #expect(try store.schedules().map(\.id) == before)
    }

    @Test func `of two files that declare one flow the first has it`() throws {
        try write("b.yaml", Self.flow("x"))
        try apply()
        try write("a.yaml", Self.flow("x", cron: "0 4 * * *"))
        let told = try apply()
        #expect(told.count == 1 && told[0].contains("flow 'x' is declared a second time"))
        #expect(try store.schedules().map(\.cron) == ["0 3 * * *"])
        // Its removal mends the other file, though that has not changed.
        try remove("b.yaml")
        #expect(try apply() == ["a.yaml: flow 'x' changed", "a.yaml is no longer refused"])
        #expect(try store.schedules().map(\.cron) == ["0 4 * * *"])
    }

    @Test func `a folder that is gone removes nothing`() throws {
        try write("a.yaml", Self.flow("a"))
        try apply()
        try #require(rename(flows, flows + ".away") == 0)
        let told = try apply()
        #expect(told.count == 1 && told[0].hasPrefix("there is no folder of flow files at "))
        #expect(try names == ["a"])
        #expect(try apply() == [])
        try #require(rename(flows + ".away", flows) == 0)
        #expect(try apply().map { $0.hasSuffix("is there again") } == [true])
        #expect(try names == ["a"])
        try remove("a.yaml")
        #expect(try apply() == ["flow 'a' removed: no file declares it"])
    }

    @Test func `a link is followed, and its end takes its flow with it`() throws {
        let target = temporary.path + "/elsewhere.yaml"
        try Data(Self.flow("far").utf8).write(to: URL(fileURLWithPath: target))
        try apply()
        try #require(symlink(target, "\(flows)/far.yaml") == 0)
        #expect(try apply() == ["far.yaml: flow 'far' added"])
        #expect(
            try store.flow(named: "far", at: now).sourcePath?.hasSuffix("/elsewhere.yaml") == true
        )
        try remove("far.yaml")
        #expect(try apply() == ["flow 'far' removed: no file declares it"])
    }

    @Test func `a file that is still being written is not read`() throws {
        try apply()
        let handle = open("\(flows)/a.yaml", O_WRONLY | O_CREAT, 0o600)
        try #require(handle >= 0)
        let half = Array("flow: a\n".utf8)
        try #require(Glibc.write(handle, half, half.count) == half.count)
        #expect(try apply() == [])
        let rest = Array("tasks: {only: {run: 'true'}}\n".utf8)
        try #require(Glibc.write(handle, rest, rest.count) == rest.count)
        close(handle)
        #expect(try apply() == ["a.yaml: flow 'a' added"])
    }

    @Test func `a file of days that changes, breaks or comes at last is noticed`() throws {
        let flow = """
            flow: a
            schedules: [{cron: "0 3 * * *", except: [{file: holidays.txt}]}]
            tasks: {only: {run: 'true'}}
            """
        try write("a.yaml", flow)
        #expect(try apply().map { $0.hasPrefix("a.yaml is refused:") } == [true])
        try write("holidays.txt", "2026-12-24\n")
        #expect(try apply() == ["a.yaml: flow 'a' added", "a.yaml is no longer refused"])
        try write("holidays.txt", "2026-12-25\n")
        #expect(try apply() == ["a.yaml: flow 'a' changed"])
        #expect(try store.schedules().map(\.timing.exceptions) == [[.date("2026-12-25")]])
        try write("holidays.txt", "Christmas\n")
        #expect(try apply().map { $0.contains("what it said before stays") } == [true])
        #expect(try store.schedules().map(\.timing.exceptions) == [[.date("2026-12-25")]])
        try write("holidays.txt", "2026-12-25\n2026-12-26\n")
        #expect(try apply() == ["a.yaml: flow 'a' changed", "a.yaml is no longer refused"])
    }

    @Test func `a crontab's lines are flows, and taking one out removes one`() throws {
        try write("jobs.crontab", "0 3 * * * backup\n0 4 * * * report\n")
        #expect(try apply() == ["jobs.crontab: 2 flows added"])
        try write("jobs.crontab", "0 3 * * * backup\n")
        let told = try apply()
        #expect(told.count == 1 && told[0].hasPrefix("flow 'jobs.report-"))
        #expect(try names.count == 1)
    }

    func shell(_ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-cmd", ".timeout 5000", store.folder.databasePath, sql]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
