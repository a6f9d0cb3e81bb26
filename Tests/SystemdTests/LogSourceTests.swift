import Testing

extension OnSystemd {
    /// `flower logs` beside journalctl(1), and where it reads.
    @Suite(.enabled(if: Box.isPossible)) struct LogSourceTests {
        private static let talk = """
            flow talk <<'FLOW'
            flow: talk
            tasks:
              a: {run: 'for i in 1 2 3 4 5 6; do echo "<$i>line $i"; done; printf "tab\\\\tand \\\\\\\\ \\\"x\\\"\\\\n\\\\001\\\\n\\\\377\\\\n"'}
              b: {needs: [a], run: 'seq 500; echo last >&2'}
            FLOW
            systemctl start flower-run.path
            register talk > /dev/null
            until_true run_is 1 succeeded
            until_true unit_is flower-run inactive
            journalctl --sync
            lines="FLOWER_RUN=1 FLOWER_STREAM=output FLOWER_STREAM=errors FLOWER_STREAM=note"
            """

        @Test func `it agrees with journalctl, entry by entry`() throws {
            let ending = try Box().succeed(
                """
                \(Self.talk)
                cat > /tmp/entries.py <<'PYTHON'
                import json, sys
                for line in sys.stdin:
                    print(json.dumps(json.loads(line), sort_keys=True))
                PYTHON
                cat > /tmp/times.py <<'PYTHON'
                import json, sys
                names = "REALTIME_TIMESTAMP", "MONOTONIC_TIMESTAMP"
                for line in sys.stdin:
                    entry = json.loads(line)
                    print([entry["__" + name] for name in names], entry["_BOOT_ID"], entry["MESSAGE"])
                PYTHON
                flower logs --system 1 -o json 2> /tmp/said | python3 /tmp/entries.py > /tmp/ours
                journalctl -q $lines --all -o json | python3 /tmp/entries.py | cmp - /tmp/ours
                echo "entries=$(wc -l < /tmp/ours)"
                flower logs --system 1 --events -o json | python3 /tmp/entries.py > /tmp/ours
                journalctl -q FLOWER_RUN=1 --all -o json | python3 /tmp/entries.py | cmp - /tmp/ours
                echo "all=$(wc -l < /tmp/ours)"
                flower logs --system 1 -o export > /tmp/ours
                journalctl -q $lines -o export | cmp - /tmp/ours
                # What another host gets of it has the same times.
                /lib/systemd/systemd-journal-remote -o /tmp/remote.journal /tmp/ours 2> /dev/null
                journalctl -q $lines --all -o json | python3 /tmp/times.py > /tmp/theirs
                journalctl -q --file /tmp/remote.journal --all -o json | python3 /tmp/times.py |
                    cmp - /tmp/theirs
                echo "remote=$(wc -l < /tmp/theirs)"
                for options in '' '-n 7' '-n 600' '-n 0' '-p warning' '-p 2..4' '-n 2 -p err'; do
                    flower logs --system 1 -o cat $options > /tmp/ours
                    journalctl -q $lines -o cat $options | cmp - /tmp/ours
                done
                second=$(journalctl -q $lines -n 200 -o json | head -n 1 |
                    python3 -c 'import json, sys; print(json.load(sys.stdin)["__REALTIME_TIMESTAMP"])')
                instant=$(date -u -d "@${second%???}.${second: -3}" +%FT%T 2> /dev/null ||
                    date -u -d "@${second%??????}" +%FT%T)
                milliseconds=${second%???}
                instant=$(date -u -d "@${milliseconds%???}" +%FT%T).${milliseconds: -3}Z
                cat > /tmp/timed.py <<'PYTHON'
                import json, sys
                # By the millisecond: `before` or `after` of a limit, both included.
                how, limit = sys.argv[1], int(sys.argv[2])
                for line in sys.stdin:
                    entry = json.loads(line)
                    at = int(entry["__REALTIME_TIMESTAMP"]) // 1000
                    if (at <= limit) if how == "before" else (at >= limit):
                        print(entry["FLOWER_TASK"], entry["FLOWER_LINE"])
                PYTHON
                for how in before after; do
                    option=$([ $how = before ] && echo --until || echo --since)
                    flower logs --system 1 -o json | python3 /tmp/timed.py $how $milliseconds > /tmp/theirs
                    for number in '' '-n 50'; do
                        flower logs --system 1 -o json $option $instant $number |
                            python3 /tmp/timed.py after 0 > /tmp/ours
                        if [ -n "$number" ]; then tail -n 50 /tmp/theirs; else cat /tmp/theirs; fi |
                            cmp - /tmp/ours
                    done
                done
                echo "said=$(cat /tmp/said)"
                # The files have the same, in the same order for each task.
                flower logs --system 1 b > /tmp/ours
                mv /var/log/journal /run/log/journal /tmp 2> /dev/null || true
                flower logs --system 1 b 2> /tmp/said | cmp - /tmp/ours
                echo "then=$(cat /tmp/said)"
                """
            )
            #expect(ending["entries"] == "510" && ending["remote"] == "510")
            // Registered, and the start and end of each.
            #expect(ending["all"] == "515")
            #expect(ending["said"] == "flower: from the journal: 510 lines, all of them")
            #expect(ending["then"] == "flower: from the files: 501 lines, all of them")
        }

        @Test func `what journald dropped is told, and read from where it is kept`() throws {
            let ending = try Box().succeed(
                """
                drop_in flower-run.service '[Service]' LogRateLimitIntervalSec=1h LogRateLimitBurst=100
                flow loud <<'FLOW'
                flow: loud
                tasks: {only: {run: 'seq 20000'}}
                FLOW
                systemctl start flower-run.path
                register loud > /dev/null
                until_true run_is 1 succeeded
                until_true unit_is flower-run inactive
                journalctl --sync
                flower logs --system 1 only 2> /tmp/said | cmp - <(seq 20000)
                echo "said=$(cat /tmp/said)"
                rm -r $state/logs/1
                # The journal has less than the last 64 KiB, which are 11,000 lines here.
                flower logs --system 1 only 2> /tmp/said | cmp - <(seq 20000 | tail -c 65536)
                echo "tail=$(cat /tmp/said)"
                sqlite3 $state/flower.db 'UPDATE attempt SET tail = NULL'
                echo "kept=$(flower logs --system 1 only 2> /tmp/said | wc -l)"
                echo "left=$(cat /tmp/said)"
                """
            )
            let kept = try #require(ending["kept"].flatMap { Int($0) })
            #expect((100..<10_000).contains(kept))
            let dropped = "journald's rate limit dropped \(20_000 - kept)"
            #expect(
                ending["said"] == "flower: from the files: 20000 lines, all of them; \(dropped)"
            )
            let tail = try #require(ending["tail"])
            #expect(tail.hasPrefix("flower: from the database, the last 64 KiB of each attempt: "))
            #expect(tail.hasSuffix("lines; \(dropped)"))
            #expect(
                ending["left"] == "flower: from the journal: \(kept) of 20000 lines; \(dropped)"
            )
        }

        /// A follower is done when the run is settled and every line has come, also by way of journald alone.
        @Test func `of a short task every line is printed to whoever follows the journal`() throws {
            let ending = try Box().succeed(
                """
                flow short <<'FLOW'
                flow: short
                overlap: allow
                tasks: {only: {run: 'seq 1000'}}
                FLOW
                group=$(getent group systemd-journal | cut -d: -f3)
                chgrp -R $group /run/log/journal
                reader="setpriv --reuid=65534 --regid=65534 --groups=$group"
                # Followed from before its beginning, and as soon as it is there.
                register short > /dev/null
                flower logs --system 1 --events -f -o cat > /tmp/before 2> /tmp/said &
                before=$!
                systemctl start flower-run.path
                wait $before
                for run in 2 3 4 5; do
                    register short > /dev/null
                    flower logs --system $run --events -f -o cat > /tmp/then$run 2> /tmp/said$run
                done
                for file in before then2 then3 then4 then5; do
                    grep -x '[0-9]*' /tmp/$file | cmp - <(seq 1000)
                done
                echo "said=$(cat /tmp/said*)"
                # Who may not read the database knows of no end, and gets the lines all the same.
                run=$(register short)
                $reader flower logs --system 5 -f -o cat > /tmp/old 2> /dev/null &
                old=$!
                until_true run_is $run succeeded
                $reader sh -c "until flower logs --system $run -n 1 -o cat 2> /dev/null; do :; done" > /tmp/one
                $reader flower logs --system $run -f -o cat > /tmp/alone 2> /dev/null &
                alone=$!
                until_true sh -c 'seq 1000 | cmp -s - /tmp/alone && seq 1000 | cmp -s - /tmp/old'
                kill $alone $old
                """
            )
            #expect(ending["said"]?.contains("were not kept") == false, "\(ending.output)")
        }

        @Test func `whoever may read the journal needs nothing else, also to follow it`() throws {
            let ending = try Box().succeed(
                """
                mkfifo -m 666 /srv/go
                flow long <<'FLOW'
                flow: long
                tasks: {only: {run: 'seq 3; read -r word < /srv/go; echo "$word"'}}
                FLOW
                systemctl start flower-run.path
                register long > /dev/null
                group=$(getent group systemd-journal | cut -d: -f3)
                # As systemd-tmpfiles(8) would make it at a host's start.
                chgrp -R $group /run/log/journal
                reader="setpriv --reuid=65534 --regid=65534 --groups=$group"
                stranger="setpriv --reuid=65534 --regid=65534 --clear-groups"
                until_true sh -c "$reader flower logs --system 1 | grep -x 'only | 3'"
                echo "reader=$($reader flower logs --system 1 -n 2 2>&1 | tr '\\n' ' ')"
                $stranger flower logs --system 1 > /tmp/out 2>&1 || echo "stranger=$? $(cat /tmp/out)"
                $reader flower logs --system 1 -f -n 1 > /tmp/heard 2> /dev/null &
                follower=$!
                until_true grep 3 /tmp/heard
                flower logs --system 1 -f > /tmp/followed 2> /tmp/said &
                owner=$!
                until_true grep 3 /tmp/followed
                echo more > /srv/go
                until_true grep more /tmp/heard
                kill $follower
                # Whoever has the database knows when the run has settled.
                wait $owner
                echo "heard=$(tr '\\n' ' ' < /tmp/heard)"
                echo "followed=$(tr '\\n' ' ' < /tmp/followed)"
                echo "said=$(cat /tmp/said)"
                """
            )
            #expect(
                ending["reader"] == "flower: from the journal alone: 3 lines only | 2 only | 3 "
            )
            #expect(ending["stranger"]?.hasPrefix("66 flower: ") == true, "\(ending.output)")
            #expect(ending["heard"] == "only | 3 only | more ")
            #expect(ending["followed"] == "only | 1 only | 2 only | 3 only | more ")
            #expect(ending["said"] == "flower: following the files")
        }
    }
}
