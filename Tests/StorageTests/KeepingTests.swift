import Cron
import Flows
import Foundation
import Testing

@testable import Storage

/// Prune, backup and check, against a real file that Debian's own `sqlite3` looks into.
@Suite struct KeepingTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        try temporary.apply(.diamond)
    }

    /// Runs to their end, `days` ago as the database has it.
    func settled(_ count: Int, days: Int = 0, _ outcome: Outcome = .exited(0)) throws -> [Int64] {
        let runs = try (0..<count).map { _ in try temporary.register("test", force: true) }
        _ = try temporary.drain { _ in outcome }
        let list = runs.map(String.init).joined(separator: ",")
        let back = Int64(days) * 86_400_000
        _ = try temporary.shell(
            """
            UPDATE run SET registered_at_ms = registered_at_ms - \(back) WHERE id IN (\(list));
            UPDATE attempt SET started_at_ms = started_at_ms - \(back),
              ended_at_ms = ended_at_ms - \(back)
            WHERE task_id IN (SELECT id FROM task WHERE run_id IN (\(list)));
            """
        )
        return runs
    }

    func daysAgo(_ days: Int64) -> Instant {
        Instant(milliseconds: temporary.now.milliseconds - days * 86_400_000)
    }

    @Test func `settled runs that are old go, with all that belongs to them`() throws {
        let old = try settled(3, days: 100)
        let failed = try settled(1, days: 100, .exited(1))
        let young = try settled(2)
        let waiting = try temporary.register("test", force: true)
        _ = try temporary.shell("UPDATE run SET registered_at_ms = 0 WHERE id = \(waiting)")
        let request = PruneRequest(before: daysAgo(90))
        let preview = try store.previewPrune(request, at: temporary.now)
        #expect(preview.runs == old + failed && preview.tasks == 16)
        let report = try store.prune(request, by: "test", at: temporary.now)
        #expect(report.runs == preview.runs && report.tasks == preview.tasks)
        #expect(try store.runs().map(\.id) == [waiting] + young.reversed())
        let left = "SELECT (SELECT count(*) FROM task), (SELECT count(*) FROM attempt)"
        #expect(try temporary.shell(left) == "12|8")
        #expect(try store.check() == [])
        #expect(try store.prune(request, by: "test", at: temporary.now) == PruneReport())
    }

    @Test func `the newest of each flow stay, and so does a long run that has just ended`() throws {
        let old = try settled(5, days: 100)
        let long = try settled(1, days: 100)
        _ = try temporary.shell(
            """
            UPDATE attempt SET ended_at_ms = \(temporary.now.milliseconds)
            WHERE task_id = (SELECT max(id) FROM task WHERE run_id = \(long[0]))
            """
        )
        let keeping = PruneRequest(before: daysAgo(90), keepLast: 3)
        #expect(try store.prune(keeping, by: "t", at: temporary.now).runs == Array(old.prefix(3)))
        let all = PruneRequest(before: daysAgo(90))
        #expect(try store.prune(all, by: "t", at: temporary.now).runs == Array(old.suffix(2)))
    }

    private func prune() throws -> [Int64] {
        // Whatever is settled is old.
        let request = PruneRequest(before: daysAgo(-1))
        let preview = try store.previewPrune(request, at: temporary.now).runs
        let runs = try store.prune(request, by: "test", at: temporary.now).runs
        #expect(preview == runs)
        return runs
    }

    /// A settled run has a hook before it: deleted, nobody would be told of the failure.
    @Test func `a run whose hook or mail is still to come stays until it has ended`() throws {
        var flow = Flow.nothing(["a": []], named: "told")
        flow.hooks = [.mail(to: ["root"])]
        try temporary.apply(flow)
        let run = try temporary.register("told")
        // In a plain shell: nobody has looked yet whether it has settled.
        let task = try temporary.claim()
        #expect(
            try temporary.shell(
                """
                UPDATE task SET status = 2, runner_id = NULL WHERE id = \(task[0].taskID)
                """
            ) == ""
        )
        #expect(try store.state(ofRun: run) == .failed)
        #expect(try prune() == [])
        // The mail waits for a runner, is on its way, and is tried again.
        let mail = try temporary.claim(0) + temporary.claim()
        #expect(mail.map(\.name) == ["@notify"])
        #expect(try prune() == [])
        try temporary.end(mail, .exited(75))
        #expect(try temporary.states(ofRun: run)["@notify"] == .waiting)
        #expect(try prune() == [])
        #expect(try temporary.shell("UPDATE task SET status = 9 WHERE name = '@notify'") == "")
        // Whoever writes next looks at what the shell has done.
        #expect(try prune() == [])
        _ = try temporary.claim()
        #expect(try prune() == [run])
    }

    @Test func `a run for which a task waits stays until that has its result`() throws {
        var caller = Flow.nothing(["a": []], named: "caller")
        caller.tasks[0].action = .flow(name: "test", parameters: [])
        try temporary.apply(caller)
        let run = try temporary.register("caller")
        let child = run + 1
        for _ in 0..<3 { try temporary.end(temporary.claim(), .exited(0)) }
        #expect(try store.state(ofRun: child) == .succeeded)
        #expect(try prune() == [])
        let result = try temporary.claim()
        #expect(result.map(\.child?.id) == [child])
        try temporary.end(result, .exited(0))
        #expect(try prune() == [run, child])
    }

    @Test func `a fire outlives the runs while it could be registered again`() throws {
        let schedule = ScheduleSpec(
            text: "@hourly",
            expression: try CronExpression("@hourly", hashID: "hourly"),
            timing: ScheduleTiming(catchUpWindow: .seconds(20 * 86_400))
        )
        var flow = Flow.nothing([:], named: "hourly")
        flow.tasks = [TaskSpec(name: "a", action: .run("true"))]
        flow.schedules = [schedule]
        try temporary.apply(flow)
        for days in [1, 7, 19, 21, 200] {
            let due = daysAgo(Int64(days)).milliseconds
            _ = try temporary.shell(
                """
                INSERT INTO fire (schedule_id, due_at_ms, outcome, recorded_at_ms)
                SELECT id, \(due), 'missed', \(due) FROM schedule
                """
            )
        }
        let request = PruneRequest(before: daysAgo(3))
        #expect(try store.prune(request, by: "test", at: temporary.now).fires == 2)
        #expect(try temporary.shell("SELECT count(*) FROM fire") == "3")
    }

    @Test func `a removed flow goes with its last run`() throws {
        let runs = try settled(1, days: 100)
        _ = try store.apply([], pruning: ["/flows"], by: "test", at: daysAgo(100))
        let request = PruneRequest(before: daysAgo(90))
        let report = try store.prune(request, by: "test", at: temporary.now)
        #expect(report.runs == runs && report.flows == ["test"])
        #expect(try temporary.shell("SELECT count(*) FROM flow_task") == "0")
    }

    @Test func `under a steady load the file stops growing`() throws {
        var pages: [Int] = []
        for _ in 1...6 {
            _ = try settled(20, days: 100)
            _ = try temporary.shell("UPDATE action SET at_ms = 0")
            let request = PruneRequest(before: daysAgo(90))
            #expect(try store.prune(request, by: "t", at: temporary.now).runs.count == 20)
            pages.append(try #require(Int(try temporary.shell("PRAGMA page_count"))))
        }
        #expect(pages.last == pages[1], "\(pages)")
        // SQLite copies it into the database at 1,000 pages, and begins anew at its front.
        let wal = try FileManager.default.attributesOfItem(atPath: temporary.folder.walPath)
        #expect(wal[.size] as? Int ?? .max < 8 << 20)
        // Nor do the tables beside the runs: one row tells of the last prune.
        #expect(try temporary.shell("SELECT count(*) FROM action") == "1")
    }

    @Test func `a backup is whole, has a name of its own, and never replaces a file`() throws {
        let runs = try settled(2)
        let claimed = try temporary.register("test")
        #expect(try temporary.claim(1).count == 1)
        let path = temporary.folder.path + "/copy.db"
        try store.backup(to: path)
        #expect(throws: StorageError.self) { try store.backup(to: path) }
        let copy = StateFolder(path: temporary.folder.path + "/restored")
        try copy.create()
        try FileManager.default.copyItem(atPath: path, toPath: copy.databasePath)
        let restored = try Store.open(copy, create: false)
        #expect(restored.instance != store.instance)
        #expect(try restored.runs().map(\.id) == [claimed] + runs.reversed())
        #expect(try restored.check() == [])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let names = try FileManager.default.contentsOfDirectory(atPath: temporary.folder.path)
        #expect(!names.contains { $0.hasSuffix(".part") })
    }

    @Test(arguments: [
        (
            "UPDATE task SET unmet = 5 WHERE name = 'd'",
            "the count of unmet needs is wrong: task d of run 1"
        ),
        (
            "UPDATE task SET rank_ms = NULL WHERE name = 'a'",
            "a task is ready to run and stands in no lane: task a of run 1"
        ),
        (
            "UPDATE task SET rank_ms = 1 WHERE name = 'd'",
            "a task stands in a lane and is not ready: task d of run 1"
        ),
        ("DROP TRIGGER task_delete_guard; DELETE FROM task", "a run has no tasks: run 1"),
        (
            "DROP TRIGGER flow_delete_guard; DELETE FROM flow",
            "row 1 of run refers to a row of flow that is not there"
        ),
    ])
    func `what was spoilt with SQL is found`(sql: String, problem: String) throws {
        _ = try temporary.register("test")
        #expect(try store.check() == [])
        _ = try temporary.shell(sql)
        #expect(try store.check().map(\.problem).contains(problem))
    }

    @Test func `a damaged file is told`() throws {
        _ = try settled(50)
        _ = try temporary.shell("PRAGMA wal_checkpoint(TRUNCATE)")
        let handle = try #require(FileHandle(forUpdatingAtPath: temporary.folder.databasePath))
        let size = try handle.seekToEnd()
        for page in stride(from: UInt64(40), to: size / 4096, by: 3) {
            try handle.seek(toOffset: page * 4096)
            try handle.write(contentsOf: [UInt8](repeating: 0xFF, count: 2048))
        }
        try handle.close()
        let findings: [CheckFinding]
        do {
            findings = try Store.open(temporary.folder, create: false).check()
        } catch let error as StorageError {
            #expect(error.code == .unusable)
            return
        }
        #expect(findings.first?.problem.hasPrefix("the file is damaged: ") == true)
    }

    @Test func `statistics are those of the settled runs, by nearest rank`() throws {
        let runs = try settled(10)
        _ = try temporary.register("test", force: true)
        for (index, run) in runs.enumerated() {
            _ = try temporary.shell(
                """
                UPDATE attempt SET duration_ms = \((index + 1) * 100), max_rss_kib = \(index)
                WHERE task_id IN (SELECT id FROM task WHERE run_id = \(run) AND name = 'b')
                """
            )
        }
        let rows = try store.stats(flow: "test", runs: 100)
        #expect(rows.map(\.name) == ["", "a", "b", "c", "d"])
        #expect(rows.map(\.count) == [10, 10, 10, 10, 10])
        #expect(rows[2].durations == (1...10).map { Int64($0) * 100 })
        #expect(rows[2].percentile(0.5) == 500 && rows[2].percentile(0.95) == 1000)
        #expect(rows[2].maxRSSKiB == 9)
        #expect(try store.stats(flow: "test", runs: 3)[2].durations == [800, 900, 1000])
        #expect(throws: StorageError.self) { try store.stats(flow: "tset", runs: 3) }
    }
}
