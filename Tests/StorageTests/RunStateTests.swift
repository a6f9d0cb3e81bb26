import Flows
import GRDB
import TestSupport
import Testing

@testable import Storage

/// The state of a run, and which runs are active, against the same told from all of their tasks' rows.
@Suite struct RunStateTests {
    private struct Task {
        let status: Int
        let unmet: Int
        let isRanked: Bool
        let isRetried: Bool
        let role: String?

        init(_ random: inout SplitMix64) {
            status = [0, 1, 2, 3, 3, 3, 4, 8, 9].randomElement(using: &random) ?? 3
            unmet = Int.random(in: 0...1, using: &random)
            isRanked = Bool.random(using: &random)
            isRetried = Int.random(in: 0..<4, using: &random) == 0
            role = [nil, nil, "watched", "on_failure"].randomElement(using: &random) ?? nil
        }

        var counts: Bool { role != "on_failure" }
        var isStartable: Bool {
            status == 0 && (isRanked || isRetried) || status == 4 && unmet == 0
        }

        func sql(run: Int, position: Int) -> String {
            """
            INSERT INTO task (run_id, position, name, kind, command, status, unmet, rank_ms, retry_at_ms,
              runner_id, role)
            VALUES (\(run), \(position), 't\(position)', 'run', 'true', \(status), \(unmet),
              \(isRanked ? "5" : "NULL"), \(isRetried ? "7" : "NULL"), \(status == 1 ? "1" : "NULL"),
              \(role.map { "'\($0)'" } ?? "NULL"));
            """
        }
    }

    private static func state(_ tasks: [Task], isQueued: Bool, isLate: Bool) -> String {
        let counted = tasks.filter(\.counts)
        func has(_ status: Int) -> Bool { counted.contains { $0.status == status } }
        if has(1) { return "running" }
        if isQueued, has(0) || has(4) { return "queued" }
        let startable = counted.filter(\.isStartable).map(\.status)
        if startable.contains(0) { return "waiting" }
        if startable.contains(4) { return "held" }
        if isLate || has(2) { return "failed" }
        return has(8) ? "cancelled" : "succeeded"
    }

    @Test(arguments: [1, 2, Int.random(in: 3 ... .max)])
    func `a run is in the state that its tasks say`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let temporary = try TemporaryStore()
        try temporary.apply(.nothing(["a": []], named: "one"))
        try temporary.apply(.nothing(["a": []], named: "two"))
        var script = "INSERT INTO runner VALUES (1, 1, 'boot', 8, 1, NULL);"
        var states: [String] = []
        var active: [Int: [Int64]] = [1: [], 2: []]
        // Some have settled long ago: of them is none at work.
        for run in 1...400 {
            let flow = Int.random(in: 1...2, using: &random)
            let isQueued = Int.random(in: 0..<5, using: &random) == 0
            let isLate = Int.random(in: 0..<9, using: &random) == 0
            let count = Int.random(in: 1...4, using: &random)
            let tasks = (0..<count).map { _ in Task(&random) }
                .filter { run > 50 || !$0.isStartable && $0.status != 1 }
            let state = Self.state(tasks, isQueued: isQueued, isLate: isLate)
            states.append("\(run)|\(state)")
            let isAtWork = tasks.contains { $0.counts && ($0.status == 1 || $0.isStartable) }
            if !isQueued, isAtWork { active[flow]?.append(Int64(run)) }
            script += """
                INSERT INTO run (id, flow_id, origin, registered_at_ms, queued, timezone, parameters,
                  environment, working_directory, shell, timed_out_at_ms)
                VALUES (\(run), \(flow), 'manual', 1, \(isQueued ? 1 : 0), 'UTC', '[]', '{}', '/', '["sh"]',
                  \(isLate ? "1" : "NULL"));
                """
            script += tasks.enumerated().map { $1.sql(run: run, position: $0) }.joined()
        }
        try temporary.store.write { try $0.execute(sql: script) }
        let seen = try temporary.shell("SELECT run_id, state FROM run_state ORDER BY run_id")
        #expect(seen == states.joined(separator: "\n"), "seed \(seed)")
        for (flow, runs) in active {
            let told = try temporary.store.read { try Store.activeRuns($0, flow: Int64(flow)) }
            #expect(told == runs, "seed \(seed)")
        }
    }

    @Test
    func `a state's cost does not grow with the run's tasks, nor a registration's with the runs`()
        throws
    {
        let temporary = try TemporaryStore()
        let state = try temporary.shell(
            "EXPLAIN QUERY PLAN SELECT state FROM run_state WHERE run_id = 1"
        )
        let searches = state.split(separator: "\n").filter { $0.contains("SEARCH task") }
        #expect(searches.count == 7, "\(state)")
        #expect(searches.filter { $0.contains("task_noted (run_id=?") }.count == 1, "\(state)")
        // That of a run in the queue alone looks at its tasks: the first is one that waits.
        #expect(searches.filter { $0.contains("autoindex") }.count == 1, "\(state)")
        #expect(
            searches.filter { $0.contains("task_startable (run_id=? AND") }.count == 2,
            "\(state)"
        )
        #expect(searches.filter { $0.contains("task_failed (run_id=? AND") }.count == 2, "\(state)")
        #expect(searches.filter { $0.contains("task_claimed (run_id=?") }.count == 1, "\(state)")
        let active = try temporary.shell("EXPLAIN QUERY PLAN \(Store.activeRunsSQL)")
        #expect(
            active.contains("SEARCH run USING INDEX run_flow (flow_id=? AND id>?)"),
            "\(active)"
        )
        #expect(!active.contains("SCAN task"), "\(active)")
        #expect(!active.contains("autoindex"), "\(active)")
    }
}
