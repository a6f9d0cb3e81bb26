import Foundation
import TestSupport
import Testing

extension OnSystemd {
    /// The Debian package of the program under test.
    @Suite(.enabled(if: Box.isPossible)) struct PackageTests {
        /// What `make deb` builds, but for its thorough compression.
        private static let packages = Result { () throws -> String in
            let folder = Box.products + "/deb"
            let build = Process()
            build.executableURL = URL(fileURLWithPath: Box.package + "/systemd/debian/build.sh")
            build.arguments = [Box.products + "/flower", folder]
            build.environment = ProcessInfo.processInfo.environment.merging([
                "DPKG_DEB_COMPRESSOR_TYPE": "gzip", "DPKG_DEB_COMPRESSOR_LEVEL": "1",
            ]) { _, own in own }
            build.standardOutput = FileHandle.nullDevice
            // dpkg-shlibdeps has much to say of a debug build's libraries.
            build.standardError = FileHandle.nullDevice
            try build.run()
            build.waitUntilExit()
            try #require(build.terminationStatus == 0)
            return folder
        }

        private static func package(_ name: String) throws -> String {
            let folder = try packages.get()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return "\(folder)/\(try #require(names.first { $0.hasPrefix("\(name)_") }))"
        }

        private static func box() throws -> Box {
            var box = Box()
            box.isBare = true
            box.options = ["--bind", "\(try package("flower")):/flower.deb"]
            return box
        }

        @Test(arguments: ["flower", "flower-dbgsym"])
        func `lintian finds no fault`(name: String) throws {
            let lintian = Process()
            lintian.executableURL = URL(fileURLWithPath: "/usr/bin/lintian")
            lintian.arguments = [
                "--allow-root", "--fail-on", "error,warning",
                // A debug build finds Swift's libraries where the toolchain has them.
                "--suppress-tags", "custom-library-search-path", try Self.package(name),
            ]
            let pipe = Pipe()
            lintian.standardOutput = pipe
            try lintian.run()
            let said = pipe.fileHandleForReading.readDataToEndOfFile()
            lintian.waitUntilExit()
            #expect(lintian.terminationStatus == 0)
            #expect(String(decoding: said, as: UTF8.self) == "")
        }

        @Test func `the program is stripped, and a package of its own has what debuggers want`()
            throws
        {
            let folder = try TemporaryFolder()
            let script = """
                dpkg-deb -x "$1" . && dpkg-deb -x "$2" . || exit 1
                nm usr/bin/flower 2>&1
                id=$(readelf -n usr/bin/flower | sed -n 's/.*Build ID: //p')
                debug=usr/lib/debug/.build-id/$(echo "$id" | sed 's|^..|&/|').debug
                addr2line -e "$debug" "0x$(nm "$debug" | sed -n 's/ T main$//p')"
                dpkg-deb -f "$2" Build-Ids | sed "s/$id/the same/"
                dpkg-deb -f "$2" Depends
                """
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/sh")
            shell.arguments = [
                "-c", script, "sh", try Self.package("flower"), try Self.package("flower-dbgsym"),
            ]
            shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
            let pipe = Pipe()
            shell.standardOutput = pipe
            try shell.run()
            let said = pipe.fileHandleForReading.readDataToEndOfFile()
            shell.waitUntilExit()
            let lines = String(decoding: said, as: UTF8.self).split(separator: "\n").map(
                String.init
            )
            try #require(lines.count == 4, "\(lines)")
            #expect(lines[0].hasSuffix("usr/bin/flower: no symbols"))
            #expect(lines[1].contains("/Sources/flower/"))
            #expect(lines[2] == "the same")
            #expect(lines[3].hasPrefix("flower (= "))
        }

        /// The life of a package on a host: installed, used, upgraded while a task runs, removed, installed
        /// again and purged.
        @Test func `an upgrade loses nothing, and a purge leaves nothing`() throws {
            let ending = try Self.box().succeed(
                """
                files() { find /etc /var -xdev ! -path '/var/lib/dpkg/*' ! -path '/var/log/*' | sort; }
                # Without the work of other packages' triggers: mandb(8) alone takes seconds.
                debian() { dpkg --no-triggers --force-unsafe-io "$@" > /dev/null; }
                files > /tmp/before
                debian -i /flower.deb
                echo "user=$(getent passwd flower | cut -d : -f 6-)"
                echo "enabled=$(systemctl is-enabled flower.target)"
                echo "folder=$(stat -c '%U:%G %a' $state)"
                systemd-analyze verify /usr/lib/systemd/system/flower*
                systemctl --quiet enable --now flower.target
                cat > /etc/flower/schedules/often.yaml <<'FLOW'
                flow: often
                schedules: [{cron: "* * * * * *"}]
                tasks: {only: {run: 'true'}}
                FLOW
                until_true run_is 2 succeeded
                rm /etc/flower/schedules/often.yaml

                mkfifo -m 666 /srv/go
                cat > /srv/long.yaml <<'FLOW'
                flow: long
                tasks: {only: {run: 'echo "attempt $FLOWER_ATTEMPT"; read -r word < /srv/go; echo "$word"'}}
                FLOW
                flower apply --system /srv/long.yaml > /dev/null
                run=$(register long)
                until_true sh -c "flower logs --system $run | grep 'attempt 1'"
                runner=$(value_of flower-run MainPID)
                scheduler=$(value_of flower-scheduler MainPID)
                debian -i /flower.deb
                [ "$runner" = "$(value_of flower-run MainPID)" ]
                [ "$scheduler" != "$(value_of flower-scheduler MainPID)" ]
                echo "runner=$(readlink "/proc/$runner/exe")"
                echo "scheduler=$(readlink "/proc/$(value_of flower-scheduler MainPID)/exe")"
                echo upgraded > /srv/go
                until_true run_is $run succeeded
                echo "logs=$(flower logs --system $run | tr '\\n' ' ')"
                until_true [ ! -e "/proc/$runner" ]
                run=$(register long)
                until_true sh -c "flower logs --system $run | grep 'attempt 1'"
                echo "next=$(readlink "/proc/$(value_of flower-run MainPID)/exe")"
                echo again > /srv/go
                until_true run_is $run succeeded

                debian -r flower
                for unit in flower.target flower-scheduler flower-run flower-run.path; do
                    echo "$unit=$(value_of $unit ActiveState)"
                done
                debian -i /flower.deb
                echo "again=$(systemctl is-enabled flower.target)"
                echo "last=$(flower runs --system | awk 'NR == 2 { print $2, $3 }')"
                dpkg -L flower > /tmp/packaged
                debian -P flower
                while read -r path; do
                    [ -d "$path" ] || [ ! -e "$path" ] || echo "stays: $path"
                done < /tmp/packaged
                [ ! -e /etc/flower ]
                # What passwd(5) has of user flower, and what the host's own programs keep for themselves.
                files > /tmp/after
                diff /tmp/before /tmp/after | grep '^[<>]' | grep -Ev \
                    '^> /(etc/(passwd|group|shadow|gshadow)-|var/(lib/(systemd|private)|cache)\\b.*)$' ||
                    echo "left=nothing"
                """
            )
            for (name, value) in [
                ("user", "/var/lib/flower:/usr/sbin/nologin"), ("enabled", "disabled"),
                ("folder", "flower:flower 2770"),
                // It goes on with the program that it was started from.
                ("runner", "/usr/bin/flower (deleted)"), ("scheduler", "/usr/bin/flower"),
                ("logs", "only | attempt 1 only | upgraded "), ("next", "/usr/bin/flower"),
                ("flower.target", "inactive"), ("flower-scheduler", "inactive"),
                ("flower-run", "inactive"), ("flower-run.path", "inactive"), ("again", "enabled"),
                // The database stays until the purge.
                ("last", "long succeeded"), ("left", "nothing"),
            ] {
                #expect(ending[name] == value, "\(name): \(ending.output)")
            }
        }
    }
}
