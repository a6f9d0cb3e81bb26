import Foundation
import Testing

extension EndToEnd {
    @Suite struct RegisterCommandTests {
        static let flows = """
            flow: greet
            parameters: {who: world}
            tasks:
              hello: {run: 'echo "hello $who"'}
              wait:
                needs: [hello]
                run: |
                  if [ "$who" = failure ]; then exit 7; fi
                  echo "bye $who"
            """

        private func applied() async throws -> Sandbox {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flows, to: "greet.yaml")
            try await sandbox.succeed("apply", "greet.yaml")
            return sandbox
        }

        @Test func `an unknown flow or parameter writes nothing`() async throws {
            let sandbox = try await applied()
            let flow = try await sandbox.flower("register", "greets")
            #expect(flow.code == 66)
            #expect(flow.errors.hasPrefix("flower: there is no flow 'greets'\nhint: "))
            let parameter = try await sandbox.flower("register", "greet", "-p", "whom=me")
            #expect(parameter.code == 65)
            #expect(parameter.errors.contains("has no parameter 'whom'"))
            #expect(try await sandbox.flower("register", "greet", "-p", "who").code == 64)
            #expect(try await sandbox.sqlite("SELECT count(*) FROM run") == "0")
        }

        @Test func `a flow with an active run is registered only by force`() async throws {
            let sandbox = try await applied()
            #expect(try await sandbox.succeed("register", "greet") == "1\n")
            let refused = try await sandbox.flower("register", "greet")
            #expect(refused.code == 75)
            #expect(refused.output.isEmpty)
            #expect(refused.errors.contains("run 1 is still active, and its overlap is skip"))
            #expect(try await sandbox.succeed("register", "greet", "--force") == "2\n")
            #expect(try await sandbox.runs().map(\.run) == [2, 1])
        }

        /// Each is alone with the database, and leaves its WAL to the next.
        @Test func `registrations in a row leave no WAL that grows and grows`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(
                "flow: often\noverlap: allow\ntasks: {t: {exec: [/bin/true]}}\n",
                to: "often.yaml"
            )
            try await sandbox.succeed("apply", "often.yaml")
            var sizes: [Int] = []
            for number in 1...60 {
                #expect(try await sandbox.succeed("register", "often") == "\(number)\n")
                let size = try await sandbox.shell("stat -c %s state/flower.db-wal || echo 0")
                sizes.append(try #require(Int(size.output.dropLast())))
            }
            // One that is left spares the next start making it; 200 pages are the most, and one commit.
            #expect(sizes.filter { $0 > 0 }.count > 50)
            #expect(try #require(sizes.max()) < 250 * 4_120, "\(sizes)")
            #expect(try await sandbox.sqlite("SELECT count(*) FROM run") == "60")
        }

        /// It would be read at each start, every minute where a timer starts one.
        @Test func `a run with nothing to do takes a long WAL away`() async throws {
            let sandbox = try Sandbox()
            var flow = "flow: large\ntasks:\n  first: {run: 'true', hold: not yet}\n"
            for number in 1...12_000 { flow += "  t\(number): {run: 'true', needs: [first]}\n" }
            try sandbox.write(flow, to: "large.yaml")
            try await sandbox.succeed("apply", "large.yaml")
            let script = """
                "$flower" register large
                stat -c %s state/flower.db-wal
                "$flower" run
                test -e state/flower.db-wal || echo gone
                sqlite3 state/flower.db 'SELECT count(*) FROM task'
                """
            let lines = try await sandbox.shell(script).output.split(separator: "\n")
            #expect(lines.count == 4)
            #expect(try #require(lines.dropFirst().first.flatMap { Int($0) }) > 200 * 4_120)
            #expect(lines.suffix(2).elementsEqual(["gone", "12001"]), "\(lines)")
        }

        @Test func `a paused flow registers and says so`() async throws {
            let sandbox = try await applied()
            try await sandbox.succeed("pause", "greet")
            let ending = try await sandbox.flower("register", "greet")
            #expect(ending.code == 0)
            #expect(ending.output == "1\n")
            #expect(ending.errors.hasPrefix("flower: flow 'greet' is paused: "))
        }

        @Test func `wait and follow print all lines and tell how it ended`() async throws {
            let sandbox = try await applied()
            let good = try await sandbox.flower(
                "register",
                "greet",
                "-p",
                "who=you",
                "--wait",
                "-f"
            )
            #expect(good.code == 0)
            #expect(good.output == "1\nhello | hello you\nwait  | bye you\n")
            #expect(good.errors.isEmpty)
            let bad = try await sandbox.flower("register", "greet", "-p", "who=failure", "-f")
            #expect(bad.code == 1)
            #expect(bad.output == "2\nhello | hello failure\n")
            #expect(bad.errors.contains("run 2 failed: task wait: exit code 7"))
            #expect(bad.errors.contains("hint: flower status 2 shows it"))
        }

        @Test func `a parameter's text is never run by the shell`() async throws {
            let sandbox = try await applied()
            let text = "$(touch broken) `touch broken` ; touch broken # \\ é"
            let ending = try await sandbox.flower("register", "greet", "-p", "who=\(text)", "-f")
            #expect(ending.code == 0)
            #expect(ending.output.contains("| hello \(text)\n"))
            #expect(!FileManager.default.fileExists(atPath: sandbox.path + "/broken"))
        }

        @Test func `a wait that is stopped says what is left, or how the run ended by it`()
            async throws
        {
            let sandbox = try await applied()
            let began = try sandbox.channel("began")
            let end = try sandbox.channel("end")
            let first = "a: {run: 'echo began > began; read -r word < end'}"
            try sandbox.write(
                "flow: long\ntasks: {\(first), b: {needs: [a], run: \":\"}}\n",
                to: "long.yaml"
            )
            try await sandbox.succeed("apply", "long.yaml")
            let patient = try sandbox.startFlower("register", "long", "--wait")
            _ = try await began.line()
            try patient.signalAndWait(SIGINT)
            try end.send("go")
            let left = try await patient.ended()
            #expect(left.code == 75)
            #expect(
                left.errors == """
                    flower: stopped before run 1 has settled
                    hint: the next flower run carries on with it

                    """
            )
            let hasty = try sandbox.startFlower("register", "long", "--force", "--wait")
            _ = try await began.line()
            for _ in 1...2 { try hasty.signalAndWait(SIGINT) }
            let ended = try await hasty.ended()
            #expect(ended.code == 1)
            #expect(
                ended.errors == """
                    flower: run 2 was cancelled
                    hint: flower status 2 shows it

                    """
            )
        }

        @Test func `with a runner alive elsewhere wait leaves the work to it`() async throws {
            let sandbox = try await applied()
            let began = try sandbox.channel("began")
            let end = try sandbox.channel("end")
            try sandbox.write(
                "flow: long\ntasks: {a: {run: 'echo began > began; read -r word < end'}}\n",
                to: "long.yaml"
            )
            try await sandbox.succeed("apply", "long.yaml")
            try await sandbox.succeed("register", "long")
            let runner = try sandbox.startFlower("run")
            _ = try await began.line()

            let ending = try await sandbox.flower("register", "greet", "--wait")
            #expect(ending.code == 0, "\(ending)")
            #expect(runner.isRunning)
            #expect(try await sandbox.sqlite("SELECT count(*) FROM runner") == "1")
            #expect(try await sandbox.status(2).state == "succeeded")
            try end.send("go")
            #expect(try await runner.ended().code == 0)
            #expect(try await sandbox.status(1).state == "succeeded")
        }
    }
}
