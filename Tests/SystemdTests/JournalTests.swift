import Testing

extension OnSystemd {
    /// The journal's door, with a real journald behind it. `probe` is Tests/Support/JournalProbe.
    @Suite(.enabled(if: Box.isPossible)) struct JournalTests {
        private func run(_ script: String) throws -> Box.Ending {
            var box = Box()
            box.options = [
                "--bind", "\(Box.products)/JournalProbe:/usr/bin/probe",
                "--journal", "RateLimitBurst=1000000",
            ]
            return try box.succeed(script)
        }

        @Test func `what is written is read, in order, from both ends and from the middle`() throws
        {
            let ending = try run(
                """
                probe write one 1000
                probe write two 3
                journalctl --sync
                seq 1000 > /tmp/expected
                probe read one | cmp - /tmp/expected
                probe back one | tac | cmp - /tmp/expected
                probe resume one 1000
                echo "message=$(journalctl -q -o cat FLOWER_TASK=one FLOWER_LINE=7 | tr '\\n' '|')"
                """
            )
            #expect(ending["message"] == "line 7 of one|and more|")
            // The entry of the cursor comes twice.
            #expect(ending["lines"] == "1001 sum=\(1000 * 1001 / 2 + 500)")
            #expect(ending["again"] == "true")
            // Line 1, and of this task or numbered 2: what `matchAnd` joins is joined last.
            #expect(ending["found"] == "1")
        }

        @Test(arguments: [1, 100_000, 5_000_000])
        func `a field of any bytes and size comes back whole`(bytes: Int) throws {
            let ending = try run("probe large whole \(bytes)")
            #expect(ending["same"] == "true")
            #expect(ending["fields"] == "\(bytes)")
            #expect(ending["none"] == "true")
        }

        @Test func `a follower misses nothing that comes after it listens`() throws {
            _ = try run(
                """
                stdbuf -oL probe follow late 50 > /tmp/heard &
                until_true grep listening /tmp/heard
                probe write other 20
                probe write late 50
                wait $!
                seq 50 | cmp - <(tail -n +2 /tmp/heard)
                """
            )
        }

        @Test func `without libsystemd all works but the journal`() throws {
            let ending = try run(
                """
                for library in /usr/lib/*/libsystemd.so.0*; do
                    mount --bind /dev/null "$library"
                done
                probe write one 1 || echo "code=$?"
                flow quick <<'FLOW'
                flow: quick
                tasks: {only: {run: 'true'}}
                FLOW
                register quick
                NOTIFY_SOCKET=@nobody flower run --system
                run_is 1 succeeded
                """
            )
            #expect(ending.output.contains("cannot use the journal without libsystemd"))
            #expect(ending["code"] == "1")
        }
    }
}
