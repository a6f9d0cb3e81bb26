import Foundation
import Testing

extension EndToEnd {
    /// Promise 3 while a drain is under way: a disk that fills up, files that are not what they were.
    @Suite struct FullDiskTests {
        /// Six tasks, two at a time: each tells its name and pid, waits for a word of its own and tells its
        /// end. From one pipe for all, a task that has just begun may take the word of one that is slow.
        private static let flow =
            "flow: drain\noverlap: allow\ntasks:\n"
            + (1...6).map { number in
                "  t\(number):\n    retries: {limit: 1, delay: 1ms}\n"
                    + "    run: 'echo $FLOWER_TASK $$ > began; "
                    + "read -r word < go.$FLOWER_TASK; echo x >> done'\n"
            }.joined()

        /// The state folder is a small disk of its own, which is full while the first two tasks end. Two
        /// more were claimed before, and begin.
        private static func script(_ meanwhile: String, _ ending: String) -> String {
            """
            mkdir state && mkfifo began go.t1 go.t2 go.t3 go.t4 go.t5 go.t6
            mount -t tmpfs -o size=2m,mode=0700 none state || exit 99
            "$flower" apply drain.yaml > /dev/null && "$flower" register drain > /dev/null || exit 98
            "$flower" run --workers 2 > run.out 2>&1 &
            runner=$!
            exec 3<> began
            read -r _ one <&3 && read -r _ two <&3
            dd if=/dev/zero of=state/filling bs=1k 2> /dev/null
            "$flower" register drain > /dev/null 2>&1
            echo "register $?"
            echo go > go.t1 && echo go > go.t2
            # A process that has ended is there until its runner has waited for it.
            while [ -d "/proc/$one" ] || [ -d "/proc/$two" ]; do :; done
            read -r _ <&3 && read -r _ <&3
            \(meanwhile)
            rm state/filling
            \(ending)
            sqlite3 state/flower.db 'SELECT name, max(number) FROM attempt JOIN task ON id = task_id
              GROUP BY task_id ORDER BY name' | tr '\\n' ' '
            sqlite3 state/flower.db 'SELECT state FROM run_state'
            wc -l < done
            "$flower" check
            """
        }

