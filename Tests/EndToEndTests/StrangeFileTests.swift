import Foundation
import Testing

extension EndToEnd {
    /// Something else under the name of a file of the state folder: nobody waits for it for ever.
    @Suite struct StrangeFileTests {
        private static let makers = [
            "fifo": "rm -rf \"$0\"; mkfifo \"$0\"",
            "socket": """
            rm -rf "$0"; cd "$(dirname "$0")"
            python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$(basename "$0")"
            """,
            "folder": "rm -rf \"$0\"; mkdir \"$0\"",
        ]

        private func sandbox(_ name: String, _ kind: String) async throws -> Sandbox {
            let sandbox = try Sandbox()
            try sandbox.write("flow: one\ntasks: {only: {run: 'echo hello'}}\n", to: "one.yaml")
            try await sandbox.succeed("apply", "one.yaml")
            try await sandbox.succeed("register", "one")
            let words = ["/bin/sh", "-c", Self.makers[kind] ?? "", "\(sandbox.state)/\(name)"]
            #expect(try await sandbox.start(words).ended().code == 0)
            return sandbox
        }

        @Test(arguments: ["fifo", "socket", "folder"])
        func `whatever is called wake keeps nobody waiting`(kind: String) async throws {
            let sandbox = try await sandbox("wake", kind)
            #expect(try await sandbox.flower("register", "one", "--force").code == 0)
            #expect(try await sandbox.flower("run").code == 0)
            #expect(try await sandbox.runs().map(\.state) == ["succeeded", "succeeded"])
            // Watched by whoever runs: a pipe or a socket in its place would never tell of anything.
            if kind != "folder" {
                #expect(
                    try await sandbox.shell("test ! -e state/wake || test -f state/wake").code == 0
                )
            }
        }

        @Test(arguments: ["write.lock", "schema.lock", "flower.db"], ["fifo", "socket", "folder"])
        func `a file that is none is told, and nothing hangs`(name: String, kind: String)
            async throws
        {
            let sandbox = try await sandbox(name, kind)
            for words in [["register", "one", "--force"], ["run"], ["runs"]] {
                let ending = try await sandbox.start([Sandbox.flower] + words).ended()
                #expect(ending.code == 73, "\(words): \(ending)")
                #expect(ending.errors.contains(name), "\(ending)")
            }
        }

        @Test(arguments: [
            "flower.db-wal", "runners/7", "runners/accepted", "logs/2", "logs/1", "outputs",
        ]) func `a pipe under any other name ends nothing in a wait`(name: String) async throws {
            let sandbox = try await sandbox(name, "fifo")
            for words in [
                ["register", "one", "--force"], ["run"], ["status", "1"], ["logs", "1"], ["check"],
                ["doctor"],
            ] { _ = try await sandbox.start([Sandbox.flower] + words).ended() }
            if name.hasPrefix("runners") {
                #expect(try await sandbox.runs().map(\.state) == ["succeeded", "succeeded"])
            }
        }

        /// The first of two files has room, the second has not.
        @Test func `an import without room leaves nothing in the way of the next`() async throws {
            let sandbox = try Sandbox()
            let comment = "# \(String(repeating: "long ", count: 200))"
            try sandbox.write("MAILTO=''\n@daily x\n\(comment)\n@daily y\n", to: "a.crontab")
            let script = "ulimit -f 1; exec $flower import a.crontab --to out"
            let ending = try await sandbox.shell(script)
            #expect(ending.code == 74, "\(ending)")
            let told =
                ".yaml: cannot write the output: File too large; nothing was written\n"
                + "hint: make room, or name another folder with --to\n"
            #expect(ending.errors.hasSuffix(told), "\(ending)")
            #expect(try await sandbox.shell("ls out").output == "")
            let next = try await sandbox.flower("import", "a.crontab", "--to", "out")
            #expect(next.code == 0, "\(next)")
            #expect(try await sandbox.flower("validate", "out").code == 0)
        }

        @Test func `doctor tells of a wake that is no file`() async throws {
            let sandbox = try await sandbox("wake", "folder")
            let ending = try await sandbox.flower("doctor")
            #expect(
                ending.code == 1 && ending.output.contains("state/wake is no file"),
                "\(ending)"
            )
        }
    }
}
