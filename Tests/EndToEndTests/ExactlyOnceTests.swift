import Foundation
import Testing

extension EndToEnd {
    /// Promise 2 of the design: a task is never lost and never runs twice at a time.
    @Suite struct ExactlyOnceTests {
        private static let count = 2_000

        @Test func `four runners at once run each of 2000 tasks exactly once`() async throws {
            let sandbox = try Sandbox()
            // `>>` appends with O_APPEND, so that lines of several writers do not mix.
            var flow = "flow: many\ntasks:\n"
            for number in 1...Self.count {
                flow += "  t\(number): {run: 'echo \"$FLOWER_TASK $FLOWER_ATTEMPT\" >> ran'}\n"
            }
            try sandbox.write(flow, to: "many.yaml")
            try await sandbox.succeed("apply", "many.yaml")
            try await sandbox.succeed("register", "many")

            let runners = try (1...4).map { _ in try sandbox.startFlower("run", "--workers", "4") }
            var told = 0
            for runner in runners {
                let ending = try await runner.ended()
                #expect(ending.code == 0, "\(ending)")
                let words = ending.output.split(separator: " ")
                told += words.count > 1 ? Int(words[1]) ?? 0 : 0
            }
            #expect(told == Self.count)

            let ran = try sandbox.text(of: "ran").split(separator: "\n").map(String.init).sorted()
            #expect(ran == (1...Self.count).map { "t\($0) 1" }.sorted())
            let rows = try await sandbox.sqlite(
                """
                SELECT t.name || ' ' || a.number FROM attempt a JOIN task t ON t.id = a.task_id
                WHERE t.status = 3 AND a.outcome = 'succeeded'
                """
            )
            #expect(rows.split(separator: "\n").map(String.init).sorted() == ran)
            #expect(try await sandbox.sqlite("SELECT count(*) FROM attempt") == "\(Self.count)")
            let left = try FileManager.default.contentsOfDirectory(
                atPath: sandbox.state + "/runners"
            )
            #expect(left.isEmpty)
        }
    }
}
