import Foundation
import Testing

extension EndToEnd {
    /// The real flows of `schedules/`, on this host's own packages, disks and logs.
    @Suite struct ScheduleFolderTests {
        private static let folder = Sandbox.package + "/schedules"

        private struct Listed: Decodable {
            let name: String
        }

        @Test func `every flow of the folder runs and succeeds on this host`() async throws {
            let sandbox = try Sandbox()
            try await sandbox.succeed("apply", Self.folder)
            // A crontab's commands start in the home folder; theirs is to be the sandbox.
            try await sandbox.sqlite(
                """
                UPDATE flow SET working_directory = '\(sandbox.path)/home'
                WHERE name LIKE 'housekeeping.%'
                """
            )
            let copied = try await sandbox.shell(
                "cp /var/log/dpkg.log* /var/lib/dpkg/status . && ls"
            )
            #expect(copied.output.contains("dpkg.log"), "\(copied)")

            let files = "state_folder=\(sandbox.path)/files"
            // A full disk of the host's is not the test's business.
            let parameters: [String: [String]] = [
                "disk-report": ["space_limit=101", "inode_limit=101"],
                "log-growth": [files, "limit_mib=1000000"],
                "package-history": [
                    files, "dpkg_log=\(sandbox.path)/dpkg.log",
                    "dpkg_status=\(sandbox.path)/status",
                ],
                "sqlite-backup": [files, "database=\(sandbox.state)/flower.db"],
            ]
            let text = try await sandbox.succeed("flows", "-o", "json")
            let flows = try sandbox.decode([Listed].self, text).map(\.name)
            #expect(Set(parameters.keys).isSubset(of: flows))
            #expect(flows.count { $0.hasPrefix("housekeeping.") } >= 8)
            for flow in flows {
                let words = (parameters[flow] ?? []).flatMap { ["-p", $0] }
                let ending = try await sandbox.start([Sandbox.flower, "register", flow] + words)
                    .ended()
                #expect(ending.code == 0, "\(ending)")
            }

            let ending = try await sandbox.flower("run")
            #expect(ending.code == 0, "\(ending)")
            for run in try await sandbox.runs() where run.state != "succeeded" {
                let status = try await sandbox.succeed("status", "\(run.run)")
                Issue.record("\(status)")
            }

            let check = try await sandbox.start([
                "/usr/bin/python3", "-B",
                Sandbox.package + "/Tests/Support/check_package_history.py",
                sandbox.path + "/files/package-history/mart.db",
                "--log", sandbox.path + "/dpkg.log", "--status", sandbox.path + "/status",
            ]).ended()
            #expect(check.code == 0, "\(check)")
            #expect(check.output.hasSuffix(": all agree\n"))

            // The backup is of this very database, and can be read.
            let backups = try await sandbox.shell(
                "for file in files/sqlite-backup/*/*.db; do sqlite3 \"$file\" 'PRAGMA quick_check'; done"
            )
            #expect(backups.output == "ok\n", "\(backups)")
        }
    }
}
