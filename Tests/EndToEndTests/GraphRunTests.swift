import Foundation
import Testing

extension EndToEnd {
    /// Needs are kept, what is independent runs at once, and a failure stops only what needs it.
    @Suite struct GraphRunTests {
        @Test func `what is independent runs at the same time`() async throws {
            let sandbox = try Sandbox()
            // Each waits for the other: opening a pipe waits for its other end. One after the other
            // neither could end.
            let flow = """
                flow: diamond
                tasks:
                  first: {run: "mkfifo to-left to-right; echo first >> order"}
                  left:
                    needs: [first]
                    timeout: 60s
                    run: |
                      echo "from left" > to-right
                      read -r word < to-left
                      echo "$word"
                  right:
                    needs: [first]
                    timeout: 60s
                    run: |
                      read -r word < to-right
                      echo "from right" > to-left
                      echo "$word"
                  last: {needs: [left, right], run: "echo last >> order"}
                """
            try sandbox.write(flow, to: "diamond.yaml")
            try await sandbox.succeed("apply", "diamond.yaml")
            try await sandbox.succeed("register", "diamond")
            let ending = try await sandbox.flower("run", "--workers", "2")
            #expect(ending.code == 0, "\(ending)")
            #expect(try sandbox.text(of: "order") == "first\nlast\n")
            #expect(try await sandbox.succeed("logs", "1", "left") == "from right\n")
            #expect(try await sandbox.succeed("logs", "1", "right") == "from left\n")
        }

        @Test func `a task starts when all that it needs has succeeded`() async throws {
            let sandbox = try Sandbox()
            let last = 40
            var needs: [Int: Set<Int>] = [:]
            var flow = "flow: web\ntasks:\n"
            for number in 1...last {
                // Fans out from 1, and in again at the end.
                let before: Set<Int> =
                    number == last
                    ? Set(20..<last) : Set([number / 2, number / 3].filter { $0 > 0 })
                needs[number] = before
                let names = before.sorted().map { "t\($0)" }.joined(separator: ", ")
                flow += """
                      t\(number):
                        needs: [\(names)]
                        run: echo "began \(number)" >> order; echo "ended \(number)" >> order

                    """
            }
            try sandbox.write(flow, to: "web.yaml")
            try await sandbox.succeed("apply", "web.yaml")
            try await sandbox.succeed("register", "web")
            #expect(try await sandbox.flower("run", "--workers", "8").code == 0)

            var ended: Set<Int> = []
            for line in try sandbox.text(of: "order").split(separator: "\n") {
                let number = try #require(Int(line.dropFirst(6)))
                if line.hasPrefix("ended") {
                    #expect(ended.insert(number).inserted)
                } else {
                    #expect(needs[number, default: []].isSubset(of: ended), "\(line)")
                }
            }
            #expect(ended.count == last)
        }

        static let partly = """
            flow: partly
            tasks:
              a:
                run: |
                  echo "looking for the key"
                  test -e key || { echo "there is no key" >&2; exit 3; }
              b: {needs: [a], run: "echo b"}
              c: {run: "echo c"}
              d: {needs: [c], run: "echo d"}
            """

        private func failedOnce() async throws -> Sandbox {
            let sandbox = try Sandbox()
            try sandbox.write(Self.partly, to: "partly.yaml")
            try await sandbox.succeed("apply", "partly.yaml")
            try await sandbox.succeed("register", "partly")
            let ending = try await sandbox.flower("run")
            #expect(ending.code == 1)
            #expect(ending.output == "ran 3 tasks, 1 failed\n")
            return sandbox
        }

        @Test func `a failing task stops only what needs it`() async throws {
            let sandbox = try await failedOnce()
            let report = try await sandbox.status(1)
            #expect(report.state == "failed")
            #expect(
                report.states == [
                    "a": "failed", "b": "waiting", "c": "succeeded", "d": "succeeded",
                ]
            )
            let failed = try report.task("a")
            #expect(failed.attempts.map(\.exitCode) == [3])
            #expect(failed.tail == ["looking for the key", "there is no key"])
            // Why is seen without a look at the log.
            let text = try await sandbox.succeed("status", "1")
            #expect(text.contains("exit code 3") && text.contains("there is no key"))
            #expect(text.contains("needs a (failed)"))
            // The next runner finds nothing that it may do.
            let again = try await sandbox.flower("run")
            #expect(again.code == 0 && again.output.isEmpty)
        }

        @Test func `rerun goes on from the failed tasks, or from any`() async throws {
            let sandbox = try await failedOnce()
            try sandbox.write("", to: "key")
            try await sandbox.succeed("rerun", "1", "--failed")
            #expect(try await sandbox.flower("run").code == 0)
            var report = try await sandbox.status(1)
            #expect(report.state == "succeeded")
            #expect(report.attempts == ["a": 2, "b": 1, "c": 1, "d": 1])

            #expect(try await sandbox.succeed("rerun", "1", "--from", "c").hasPrefix("2 tasks"))
            #expect(try await sandbox.flower("run").code == 0)
            report = try await sandbox.status(1)
            #expect(report.attempts == ["a": 2, "b": 1, "c": 2, "d": 2])
            #expect(try await sandbox.flower("rerun", "1", "--from", "nobody").code == 66)
        }

        @Test func `a plain UPDATE in the sqlite3 shell is a rerun`() async throws {
            let sandbox = try await failedOnce()
            try sandbox.write("", to: "key")
            try await sandbox.sqlite("UPDATE task SET status = 0 WHERE run_id = 1 AND status = 2")
            #expect(try await sandbox.flower("run").code == 0)
            let report = try await sandbox.status(1)
            #expect(report.state == "succeeded")
            #expect(report.attempts == ["a": 2, "b": 1, "c": 1, "d": 1])
        }

        @Test func `a task that is skipped by UPDATE lets its dependents go on`() async throws {
            let sandbox = try await failedOnce()
            try await sandbox.sqlite("UPDATE task SET status = 9 WHERE name = 'a'")
            #expect(try await sandbox.flower("run").code == 0)
            let report = try await sandbox.status(1)
            #expect(
                report.states == [
                    "a": "skipped", "b": "succeeded", "c": "succeeded", "d": "succeeded",
                ]
            )
        }

        @Test(
            arguments: [
                ("status = 1 WHERE name = 'b'", "only a runner sets a task running (1)"),
                ("status = 3 WHERE name = 'a'", "only a run of the task makes it failed (2)"),
                ("status = 8 WHERE name = 'c'", "there is nothing to cancel (8)"),
                ("status = 4 WHERE name = 'c'", "only a waiting task (0) can be held (4)"),
                ("status = 7 WHERE name = 'b'", "CHECK constraint failed"),
            ]
        )
        func `an illegal UPDATE is refused with a sentence`(
            change: String,
            sentence: String
        ) async throws {
            let sandbox = try await failedOnce()
            let before = try await sandbox.sqlite("SELECT name, status FROM task")
            let ending = try await sandbox.trySQLite("UPDATE task SET \(change)")
            #expect(ending.code != 0)
            #expect(ending.errors.contains(sentence), "\(ending.errors)")
            #expect(try await sandbox.sqlite("SELECT name, status FROM task") == before)
        }
    }
}
