import Foundation
import Testing

extension EndToEnd {
    /// What is printed, for people, for programs, and for nobody.
    @Suite struct TerminalOutputTests {
        private func worked() async throws -> Sandbox {
            let sandbox = try Sandbox()
            try sandbox.write(
                """
                flow: talk
                schedules: [{cron: "0 0 1 1 *"}]
                tasks:
                  much: {run: "seq 200000"}
                  bad: {run: "exit 1"}
                """,
                to: "talk.yaml"
            )
            try await sandbox.succeed("apply", "talk.yaml")
            try await sandbox.succeed("register", "talk")
            #expect(try await sandbox.flower("run").code == 1)
            return sandbox
        }

        @Test func `a reader that went away ends a command quietly`() async throws {
            let sandbox = try await worked()
            let said = "flower: from the files: 200000 lines, all of them\n"
            for (command, line, errors) in [
                ("logs 1 much", "1", said), ("runs", "RUN  FLOW", ""),
            ] {
                let script = """
                    set -o pipefail
                    "$flower" \(command) | { read -r line; echo "$line"; exec <&-; }
                    """
                let ending = try await sandbox.start(["/bin/bash", "-c", script]).ended()
                #expect(ending.code == 0, "\(ending)")
                #expect(ending.output.hasPrefix(line))
                #expect(ending.errors == errors)
            }
        }

        @Test func `output that cannot be written is told`() async throws {
            let sandbox = try await worked()
            let ending = try await sandbox.shell("\"$flower\" runs > /dev/full")
            #expect(ending.code == 74)
            #expect(ending.errors.contains("cannot write the output: No space left on device"))
        }

        @Test func `a registration whose number cannot be printed is told, and seen through`()
            async throws
        {
            let sandbox = try Sandbox()
            try sandbox.write("flow: a\noverlap: allow\ntasks: {t: {run: 'true'}}\n", to: "a.yaml")
            try await sandbox.succeed("apply", "a.yaml")
            let alone = try await sandbox.shell("\"$flower\" register a > /dev/full")
            #expect(alone.code == 74 && alone.errors.contains("run 1 of flow 'a' is registered"))
            let waiting = try await sandbox.shell("\"$flower\" register a --wait > /dev/full")
            #expect(waiting.code == 0 && waiting.errors.contains("run 2 of flow 'a' is registered"))
            for ending in [alone, waiting] {
                #expect(ending.errors.contains("No space left on device"), "\(ending)")
            }
            #expect(try await sandbox.status(2).state == "succeeded")
        }

        @Test func `colours are for terminals that want them`() async throws {
            let sandbox = try await worked()
            let escape = "\u{1B}["
            for command in ["flows", "show talk", "schedules", "runs", "status 1", "logs 1 bad"] {
                let plain = try await sandbox.shell("\"$flower\" \(command)")
                #expect(plain.code == 0 && !plain.output.contains(escape), "\(plain)")
            }
            // script(1) gives the command a terminal of its own.
            let script = "script -qec '\"$flower\" status 1' /dev/null"
            let terminal = ["TERM": "xterm"]
            let coloured = try await sandbox.shell(script, environment: terminal)
            #expect(coloured.output.contains(escape), "\(coloured)")
            for unwanted in [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"]] {
                let plain = try await sandbox.shell(script, environment: unwanted)
                #expect(plain.output.contains("exit code 1"))
                #expect(!plain.output.contains(escape), "\(plain)")
            }
        }

        @Test func `a task's own escape codes do not reach a terminal through status`() async throws
        {
            let sandbox = try Sandbox()
            let flow = """
                flow: evil
                tasks: {a: {run: "printf '\\\\033]0;title\\\\007\\\\033[31mred\\\\n'; exit 1"}}
                """
            try sandbox.write(flow, to: "evil.yaml")
            try await sandbox.succeed("apply", "evil.yaml")
            #expect(try await sandbox.flower("register", "evil", "--wait").code == 1)
            #expect(
                try await sandbox.succeed("logs", "1") == "a | \u{1B}]0;title\u{7}\u{1B}[31mred\n"
            )
            let script = "script -qec '\"$flower\" status 1' /dev/null"
            let seen = try await sandbox.shell(script, environment: ["TERM": "dumb"])
            #expect(seen.output.contains("red") && !seen.output.contains("\u{1B}"), "\(seen)")
        }

        @Test func `what is stored steers no terminal, whatever command shows it`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write("A=\u{1B}]0;title\u{7}\u{9B}31m\n", to: "a.env")
            let flow = #"""
                flow: evil
                description: "\e]0;title\a\x9b31m\u202E"
                parameters: {p: "\e[31m'\u0301"}
                environment_file: a.env
                tasks: {a: {exec: [echo, "\e[31m", "${p}"]}}
                """#
            try sandbox.write(flow, to: "evil.yaml")
            try await sandbox.succeed("apply", "evil.yaml")
            #expect(try await sandbox.flower("register", "evil", "--wait").code == 0)
            let commands = [
                "env evil a", "show evil", "show evil -o json", "flows", "flows -o json",
                "status 1",
                "status 1 -o json", "runs -o json", "logs 1", "logs 1 -o short", "logs 1 -o json",
            ]
            for command in commands {
                let script = "script -qec '\"$flower\" \(command)' /dev/null"
                let seen = try await sandbox.shell(script, environment: ["TERM": "dumb"])
                #expect(seen.code == 0, "\(command): \(seen)")
                #expect(
                    !seen.output.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" },
                    "\(command)"
                )
                #expect(!seen.output.unicodeScalars.contains("\u{202E}"), "\(command)")
            }
            // What a program reads is as it was.
            let read = try await sandbox.shell(#"eval "$("$flower" env evil a)"; printf %s "$p$A""#)
            #expect(
                Array(read.output.utf8)
                    == Array("\u{1B}[31m'\u{301}\u{1B}]0;title\u{7}\u{9B}31m".utf8)
            )
        }

        @Test func `the help is as the golden file has it`() async throws {
            let sandbox = try Sandbox()
            let golden = Sandbox.package + "/Tests/EndToEndTests/golden/help.txt"
            let text = try String(contentsOfFile: golden, encoding: .utf8)
            #expect(try await sandbox.succeed("--help") == text)
            #expect(try await sandbox.succeed("help") == text)
            #expect(try await sandbox.succeed("--version").contains("0.1"))
        }

        @Test func `misuse is told with a hint`() async throws {
            let sandbox = try Sandbox()
            let typo = try await sandbox.flower("statsu", "1")
            #expect(typo.code == 64)
            #expect(
                typo.errors
                    == "flower: there is no command 'statsu'\nhint: did you mean 'status'?\n"
            )
            #expect(try await sandbox.flower("runs", "--nope").code == 64)
            #expect(try await sandbox.flower("show").code == 64)
            #expect(try await sandbox.flower("run", "--workers", "0").code == 64)
        }
    }
}
