import Foundation
import Testing

extension EndToEnd {
    /// Promise 3 where the disk itself fails: ext4 then makes itself read-only, under files that are open
    /// for writing (`errors=remount-ro`, as Debian mounts it). A remount by hand is refused there, and so
    /// is one back: the way out is to end all, umount, fsck and mount.
    @Suite struct ReadOnlyDiskTests {
        private static let flow =
            "flow: drain\ntasks:\n"
            + (1...6).map { number in
                "  t\(number):\n    retries: {limit: 1, delay: 1ms}\n"
                    + "    run: 'echo $$ > began; read -r word < go; echo x >> done'\n"
            }.joined()

        /// Ends with the first line that it is told of a database that cannot be written.
        private static let listener = """
            import socket
            told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            told.bind("notify")
            print("listening", flush=True)
            while True:
                line = told.recv(65536).decode()
                if "waiting for the database" in line:
                    print(line[line.index("waiting"):].split(": ", 1)[1])
                    break
            """

        private static let script = """
            mkdir state && mkfifo began go told
            truncate -s 48m disk.img && mkfs.ext4 -q -F disk.img || exit 97
            mount -o loop,errors=remount-ro disk.img state || exit 99
            exec 3<> began 4<> go 5<> told
            python3 -c "$listener" >&5 & listener=$!
            read -r line <&5
            "$flower" apply drain.yaml > /dev/null && "$flower" register drain > /dev/null || exit 98
            NOTIFY_SOCKET="$PWD/notify" "$flower" run --workers 2 > run.out 2>&1 &
            runner=$!
            read -r one <&3 && read -r two <&3
            open='SELECT count(*) FROM attempt WHERE ended_at_ms IS NULL'
            until [ "$(sqlite3 state/flower.db "$open")" = 2 ]; do :; done
            sync -f state/flower.db
            device=$(findmnt -n -o SOURCE state)
            echo 1 > "/sys/fs/ext4/${device#/dev/}/trigger_fs_error"
            "$flower" register drain > /dev/null 2> register.err
            echo "register $?"
            echo go >&4 && echo go >&4
            while [ -d "/proc/$one" ] || [ -d "/proc/$two" ]; do :; done
            wait $listener
            read -r line <&5 && echo "$line"
            # It lives, tries again, and has begun nothing that it could not record.
            kill -0 $runner && echo alive
            echo end >&3 && read -r line <&3 && echo "$line"
            kill -9 $runner; wait $runner 2> /dev/null
            umount state || exit 96
            e2fsck -p disk.img > /dev/null 2>&1
            mount -o loop disk.img state || exit 95
            "$flower" run --wait > /dev/null & next=$!
            for word in 1 2 3 4 5 6; do read -r begun <&3 && echo go >&4; done
            wait $next; echo run $?
            sqlite3 state/flower.db 'SELECT name, max(number) FROM attempt JOIN task ON id = task_id
              GROUP BY task_id ORDER BY name' | tr '\\n' ' '
            sqlite3 state/flower.db 'SELECT state FROM run_state'
            wc -l < done
            "$flower" check
            umount state
            """

        @Test(.enabled(if: Host.canUseDisks))
        func `a disk that becomes read-only stops claims and launches, and nothing is lost`()
            async throws
        {
            let sandbox = try Sandbox()
            try sandbox.write(Self.flow, to: "drain.yaml")
            let words = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", Self.script]
            let ending = try await sandbox.start(words, environment: ["listener": Self.listener])
                .ended()
            // The ends of the first two could be recorded nowhere: their retries are made. The others
            // have begun once.
            let database = "the disk of \(sandbox.state)/flower.db has become read-only"
            #expect(
                ending.output == """
                    register 73
                    \(database) hint: journalctl -k tells why; once it can be written again all goes on
                    alive
                    end
                    run 0
                    t1|2 t2|2 t3|1 t4|1 t5|1 t6|1 succeeded
                    8
                    all is well

                    """,
                "\(ending)"
            )
            #expect(try sandbox.text(of: "register.err").contains("its disk is read-only"))
        }
    }
}
