import Foundation
import Testing

extension EndToEnd {
    /// Input that no flow file should be: said clearly, with the right exit code.
    @Suite struct BadFileTests {
        /// Makes a file, and what is said of it.
        struct Case: CustomTestStringConvertible {
            let name: String
            /// sh(1), in the sandbox.
            let making: String
            let code: Int32
            let message: String

            var testDescription: String { name }
        }

        @Test(arguments: [
            (
                "register a -p k=$x",
                "the value of 'k' is no UTF-8 text without NUL;"
                    + " encode it, with base64 for example, or write it to a file"
            ),
            ("register a -pk=$x", "the value of '-pk' is no UTF-8 text"),
            ("register a --parameter=k=$x", "the value of '--parameter' is no UTF-8 text"),
            ("apply $x.yaml", "the argument '\u{FFFD}.yaml' is no UTF-8 text"),
            ("pause a --reason $x", "the argument '\u{FFFD}' is no UTF-8 text"),
        ])
        func `an argument that is no text is refused, not changed`(
            command: String,
            message: String
        ) async throws {
            let sandbox = try Sandbox()
            try sandbox.write(
                "flow: a\nparameters: {k: ''}\ntasks: {t: {run: 'true'}}\n",
                to: "a.yaml"
            )
            try await sandbox.succeed("apply", "a.yaml")
            let ending = try await sandbox.shell(
                "x=$(printf '\\351'); \"$flower\" \(command.replacing("$x", with: "\"$x\""))"
            )
            #expect(ending.code == 65 && ending.errors.contains(message), "\(ending)")
            #expect(try await sandbox.runs().isEmpty)
        }

        static let cases = [
            Case(
                name: "a YAML bomb",
                making: """
                    {
                        echo 'flow: bomb'
                        echo 'a: &a [x,x,x,x,x,x,x,x,x,x]'
                        for pair in ab bc cd de ef fg gh hi; do
                            a=${pair%?} b=${pair#?}
                            echo "$b: &$b [*$a,*$a,*$a,*$a,*$a,*$a,*$a,*$a,*$a,*$a]"
                        done
                    } > bad.yaml
                    """,
                code: 65,
                message: "the file has more than 2000000 values, aliases written out"
            ),
            Case(
                name: "a file of 10 MB",
                making: "head -c 10485760 /dev/zero | tr '\\0' '#' > bad.yaml",
                code: 65,
                message: "a file has at most 8 MiB (8388608 bytes), this has 10485760"
            ),
            Case(
                name: "a program",
                making: "cp /bin/true bad.yaml",
                code: 65,
                message: "is not UTF-8 from this byte on"
            ),
            Case(
                name: "zero bytes",
                making: "head -c 4096 /dev/zero > bad.yaml",
                code: 65,
                message: "bad.yaml:1:1: "
            ),
            Case(
                name: "an empty file",
                making: ": > bad.yaml",
                code: 65,
                message: "bad.yaml"
            ),
            Case(
                name: "a program as crontab",
                making: "cp /bin/true bad.crontab",
                code: 65,
                message: "bad.crontab:1:"
            ),
            Case(
                name: "an unreadable file",
                making: "echo 'flow: a' > bad.yaml; chmod 0 bad.yaml",
                code: 65,
                message: "bad.yaml: cannot be read: Permission denied"
            ),
            Case(
                name: "a link to itself",
                making: "ln -s bad.yaml bad.yaml",
                code: 66,
                message: "bad.yaml: is a link that leads back to itself"
            ),
            Case(
                name: "a link to nothing",
                making: "ln -s nothing bad.yaml",
                code: 66,
                message: "bad.yaml: is a link to a file that does not exist"
            ),
            Case(
                name: "a pipe",
                making: "mkfifo bad.yaml",
                code: 65,
                message: "bad.yaml: is a pipe, not a file"
            ),
            Case(
                name: "nothing",
                making: ":",
                code: 66,
                message: "there is no such file or folder"
            ),
        ]

        @Test(arguments: cases)
        func `a file that is none is refused, and nothing is applied`(_ bad: Case) async throws {
            let sandbox = try Sandbox()
            try sandbox.write("flow: good\ntasks: {a: {run: \"true\"}}\n", to: "good.yaml")
            #expect(try await sandbox.shell(bad.making).code == 0)
            let name = bad.making.contains(".crontab") ? "bad.crontab" : "bad.yaml"
            let words = Host.powerless + [Sandbox.flower, "apply", "good.yaml", name]
            let ending = try await sandbox.start(words).ended()
            #expect(ending.code == bad.code, "\(ending)")
            #expect(ending.errors.contains(bad.message), "\(ending.errors)")
            #expect(ending.errors.hasSuffix("nothing was applied\n"))
            #expect(ending.output.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: sandbox.state))
        }
    }

    /// State folders that cannot be used: said clearly, with nothing lost and nothing half-written.
    @Suite struct BadStateTests {
        private func applied() async throws -> Sandbox {
            let sandbox = try Sandbox()
            try sandbox.write("flow: good\ntasks: {a: {run: \"true\"}}\n", to: "good.yaml")
            try await sandbox.succeed("apply", "good.yaml")
            return sandbox
        }

        /// Root's own `logs` and `runners` in it, of mode 0700, kept the owner from running anything.
        @Test func `what is made in a folder belongs to its owner, also where root makes it`()
            async throws
        {
            let sandbox = try await applied()
            // Only root can give a folder away; for others it is their own, and the same must hold.
            let made = try await sandbox.shell(
                """
                mkdir other; [ "$(id -u)" -ne 0 ] || chown 65534:65534 other
                "$flower" --state other apply good.yaml && "$flower" --state other register good
                "$flower" --state other run && find other ! -uid "$(stat -c %u other)"
                """
            )
            #expect(made.code == 0)
            #expect(!made.output.contains("other/"), "\(made.output)")
        }

        @Test(
            arguments: [
                (
                    "sqlite3 other/flower.db 'CREATE TABLE t (x); INSERT INTO t VALUES (1)'",
                    "is a SQLite database, but not one of Flower's"
                ),
                (
                    "echo 'these are my notes on flowers' > other/flower.db",
                    "is not a SQLite database"
                ),
                ("head -c 100000 /dev/urandom > other/flower.db", "is not a SQLite database"),
            ]
        )
        func `somebody else's file is refused and left as it is`(
            making: String,
            message: String
        ) async throws {
            let sandbox = try await applied()
            #expect(try await sandbox.shell("mkdir other; \(making)").code == 0)
            let digest = "sha256sum other/flower.db"
            let before = try await sandbox.shell(digest).output
            for command in [["apply", "good.yaml"], ["runs"], ["run"], ["tick"]] {
                let words = [Sandbox.flower, "--state", "other"] + command
                let ending = try await sandbox.start(words).ended()
                #expect(ending.code == 74, "\(ending)")
                #expect(ending.errors.contains("other/flower.db \(message)"), "\(ending.errors)")
                #expect(ending.errors.contains("hint: move it away"))
            }
            #expect(try await sandbox.shell(digest).output == before)
        }

        @Test func `a folder that may not be written is named`() async throws {
            let sandbox = try await applied()
            #expect(try await sandbox.shell("mkdir closed; chmod 555 closed").code == 0)
            let words = [Sandbox.flower, "apply", "good.yaml", "--state", "closed/state"]
            let ending = try await sandbox.start(Host.powerless + words).ended()
            #expect(ending.code == 77)
            let message = "flower: cannot make the state folder closed/state: Permission denied\n"
            #expect(ending.errors.hasPrefix(message + "hint: "), "\(ending.errors)")
            #expect(try await sandbox.shell("ls closed").output.isEmpty)
        }

        @Test func `a looking command makes no folder`() async throws {
            let sandbox = try Sandbox()
            for command in ["flows", "runs", "schedules"] {
                let ending = try await sandbox.flower(command)
                #expect(ending.code == 66)
                #expect(ending.errors.contains("there is no state folder at \(sandbox.state) yet"))
                #expect(ending.errors.contains("--system"))
            }
            #expect(!FileManager.default.fileExists(atPath: sandbox.state))
        }

        @Test(.enabled(if: Host.canMount))
        func `a read-only disk is named`() async throws {
            let sandbox = try await applied()
            let before = try await sandbox.sqlite(".dump")
            let script = """
                mount --bind state state && mount -o remount,ro,bind state || exit 99
                for command in 'register good' run tick 'apply good.yaml'; do
                    "$flower" $command
                    echo "$?"
                done
                """
            let words = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script]
            let ending = try await sandbox.start(words).ended()
            #expect(ending.output == "73\n73\n73\n73\n", "\(ending)")
            let message =
                "flower.db for writing: Read-only file system\nhint: its disk is read-only"
            #expect(ending.errors.components(separatedBy: message).count == 5, "\(ending.errors)")
            #expect(try await sandbox.sqlite(".dump") == before)
        }

        @Test(.enabled(if: Host.canMount))
        func `a full disk is named, nothing is lost, and with space again all goes on`()
            async throws
        {
            let sandbox = try await applied()
            let script = """
                mount -t tmpfs -o size=1m,mode=0700 none state || exit 99
                "$flower" apply good.yaml || exit 98
                dd if=/dev/zero of=state/filling bs=1k 2> /dev/null
                for command in 'register good' run 'apply other.yaml'; do
                    "$flower" $command
                    echo "$?"
                done
                rm state/filling
                sqlite3 state/flower.db 'PRAGMA integrity_check'
                sqlite3 state/flower.db \
                    'SELECT (SELECT count(*) FROM flow), (SELECT count(*) FROM run)'
                "$flower" register good && "$flower" run
                """
            try sandbox.write("flow: other\ntasks: {a: {run: \"true\"}}\n", to: "other.yaml")
            let words = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script]
            let ending = try await sandbox.start(words).ended()
            let first = "CHANGE  FLOW\nadded   good\n\n1 flow: 1 added.\n"
            #expect(ending.output == first + "74\n74\n74\nok\n1|0\n1\nran 1 task\n", "\(ending)")
            let message =
                "flower: the disk of \(sandbox.state)/flower.db is full\nhint: free some space"
            #expect(ending.errors.components(separatedBy: message).count == 4, "\(ending.errors)")
        }

        @Test(arguments: [("runs", 66), ("register good", 66), ("run", 77)])
        func `a state folder that is somebody else's is not said to be missing`(
            command: String,
            code: Int32
        ) async throws {
            let sandbox = try await applied()
            #expect(chmod(sandbox.state, 0) == 0)
            defer { chmod(sandbox.state, 0o700) }
            let words = [Sandbox.flower] + command.split(separator: " ").map(String.init)
            let ending = try await sandbox.start(Host.powerless + words).ended()
            #expect(ending.code == code && ending.output.isEmpty, "\(ending)")
            let message =
                "flower: cannot look into the state folder \(sandbox.state): Permission denied"
            #expect(
                ending.errors.hasPrefix(message + "\nhint: do this as its owner, or"),
                "\(ending)"
            )
        }

        /// A user has 128 inotify instances; a user namespace may be given none.
        @Test(.enabled(if: Host.canMount))
        func `a runner to which the kernel gives no watch finds new work all the same`()
            async throws
        {
            let sandbox = try Sandbox()
            // Each waits for the other: neither ends unless both run at once.
            try sandbox.write(
                """
                flow: pair
                overlap: allow
                tasks:
                  a:
                    timeout: 1m
                    run: touch "run-$FLOWER_RUN"; until [ -e run-1 ] && [ -e run-2 ]; do sleep 0.05; done
                """,
                to: "pair.yaml"
            )
            try await sandbox.succeed("apply", "pair.yaml")
            try await sandbox.succeed("register", "pair")
            let script = """
                echo 0 > /proc/sys/user/max_inotify_instances || exit 99
                "$flower" run &
                until [ -e run-1 ]; do sleep 0.05; done
                "$flower" register pair
                wait "$!"
                """
            let words = ["/usr/bin/unshare", "-Ur", "/bin/sh", "-c", script]
            let ending = try await sandbox.start(words).ended()
            #expect(ending.code == 0 && ending.output == "2\nran 2 tasks\n", "\(ending)")
        }
    }
}
