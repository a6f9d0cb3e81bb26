import Foundation
import Testing

extension EndToEnd {
    /// Zones that went away, and whose zone it is that decides, with the built program.
    @Suite struct ZoneCommandTests {
        private static let flow = """
            flow: kyiv
            schedules: [{cron: "0 6 * * *", timezone: Europe/Kiev}]
            tasks: {a: {run: "true"}}
            """

        /// As Debian 12 has it.
        private func zoneinfo(_ sandbox: Sandbox) throws -> String {
            let folder = sandbox.path + "/zoneinfo"
            let manager = FileManager.default
            try manager.createDirectory(
                atPath: folder + "/Europe",
                withIntermediateDirectories: true
            )
            for name in ["UTC", "Europe/Kyiv", "Europe/Kirov"] {
                let file = URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)")
                    .resolvingSymlinksInPath()
                try manager.copyItem(atPath: file.path, toPath: "\(folder)/\(name)")
            }
            try manager.copyItem(atPath: folder + "/Europe/Kyiv", toPath: folder + "/Europe/Kiev")
            let links = "Z Europe/Kyiv 2:2:4 - LMT 1880\nL Europe/Kyiv Europe/Kiev\n"
            try sandbox.write(links, to: "zoneinfo/tzdata.zi")
            return folder
        }

        @Test func `a zone that went away is told wherever its schedule is`() async throws {
            let sandbox = try Sandbox()
            let world = ["TZDIR": try zoneinfo(sandbox)]
            let file = try sandbox.write(Self.flow, to: "kyiv.yaml")
            #expect(try await sandbox.flower("apply", file, environment: world).code == 0)
            #expect(try await sandbox.flower("check", environment: world).code == 0)

            try FileManager.default.removeItem(atPath: sandbox.path + "/zoneinfo/Europe/Kiev")
            let present = "it is Europe/Kyiv now"
            let remedy =
                "write 'Europe/Kyiv', or bring 'Europe/Kiev' back: apt install tzdata-legacy"
            for command in [["flows"], ["schedules"], ["show", "kyiv"], ["check"], ["doctor"]] {
                let ending = try await sandbox.start([Sandbox.flower] + command, environment: world)
                    .ended()
                #expect(ending.output.contains(present), "\(command): \(ending)")
                #expect(ending.output.contains(remedy), "\(command): \(ending)")
            }
            for command in [["next"], ["tick"]] {
                let ending = try await sandbox.start([Sandbox.flower] + command, environment: world)
                    .ended()
                #expect(ending.errors.contains(present), "\(command): \(ending)")
                #expect(ending.errors.contains(remedy), "\(command): \(ending)")
            }
            #expect(try await sandbox.flower("check", environment: world).code == 74)
            let doctor = try await sandbox.flower("doctor", "-o", "json", environment: world)
            #expect(doctor.code == 1)
            #expect(doctor.output.contains("\"subject\" : \"schedules\""))
            let flows = try await sandbox.flower("flows", "-o", "json", environment: world)
            #expect(flows.output.contains("is not used: '0 6 * * *': no zone 'Europe/Kiev'"))
            let validated = try await sandbox.flower("validate", file, environment: world)
            #expect(validated.code == 65)
            #expect(validated.errors.contains(remedy), "\(validated)")
            let cron = try await sandbox.flower(
                "cron",
                "next",
                "--timezone",
                "Europe/Kiev",
                "@daily",
                environment: world
            )
            #expect(cron.errors.contains(present), "\(cron)")
        }

        @Test func `the caller's TZ moves no due time`() async throws {
            let sandbox = try Sandbox()
            let file = try sandbox.write(
                """
                flow: noon
                schedules: [{cron: "0 12 * * *"}]
                overlap: allow
                tasks: {a: {run: "true"}}
                """,
                to: "noon.yaml"
            )
            try await sandbox.succeed("apply", file)
            let span = ["--from", "2026-01-01T00:00:00Z", "--to", "2026-01-05T00:00:00Z"]
            let first = try await sandbox.start([Sandbox.flower, "backfill", "noon"] + span).ended()
            #expect(first.output.hasPrefix("4 runs registered"), "\(first)")
            for zone in ["Asia/Tokyo", "JST-9", ""] {
                let world = ["TZ": zone]
                let again = try await sandbox.start(
                    [Sandbox.flower, "backfill", "noon"] + span,
                    environment: world
                ).ended()
                #expect(
                    again.output == "0 runs registered\n" || again.output.hasPrefix("0 runs"),
                    "\(again)"
                )
                let next = ["cron", "next", "--count", "1", "0 12 * * *"]
                let shown = try await sandbox.start([Sandbox.flower] + next, environment: world)
                    .ended()
                let plain = try await sandbox.start([Sandbox.flower] + next).ended()
                #expect(shown.output == plain.output)
                _ = try await sandbox.flower("register", "noon", environment: world)
            }
            #expect(try await sandbox.sqlite("SELECT count(DISTINCT timezone) FROM run") == "1")
        }

        @Test func `a zone that the scheduler is given counts for every command`() async throws {
            let sandbox = try Sandbox()
            let file = try sandbox.write(
                """
                flow: noon
                schedules: [{cron: "0 12 * * *"}, {cron: "0 13 * * *", timezone: UTC}]
                tasks: {a: {run: "true"}}
                """,
                to: "noon.yaml"
            )
            try await sandbox.succeed("apply", file)
            let wrong = try await sandbox.flower("tick", "--timezone", "Asia/Tokio")
            #expect(wrong.code == 65)
            #expect(wrong.errors.contains("Asia/Tokyo"), "\(wrong)")
            try await sandbox.succeed("tick", "--timezone", "Asia/Tokyo")
            let zones = "SELECT coalesce(timezone, '-') FROM instance"
            #expect(try await sandbox.sqlite(zones) == "Asia/Tokyo")
            let listed = try await sandbox.succeed("schedules")
            #expect(listed.contains("Asia/Tokyo") && listed.contains("UTC"), "\(listed)")
            try await sandbox.succeed("register", "noon")
            #expect(try await sandbox.sqlite("SELECT timezone FROM run") == "Asia/Tokyo")
            // Noon in Tokyo, and one o'clock in UTC.
            let span = ["--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z"]
            let words = [Sandbox.flower, "backfill", "noon", "--dry-run"] + span
            let dry = try await sandbox.start(words, environment: ["TZ": "UTC"]).ended()
            #expect(
                dry.output.contains(" 03:00:00 +00:00") && dry.output.contains(" 13:00:00 +00:00")
            )
            try await sandbox.succeed("tick")
            #expect(try await sandbox.sqlite(zones) == "Asia/Tokyo", "it stays")
            try await sandbox.succeed("tick", "--timezone", "host")
            #expect(try await sandbox.sqlite(zones) == "-")
        }
    }
}