        private func drained(_ meanwhile: String, _ ending: String) async throws -> Ending {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow, to: "drain.yaml")
            let script = Self.script(meanwhile, ending)
            let words = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script]
            return try await sandbox.start(words).ended()
        }

        @Test(.enabled(if: Host.canMount))
        func `a disk that fills during a drain stops claiming, and loses nothing`() async throws {
            let words = "for n in 3 4 5 6; do echo go > go.t$n; done; wait $runner; echo run $?"
            let ending = try await drained(":", words)
            let attempts = "t1|1 t2|1 t3|1 t4|1 t5|1 t6|1 "
            #expect(
                ending.output
                    == "register 74\nrun 0\n\(attempts)succeeded\n6\nall is well\n",
                "\(ending)"
            )
        }

        @Test(.enabled(if: Host.canMount))
        func `what a runner could not record before it was killed is known to the next`()
            async throws
        {
            let ending = try await drained(
                "kill -9 $runner; wait $runner 2> /dev/null",
                """
                "$flower" run --wait > /dev/null & next=$!
                for task in 1 2 3 4; do read -r begun _ <&3 && echo go > "go.$begun"; done
                wait $next; echo run $?
                """
            )
            // The two that had ended are not run again: their ends stand in the runner's file. The two
            // that ran when it died are.
            let attempts = "t1|1 t2|1 t3|2 t4|2 t5|1 t6|1 "
            #expect(
                ending.output
                    == "register 74\nrun 0\n\(attempts)succeeded\n6\nall is well\n",
                "\(ending)"
            )
        }

        /// The logs' folder is a small disk of its own, which the output fills.
        @Test(.enabled(if: Host.canMount))
        func `output that finds no room is counted, noted and told`() async throws {
            let sandbox = try Sandbox()
            try sandbox.write("flow: loud\ntasks: {only: {run: seq 30000}}\n", to: "loud.yaml")
            let script = """
                "$flower" apply loud.yaml > /dev/null && "$flower" register loud > /dev/null || exit 98
                mount -t tmpfs -o size=512k,mode=0700 none state/logs || exit 99
                "$flower" run 2> run.err > /dev/null; echo "run $?"
                grep -c 'some output was not kept: .*No space left on device' run.err
                "$flower" logs 1 only > lines 2> said
                kept=$(wc -l < lines)
                seq "$kept" | cmp - lines && [ "$kept" -gt 1000 ] && echo prefix
                sed "s/ $kept of / KEPT of /" said
                # These are in the tail that the database keeps.
                "$flower" logs 1 only -n 2 2> /dev/null | cmp - <(seq 29999 30000)
                "$flower" logs 1 only -f 2> said | cmp - lines
                lost=$((30000 - kept))
                sqlite3 state/flower.db "SELECT lines, lost = $lost, note FROM attempt" | sed "s/$lost/LOST/"
                "$flower" status 1 -o json | grep -E '"(lines|lost)"' | sed "s/$lost/LOST/" | tr -d ' \n'
                """
            let words = ["/usr/bin/unshare", "-m", "/bin/bash", "-c", script]
            let ending = try await sandbox.start(words).ended()
            #expect(
                ending.output == """
                    run 0
                    1
                    prefix
                    flower: from the files: KEPT of 30000 lines; you see none of them in the journal
                    30000|1|LOST of its lines could not be written to its file: No space left on device
                    "lines":30000,"lost":LOST,
                    """,
                "\(ending)"
            )
        }

        @Test(.enabled(if: Host.canMount))
        func `once there is room again the lines go on, and say what is missing between`()
            async throws
        {
            let sandbox = try Sandbox()
            let run =
                "echo before; echo x > began; read -r _ < go; seq 1000; echo x > began; "
                + "read -r _ < go; echo after"
            try sandbox.write("flow: gap\ntasks: {only: {run: '\(run)'}}\n", to: "gap.yaml")
            let script = """
                mkfifo began go
                "$flower" apply gap.yaml > /dev/null && "$flower" register gap > /dev/null || exit 98
                mount -t tmpfs -o size=256k,mode=0700 none state/logs || exit 99
                "$flower" run 2> /dev/null > /dev/null &
                read -r _ < began
                until grep -q before state/logs/1/only.1.log 2> /dev/null; do :; done
                dd if=/dev/zero of=state/logs/filling bs=1k 2> /dev/null
                echo go > go && read -r _ < began
                # As much as there is room for in its block is there: the next is lost.
                until [ "$(stat -c %s state/logs/1/only.1.log)" -gt 3900 ]; do :; done
                rm state/logs/filling
                echo go > go && wait $!
                # It has them all, and would be read.
                sqlite3 state/flower.db 'UPDATE attempt SET tail = NULL'
                "$flower" logs 1 only -o cat > lines 2> /dev/null
                lost=$(sqlite3 state/flower.db 'SELECT lost FROM attempt')
                [ "$lost" -gt 0 ] && [ "$(wc -l < lines)" = $((1002 - lost + 1)) ] && echo counted
                sed "s/^$lost lines/LOST lines/" lines | grep -v '^[0-9]*$'
                "$flower" logs 1 only -o json 2> /dev/null | tail -n 1 | grep -o '"FLOWER_LINE":"[0-9]*"'
                """
            let words = ["/usr/bin/unshare", "-m", "/bin/bash", "-c", script]
            let ending = try await sandbox.start(words).ended()
            #expect(
                ending.output == """
                    counted
                    before
                    LOST lines could not be written here
                    after
                    "FLOWER_LINE":"1002"

                    """,
                "\(ending)"
            )
        }

        /// SQLite sorts the tasks of a registration, and would put 3 MB of them there.
        @Test(.enabled(if: Host.canMount))
        func `a full disk elsewhere is nothing to a registration of much`() async throws {
            let sandbox = try Sandbox()
            let command = "true # " + String(repeating: "x", count: 1_000)
            let tasks = (1...3_000).map { "  t\($0): {run: '\(command)'}\n" }.joined()
            try sandbox.write("flow: large\ntasks:\n\(tasks)", to: "large.yaml")
            let script = """
                mount -t tmpfs -o size=64k none /var/tmp || exit 99
                export TMPDIR=/var/tmp
                dd if=/dev/zero of=/var/tmp/filling bs=1k 2> /dev/null
                "$flower" apply large.yaml > /dev/null && "$flower" register large && "$flower" check
                """
            let words = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", script]
            let ending = try await sandbox.start(words).ended()
            #expect(ending.output == "1\nall is well\n", "\(ending)")
        }

        @Test(arguments: [
            ("truncate -s 12288 state/flower.db", "a truncated file"),
            ("head -c 40960 /dev/urandom > state/flower.db", "noise"),
            ("printf 'hello' > state/flower.db", "a text"),
        ])
        func `a database that is none is told, and nothing is made of it`(
            spoil: String,
            what: String
        ) async throws {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow, to: "drain.yaml")
            try await sandbox.succeed("apply", "drain.yaml")
            try await sandbox.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
            let script = """
                rm -f state/flower.db-wal state/flower.db-shm
                \(spoil)
                before=$(cksum < state/flower.db)
                for command in 'register drain' run tick 'flows'; do
                    "$flower" $command > /dev/null 2>> errors
                    echo "$?"
                done
                [ "$before" = "$(cksum < state/flower.db)" ] && echo untouched
                """
            let ending = try await sandbox.shell(script)
            #expect(ending.output == "74\n74\n74\n74\nuntouched\n", "\(what): \(ending)")
            let errors = try sandbox.text(of: "errors")
            #expect(errors.contains("flower.db"), "\(errors)")
            #expect(errors.components(separatedBy: "hint: ").count == 5, "\(errors)")
        }

        @Test(arguments: [
            ("cp other/flower.db-wal state/", "that is not the WAL that was written last here"),
            ("cp backup.db state/flower.db", "one is of instance "),
        ])
        func `a WAL and a database of different origin are refused, with what to do`(
            mix: String,
            reason: String
        ) async throws {
            let sandbox = try Sandbox()
            try sandbox.write("flow: a\ntasks: {t: {run: 'true'}}\n", to: "a.yaml")
            let script = """
                for folder in other state; do
                    FLOWER_STATE=$folder "$flower" apply a.yaml > /dev/null
                    FLOWER_STATE=$folder "$flower" register a > /dev/null
                    FLOWER_STATE=$folder "$flower" run > /dev/null
                done
                "$flower" backup backup.db > /dev/null
                "$flower" register a > /dev/null && "$flower" run > /dev/null
                \(mix)
                rm state/flower.db-shm
                before=$(cat state/flower.db state/flower.db-wal | cksum)
                for command in 'register a' run tick 'status 1' check; do
                    "$flower" $command > /dev/null 2>> errors
                    echo "$?"
                done
                [ "$before" = "$(cat state/flower.db state/flower.db-wal | cksum)" ] && echo untouched
                # What the hint says.
                mkdir away && mv state/flower.db-wal state/flower.db-shm away 2> /dev/null
                "$flower" check
                """
            let ending = try await sandbox.shell(script)
            #expect(
                ending.output == "74\n74\n74\n74\n74\nuntouched\nall is well\n",
                "\(ending)"
            )
            let errors = try sandbox.text(of: "errors")
            #expect(errors.components(separatedBy: reason).count == 6, "\(errors)")
            #expect(errors.contains("move flower.db-wal and flower.db-shm away"), "\(errors)")
        }
    }
}
