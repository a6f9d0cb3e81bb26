import Testing

extension OnSystemd {
    /// The journal's door, with a real journald behind it. `probe` is Tests/Support/JournalProbe.
    @Suite(.enabled(if: Box.isPossible)) struct JournalTests {
        private func run(_ script: String, seconds: Int = 60) throws -> Box.Ending {
            var box = Box()
            box.seconds = seconds
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

        /// Over 4,096 bytes a notification is thrown away, READY=1 in it too: the start would time out.
        @Test func `a status of any length is shown, and the service is ready`() throws {
            let ending = try run(
                """
                systemd-run -q --unit=told -p Type=notify /usr/bin/probe notify told 100000
                status() { systemctl show told -p StatusText | tail -c +12; }
                until_true test "$(status | wc -c)" -gt 1000
                echo "active=$(systemctl is-active told) $(status | wc -c) $(status | cut -c 1-3)"
                """
            )
            // With a newline.
            #expect(ending["active"] == "active \(4_096 - "STATUS=".utf8.count + 1) xxx")
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

        @Test func `each line of a task is an entry with its fields`() throws {
            let ending = try run(
                """
                flow talk <<'FLOW'
                flow: talk
                tasks: {only: {run: 'echo one; echo; echo "<3>bad" >&2'}}
                FLOW
                systemctl start flower-run.path
                register talk
                until_true run_is 1 succeeded
                journalctl --sync
                journalctl -q -o json --output-fields=$(echo MESSAGE PRIORITY SYSLOG_IDENTIFIER \
                    FLOWER_{INSTANCE,FLOW,RUN,TASK,ITEM,ATTEMPT,LINE,STREAM} | tr ' ' ,) \
                    FLOWER_RUN=1 FLOWER_STREAM={output,errors,note} | python3 -c 'if True:
                    import json, sys
                    for line in sys.stdin:
                        entry = json.loads(line)
                        named = sorted(k for k in entry if k.startswith("FLOWER"))
                        print("entry=" + "|".join(entry[k] for k in [
                            "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER"] + named[:2] + named[3:]))
                        print("instance=%d" % len(entry["FLOWER_INSTANCE"]))'
                echo "errors=$(journalctl -q -o cat -p err FLOWER_RUN=1)"
                """
            )
            // The streams are read apart: among them there is no order.
            let entries = Set(
                ending.output.split(separator: "\n").filter { $0.hasPrefix("entry=") }
            )
            let messages = entries.map {
                $0.split(separator: "|", omittingEmptySubsequences: false)
            }
            #expect(Set(messages.map { $0[0] }) == ["entry=one", "entry=", "entry=bad"])
            #expect(ending["errors"] == "bad")
            #expect(ending["instance"] == "8")
            // Attempt, flow, (instance), item, line, run, stream and task.
            #expect(entries.contains { $0.hasPrefix("entry=one|6|flower|1|talk|0|") })
            #expect(
                entries.allSatisfy {
                    $0.hasSuffix("|1|output|only") || $0.hasSuffix("|1|errors|only")
                }
            )
        }

        @Test func `a hundred thousand lines of eight tasks arrive, in order`() throws {
            let ending = try run(
                """
                {
                    echo 'flow: loud'
                    echo 'tasks:'
                    for task in {1..8}; do echo "  t$task: {run: 'seq 12500'}"; done
                } | flow loud
                systemctl start flower-run.path
                register loud
                until_true run_is 1 succeeded
                # The runner ends when journald has taken all.
                until_true unit_is flower-run inactive
                journalctl --sync
                for task in {1..8}; do
                    probe read t$task | cmp - <(seq 12500)
                done
                echo "entries=$(journalctl -q -o cat FLOWER_RUN=1 FLOWER_STREAM=output | wc -l)"
                echo "ends=$(journalctl -q -o cat FLOWER_RUN=1 FLOWER_EVENT=task-succeeded | wc -l)"
                """
            )
            #expect(ending["entries"] == "100000")
            #expect(ending["ends"] == "8")
        }

        /// More than its queue and the journal's socket hold, so that the task is held up; the watchdog
        /// is not, nor is a task that prints nothing. `FLOWER_LONG=1`: for two minutes.
        @Test func `a stopped journald slows what prints, and kills nothing`() throws {
            let (watchdog, seconds) = Box.isLong ? ("60s", 120) : ("2s", 5)
            let ending = try run(
                """
                for unit in run scheduler; do
                    drop_in flower-$unit.service '[Service]' WatchdogSec=\(watchdog)
                done
                flow loud <<'FLOW'
                flow: loud
                tasks:
                  loud: {run: 'yes "$(printf %01000d)" | head -n 8000'}
                  quiet: {run: 'touch /srv/quiet'}
                FLOW
                chmod 777 /srv
                systemctl start flower-run.path flower-scheduler
                kill -STOP "$(value_of systemd-journald MainPID)"
                register loud
                until_true test -e /srv/quiet
                sleep \(seconds)
                ! run_is 1 succeeded
                echo "peak=$(awk '/VmHWM/ { print $2 }' /proc/$(value_of flower-run MainPID)/status)"
                kill -CONT "$(value_of systemd-journald MainPID)"
                until_true run_is 1 succeeded
                until_true unit_is flower-run inactive
                journalctl --sync
                echo "watchdog=$(told flower-run "Failed with result 'watchdog'")"
                echo "restarts=$(value_of flower-scheduler NRestarts)"
                probe read loud | cmp - <(seq 8000)
                """,
                seconds: 60 + seconds
            )
            #expect(ending["watchdog"] == "0")
            #expect(ending["restarts"] == "0")
            // KiB: the queues of files and journal are 4 MiB each.
            #expect(try #require(ending["peak"].flatMap { Int($0) }) < 64 << 10)
        }

        /// The socket is systemd's, and what waits in it stays there.
        @Test func `a journald that is started anew loses no line`() throws {
            _ = try run(
                """
                flow loud <<'FLOW'
                flow: loud
                tasks: {loud: {run: 'seq 60000'}}
                FLOW
                systemctl start flower-run.path
                register loud
                until_true sh -c 'probe read loud | grep -q .'
                for _ in 1 2 3; do systemctl restart systemd-journald; done
                until_true run_is 1 succeeded
                until_true unit_is flower-run inactive
                journalctl --sync
                probe read loud | cmp - <(seq 60000)
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
