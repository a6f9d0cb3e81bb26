import Foundation
import Testing

extension EndToEnd {
    /// Limits over several runners, measured by the tasks themselves.
    @Suite struct PoolRunTests {
        /// Takes `wanted` of three places, each a folder that only one can make, and gives them back.
        /// One that finds none left is one too many.
        private static func task(_ name: String, wanted: Int, pool: String) -> String {
            """
              \(name):
                \(pool)
                run: |
                  held=
                  for place in 1 2 3; do
                    [ "$(echo $held | wc -w)" -lt \(wanted) ] || break
                    if mkdir "place.$place" 2> /dev/null; then held="$held place.$place"; fi
                  done
                  [ "$(echo $held | wc -w)" -eq \(wanted) ] || { echo "too many"; exit 1; }
                  rmdir $held

            """
        }

        /// Three that end only when all three have begun: so that the limit is reached, too.
        private static func meeting(_ number: Int, pool: String) -> String {
            """
              m\(number):
                priority: -20
                timeout: 60s
                \(pool)
                run: |
                  echo here > "to.\(number % 3 + 1)" &
                  read -r word < "to.\(number)"
                  wait

            """
        }

        @Test(arguments: ["gpu", "workers"])
        func `four runners never have more at once than a pool has slots`(
            pool: String
        ) async throws {
            let sandbox = try Sandbox()
            let isNamed = pool == "gpu"
            for flow in ["one", "two", "three"] {
                var text = "flow: \(flow)\ntasks:\n"
                for number in 0..<16 {
                    let wanted = isNamed && number % 5 == 0 ? 2 : 1
                    let line = isNamed ? "pools: {gpu: \(wanted)}" : "priority: 0"
                    text += Self.task("t\(number)", wanted: wanted, pool: line)
                }
                try sandbox.write(text, to: "\(flow).yaml")
            }
            var text = "flow: meeting\ntasks:\n"
            for number in 1...3 {
                _ = try sandbox.channel("to.\(number)")
                text += Self.meeting(number, pool: isNamed ? "pool: gpu" : "environment: {}")
            }
            try sandbox.write(text, to: "meeting.yaml")
            try await sandbox.succeed("pool", "set", pool, "3")
            try await sandbox.succeed("apply", "one.yaml", "two.yaml", "three.yaml", "meeting.yaml")
            for flow in ["meeting", "one", "two", "three"] {
                try await sandbox.succeed("register", flow)
            }
            let runners = try (0..<4).map { _ in try sandbox.startFlower("run", "--workers", "3") }
            for runner in runners {
                let ending = try await runner.ended()
                #expect(ending.code == 0, "\(ending)")
            }
            for run in try await sandbox.runs() {
                let report = try await sandbox.status(run.run)
                #expect(report.state == "succeeded", "\(report)")
                #expect(report.attempts.values.allSatisfy { $0 == 1 })
            }
            let pools = try await sandbox.succeed("pools", "-o", "json")
            #expect(pools.contains("\"taken\" : 0") && pools.contains("\"waiting\" : 0"))
        }

        @Test func `a flow that takes of an unknown pool is not applied`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write("flow: a\ntasks: {t: {run: x, pools: {gpu: 2}}}\n", to: "a.yaml")
            let ending = try await sandbox.flower("apply", "a.yaml")
            #expect(ending.code == 65)
            #expect(
                ending.errors == """
                    a.yaml:2:29: task 't' of flow 'a' takes of pool 'gpu', which is not there
                        tasks: {t: {run: x, pools: {gpu: 2}}}
                                                    ^~~
                        hint: flower pool set gpu 2
                    flower: 1 fault in 1 file; nothing was applied

                    """
            )
            #expect(try await sandbox.succeed("flows").contains("0 flows"))
        }
    }
}
