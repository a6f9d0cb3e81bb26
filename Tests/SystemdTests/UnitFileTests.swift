import Foundation
import TestSupport
import Testing

extension OnSystemd {
    @Suite(.enabled(if: Box.isPossible)) struct UnitFileTests {
        @Test func `systemd finds no fault in any unit`() throws {
            let ending = try Box().succeed(
                """
                export XDG_RUNTIME_DIR=/run
                systemd-analyze verify /usr/lib/systemd/system/flower*
                systemd-analyze verify --user /usr/lib/systemd/user/flower*
                grep -rl @ /usr/lib/systemd/system/flower* /usr/lib/systemd/user/flower* |
                    xargs grep -h '@[A-Z]*@' || true
                """
            )
            #expect(ending.output == "")
        }

        /// The runner's tasks are anybody's commands: flower-run.service says what is left out, and why.
        @Test func `each service is closed as far as its work permits`() throws {
            let ending = try Box().succeed(
                """
                for unit in scheduler tick run; do
                    echo "$unit=$(systemd-analyze security --offline=true flower-$unit.service |
                        sed -n 's/.*exposure level for .*: \\([0-9.]*\\) .*/\\1/p')"
                done
                """
            )
            for (unit, limit) in [("scheduler", 3.0), ("tick", 3.0), ("run", 9.2)] {
                let level = try #require(ending[unit].flatMap(Double.init), "\(ending.output)")
                #expect(level <= limit, "\(unit)")
            }
        }

        /// What `systemd-analyze security` would have closed is named beside its reason.
        @Test(arguments: ["scheduler", "run"])
        func `each directive that a service leaves out is explained`(unit: String) throws {
            let ending = try Box().succeed(
                """
                open() {
                    systemd-analyze security --offline=true flower-\(unit).service |
                        awk '/✗/ { sub(/=.*/, "=", $2); print $2 }' | sort -u
                }
                echo "open=$(open | wc -l)"
                open | while read -r name; do
                    grep -qF "$name" /usr/lib/systemd/system/flower-\(unit).service || echo "$name"
                done
                """
            )
            #expect(try #require(ending["open"].flatMap { Int($0) }) > 5)
            #expect(ending.output.split(separator: "\n").count == 1, "\(ending.output)")
        }

        @Test func `make uninstall takes away all that make install has put there`() throws {
            let folder = try TemporaryFolder()
            try Box.make("install", into: folder.path)
            #expect(try Self.files(in: folder).contains("usr/lib/systemd/system/flower.target"))
            try Box.make("uninstall", into: folder.path)
            #expect(try Self.files(in: folder) == [])
        }

        private static func files(in folder: TemporaryFolder) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: "\(folder.path)/\($0)"
                )
                return attributes[.type] as? FileAttributeType != .typeDirectory
            }
        }
    }
}
