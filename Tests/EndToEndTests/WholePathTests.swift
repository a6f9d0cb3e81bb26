import Foundation
import Testing

extension EndToEnd {
    /// File → schedule → fire → run → tasks → what a person sees, all by the built program.
    @Suite struct WholePathTests {
        static let sales = """
            flow: sales
            schedules:
              - {name: often, cron: "* * * * * *", parameters: {region: east}}
            parameters: {region: all}
            tasks:
              total:
                needs: [collect]
                run: |
                  echo "total of $region: $(wc -l < lines)"
                  echo total >> order
              collect:
                run: |
                  printf '1\\n2\\n3\\n' > lines
                  echo "collected for $FLOWER_FLOW, due $FLOWER_DUE_AT"
                  echo collect >> order
            """

        private struct Schedule: Decodable {
            let flow: String
            let cron: String
            let meaning: String
            let nextAt: String?
            let lastDueAt: String?
        }

        @Test func `a flow comes due, is registered, drained in order, and shown`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(Self.sales + "\noverlap: skip\n", to: "sales.yaml")
            #expect(try await sandbox.succeed("apply", "sales.yaml").contains("1 flow: 1 added."))

            let news = try sandbox.channel("news")
            let scheduler = try sandbox.startFlower("scheduler", output: news)
            let line = try await news.line(with: "registered")
            #expect(line.hasPrefix("run 1 of flow 'sales' registered, due "))
            scheduler.signal(SIGTERM)
            let ending = try await scheduler.ended()
            #expect(ending.code == 0, "\(ending)")
            #expect(ending.errors.isEmpty)

            #expect(
                try await sandbox.status(1).states == ["collect": "waiting", "total": "waiting"]
            )
            let drained = try await sandbox.flower("run")
            #expect(drained.code == 0, "\(drained)")
            #expect(drained.output == "ran 2 tasks\n")
            #expect(try sandbox.text(of: "order") == "collect\ntotal\n")

            let report = try await sandbox.status(1)
            let dueAt = try #require(report.dueAt)
            #expect(line == "run 1 of flow 'sales' registered, due \(dueAt)")
            #expect(report.state == "succeeded")
            #expect(report.origin == "schedule")
            #expect(report.parameters == ["region": "east"])
            #expect(report.states == ["collect": "succeeded", "total": "succeeded"])
            #expect(try await sandbox.runs().map(\.run) == [1])

            let logs = try await sandbox.succeed("logs", "1")
            #expect(
                logs == """
                    collect | collected for sales, due \(dueAt)
                    total   | total of east: 3

                    """
            )
            #expect(try await sandbox.succeed("logs", "1", "total") == "total of east: 3\n")

            let text = try await sandbox.succeed("schedules", "-o", "json")
            let schedules = try sandbox.decode([Schedule].self, text)
            #expect(schedules.map(\.flow) == ["sales"])
            #expect(schedules[0].cron == "* * * * * *")
            #expect(schedules[0].meaning == "Every second.")
            #expect(schedules[0].nextAt != nil && schedules[0].lastDueAt != nil)
            let table = try await sandbox.succeed("schedules")
            #expect(table.hasPrefix("FLOW "))
            #expect(table.contains("1 schedule listed."))
        }

        @Test func `two schedulers register a fire once`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(Self.sales + "\noverlap: allow\n", to: "sales.yaml")
            try await sandbox.succeed("apply", "sales.yaml")
            // They share one channel: whoever registers a fire tells it, and the other does not.
            let news = try sandbox.channel("news")
            let schedulers = try [1, 2].map { _ in
                try sandbox.startFlower("scheduler", output: news)
            }
            for run in 1...4 {
                #expect(try await news.line().hasPrefix("run \(run) of flow 'sales' registered"))
            }
            for scheduler in schedulers { scheduler.signal(SIGINT) }
            for scheduler in schedulers { #expect(try await scheduler.ended().code == 0) }
            let doubles = "SELECT count(*) - count(DISTINCT fire_id) FROM run"
            #expect(try await sandbox.sqlite(doubles) == "0")
            let lonely = "SELECT count(*) FROM fire WHERE id NOT IN (SELECT fire_id FROM run)"
            #expect(try await sandbox.sqlite(lonely) == "0")
        }

        /// An absence of three hours, made with plain SQL: the schedules have been there longer.
        @Test(arguments: [("all", 3), ("latest", 1), ("skip", 0)])
        func `after an absence a tick catches up as the schedule says`(
            catchup: String,
            least: Int
        ) async throws {
            let sandbox = try Sandbox()
            let flow = """
                flow: hourly
                overlap: allow
                schedules: [{cron: "0 * * * *", catchup: \(catchup)}]
                tasks: {only: {component: echo, with: {text: "due ${due.time}"}}}
                """
            try sandbox.write(flow, to: "hourly.yaml")
            try await sandbox.succeed("apply", "hourly.yaml")
            try await sandbox.sqlite(
                """
                UPDATE schedule SET anchor_at_ms = anchor_at_ms - 86400000,
                  begun_at_ms = begun_at_ms - 86400000,
                  considered_until_ms = considered_until_ms - 3 * 3600000
                """
            )
            let output = try await sandbox.succeed("tick")
            let told = output.split(separator: "\n")
            // One more where the clock has passed a full hour just now.
            let registered = told.count { $0.hasPrefix("run ") }
            #expect((least...least + 1).contains(registered), "\(output)")
            let fires = try await sandbox.sqlite("SELECT sum(count) FROM fire")
            #expect(["3", "4"].contains(fires), "each hour has its row: \(fires)")
            let runs = "SELECT count(*) || ' ' || count(DISTINCT due_at_ms) FROM run"
            #expect(try await sandbox.sqlite(runs) == "\(registered) \(registered)")
            let rest = "SELECT DISTINCT outcome FROM fire WHERE id NOT IN (SELECT fire_id FROM run)"
            #expect(["", "missed"].contains(try await sandbox.sqlite(rest)))
            #expect(try await sandbox.flower("run").code == 0)
            #expect(try await sandbox.runs().allSatisfy { $0.state == "succeeded" })
        }
    }
}
