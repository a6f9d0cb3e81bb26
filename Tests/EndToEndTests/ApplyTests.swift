import Foundation
import Testing

extension EndToEnd {
    /// Flow files: every fault told at once, all applied or none.
    @Suite struct ApplyTests {
        @Test func `all faults of a file are told at once, each with its place`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(TenFaults.file, to: "ten.yaml")
            let ending = try await sandbox.flower("validate", "ten.yaml")
            #expect(ending.code == 65)
            #expect(ending.output.isEmpty)
            #expect(ending.errors == TenFaults.errors)
        }

        @Test func `a fault in one file keeps all from being applied`() async throws {
            let sandbox = try Sandbox()
            let folder = sandbox.path + "/flows"
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: false
            )
            try sandbox.write(Self.flow("one"), to: "flows/one.yaml")
            try await sandbox.succeed("apply", "flows")
            let before = try await sandbox.sqlite(".dump")

            try sandbox.write(Self.flow("one", command: "false"), to: "flows/one.yaml")
            try sandbox.write(Self.flow("two"), to: "flows/two.yaml")
            try sandbox.write("flow: three\ntasks: {a: {}}\n", to: "flows/three.yaml")
            try sandbox.write("* * * * 8 true\n", to: "flows/four.crontab")
            let ending = try await sandbox.flower("apply", "flows")
            #expect(ending.code == 65)
            #expect(ending.errors.contains("flows/three.yaml:2:"))
            #expect(ending.errors.contains("flows/four.crontab:1:9: "))
            #expect(ending.errors.hasSuffix("2 faults in 2 files; nothing was applied\n"))
            #expect(try await sandbox.sqlite(".dump") == before)
        }

        @Test func `a first apply with a fault makes no state folder`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write("flow: [", to: "half.yaml")
            #expect(try await sandbox.flower("apply", "half.yaml").code == 65)
            #expect(!FileManager.default.fileExists(atPath: sandbox.state))
        }

        @Test func `applying twice changes nothing and says so`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow("one"), to: "one.yaml")
            try await sandbox.succeed("apply", "one.yaml")
            let before = try await sandbox.sqlite(".dump")
            let again = try await sandbox.succeed("apply", "one.yaml")
            #expect(again == "nothing to change; 1 flow: 1 unchanged.\n")
            #expect(try await sandbox.sqlite(".dump") == before)
        }

        @Test func `an unchanged file leaves what was changed with SQL`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow("one"), to: "one.yaml")
            try await sandbox.succeed("apply", "one.yaml")
            try await sandbox.sqlite("UPDATE flow_task SET command = 'echo mended'")
            let again = try await sandbox.succeed("apply", "one.yaml")
            #expect(again.contains("1 edited") && again.contains("so that stays"))
            try await sandbox.succeed("register", "one", "--wait")
            #expect(try await sandbox.succeed("logs", "1", "a") == "mended\n")
        }

        @Test func `prune removes only what came from these paths`() async throws {
            let sandbox = try Sandbox()
            for folder in ["mine", "other"] {
                try FileManager.default.createDirectory(
                    atPath: sandbox.path + "/" + folder,
                    withIntermediateDirectories: false
                )
            }
            try sandbox.write(Self.flow("one"), to: "mine/one.yaml")
            try sandbox.write(Self.flow("two"), to: "mine/two.yaml")
            try sandbox.write(Self.flow("three"), to: "other/three.yaml")
            try await sandbox.succeed("apply", "mine", "other")
            try await sandbox.succeed("register", "one")
            try FileManager.default.removeItem(atPath: sandbox.path + "/mine/one.yaml")

            #expect(try await sandbox.succeed("apply", "mine").hasPrefix("nothing to change"))
            let pruned = try await sandbox.succeed("apply", "mine", "--prune")
            #expect(pruned.contains("removed  one"), "\(pruned)")
            let left = "SELECT group_concat(name) FROM flow WHERE removed_at_ms IS NULL"
            #expect(try await sandbox.sqlite(left) == "two,three")
            #expect(try await sandbox.flower("register", "one").code == 66)
            // Its run is finished all the same, and stays to be seen.
            #expect(try await sandbox.flower("run").code == 0)
            #expect(try await sandbox.status(1).state == "succeeded")
        }

        @Test func `a run keeps the definition that it was registered with`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow("one", command: "echo old"), to: "one.yaml")
            try await sandbox.succeed("apply", "one.yaml")
            try await sandbox.succeed("register", "one")
            try sandbox.write(Self.flow("one", command: "echo new"), to: "one.yaml")
            try await sandbox.succeed("apply", "one.yaml")
            try await sandbox.succeed("register", "one", "--force")
            #expect(try await sandbox.flower("run").code == 0)
            #expect(try await sandbox.succeed("logs", "1") == "a | old\n")
            #expect(try await sandbox.succeed("logs", "2") == "a | new\n")
        }

        private static func flow(_ name: String, command: String = "true") -> String {
            "flow: \(name)\ntasks: {a: {run: \(command)}}\n"
        }
    }
}
