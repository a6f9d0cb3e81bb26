import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Promise 1 with the built program and the real clock; `FaultInjectionTests` has the simulated days.
    @Suite struct KilledSchedulerTests {
        private static let seconds = 12

        @Test func `three schedulers that are killed at random run each second once`() async throws
        {
            let seed = UInt64.random(in: 1...1_000_000)
            print("seed \(seed)")
            var generator = SplitMix64(seed: seed)
            let sandbox = try Sandbox()
            try sandbox.write(
                """
                flow: second
                overlap: allow
                schedules: [{cron: "* * * * * *", catchup: all}]
                tasks: {t: {run: "true"}}
                """,
                to: "second.yaml"
            )
            try await sandbox.succeed("apply", "second.yaml")
            let news = try sandbox.channel("news")
            var schedulers = try (0..<3).map { _ in
                try sandbox.startFlower("scheduler", output: news)
            }
            var kills = 0
            var told = 0
            while told < Self.seconds {
                // At a random moment, or right after a fire if that comes first.
                let moment = Int.random(in: 0...700, using: &generator)
                if let line = await news.line(withinMilliseconds: moment) {
                    #expect(line.contains(" of flow 'second' registered, due "), "\(line)")
                    told += 1
                }
                let index = Int.random(in: schedulers.indices, using: &generator)
                schedulers[index].signal(SIGKILL)
                #expect(try await schedulers[index].ended().code == 128 + SIGKILL)
                schedulers[index] = try sandbox.startFlower("scheduler", output: news)
                kills += 1
            }
            // The last life looks at all that has come due, dies by no hand, and stops.
            let before =
                Int(try await sandbox.sqlite("SELECT max(due_at_ms) / 1000 FROM fire")) ?? 0
            var last = before
            while last < before + 2 {
                _ = try await news.line()
                last = Int(try await sandbox.sqlite("SELECT max(due_at_ms) / 1000 FROM fire")) ?? 0
            }
            for scheduler in schedulers { scheduler.signal(SIGTERM) }
            for scheduler in schedulers { #expect(try await scheduler.ended().code == 0) }

            let begun = try await sandbox.sqlite("SELECT begun_at_ms / 1000 FROM schedule")
            let fires = try await sandbox.sqlite(
                """
                SELECT (fire.due_at_ms / 1000) || ' ' || outcome || ' ' || count(run.id)
                FROM fire LEFT JOIN run ON run.fire_id = fire.id GROUP BY fire.id ORDER BY fire.due_at_ms
                """
            ).split(separator: "\n").map(String.init)
            let first = try #require(Int(begun)) + 1
            let expected = (first..<first + fires.count).map { "\($0) registered 1" }
            #expect(fires == expected, "seed \(seed), \(kills) kills")
            #expect(fires.count >= Self.seconds && kills >= Self.seconds)
            #expect(try await sandbox.sqlite("SELECT count(*) FROM run") == "\(fires.count)")
            print("\(kills) kills in \(fires.count) seconds")
        }
    }
}
