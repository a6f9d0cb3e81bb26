import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Man pages and completions as `make install` puts them in place.
    @Suite struct InstalledTextTests {
        /// `make install` of the program under test, once.
        private static let stage = Result { () throws -> String in
            let folder = Sandbox.products + "/text-stage"
            // Of an earlier run, if there is one.
            try? FileManager.default.removeItem(atPath: folder)
            let make = Process()
            make.executableURL = URL(fileURLWithPath: "/usr/bin/make")
            make.currentDirectoryURL = URL(fileURLWithPath: Sandbox.package)
            make.arguments = [
                "install", "BINARY=\(Sandbox.flower)", "PREFIX=/usr", "DESTDIR=\(folder)",
            ]
            make.standardOutput = FileHandle.nullDevice
            try make.run()
            make.waitUntilExit()
            try #require(make.terminationStatus == 0)
            return folder + "/usr/share"
        }

        @Test(
            arguments: [
                "mandoc -T lint -W warning", "groff -t -man -ww -z -K utf8 -T utf8",
                // As lintian asks for Debian.
                "env MANROFFSEQ= MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -Tutf8 -Z -l",
            ]
        )
        func `no reader of man pages finds a fault`(reader: String) async throws {
            let pages = try Self.stage.get() + "/man"
            let ending = try await Sandbox().shell(
                """
                set -e
                test "$(ls \(pages)/man1 | wc -l)" -gt 20
                for page in \(pages)/man1/* \(pages)/man5/flower.5 \(pages)/man7/flower.7; do
                    \(reader) "$page" 2>> faults > seen || true
                    case '\(reader)' in mandoc*) cat seen >> faults;; esac
                done
                cat faults
                """
            )
            #expect(ending.code == 0)
            #expect(ending.output == "", "\(ending.errors)")
        }

        @Test func `man finds a command's page under its two words`() async throws {
            let pages = try Self.stage.get() + "/man"
            let ending = try await Sandbox().shell(
                "man -M \(pages) flower run | head -n 4 | tail -n 1"
            )
            #expect(
                ending.output == "       flower-run - run every task that is ready, then exit\n"
            )
        }

        /// A person at the terminal: what the shell completes at the Tab is what it then starts.
        @Test(
            arguments: [
                (["bash", "--norc", "-i"], "source $share/bash-completion/completions/flower\\n"),
                (
                    ["zsh", "-f", "-i"],
                    "fpath+=($share/zsh/vendor-completions); autoload -Uz compinit; compinit -D -u\\n"
                ),
                (
                    ["fish", "--no-config", "-i"],
                    "source $share/fish/vendor_completions.d/flower.fish\\n"
                ),
            ]
        )
        func `a shell completes commands and the names of flows`(
            shell: [String],
            preparation: String
        ) async throws {
            let sandbox = try Sandbox()
            let flow = try sandbox.write(
                "flow: alphabet\ntasks: {only: {run: 'true'}}\n",
                to: "alphabet.yaml"
            )
            try await sandbox.succeed("apply", flow)
            // The words that it looks for completions of must be those of a program that it finds.
            let path = "\(Sandbox.products):/usr/bin:/bin"
            let share = try Self.stage.get()
            let ready = preparation.replacingOccurrences(of: "$share", with: share)
            let ending = try await sandbox.start(
                ["/usr/bin/python3", Sandbox.package + "/Tests/EndToEndTests/shells/type.py"]
                    + [ready + "flower regis\\talph\\t\\nexit\\n"] + shell,
                environment: ["PATH": path]
            ).ended()
            let runs = try await sandbox.succeed("runs")
            #expect(runs.contains("alphabet"), "\(ending)")
        }
    }
}
