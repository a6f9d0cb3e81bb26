import Testing

extension OnSystemd {
    /// What becomes of runs, tasks, fires and files, as the journal tells it.
    @Suite(.enabled(if: Box.isPossible)) struct EventTests {
        @Test func `each stage of a run's life is an event, which the catalog explains`() throws {
            let ending = try Box().succeed(
                """
                flow life <<'FLOW'
                flow: life
                tasks:
                  good: {run: 'echo one; echo two'}
                  again:
                    retries: {limit: 1, delay: 10ms}
                    run: 'test $FLOWER_ATTEMPT = 2'
                  slow: {run: 'sleep 60', timeout: 50ms}
                  bad: {run: 'exit 3'}
                  never: {exec: [/no/such/program]}
                  swift: {component: sleep, with: {duration: 1ms}}
                FLOW
                systemctl start flower-run.path flower-scheduler
                register life
                until_true run_is 1 failed
                until_true unit_is flower-run failed
                journalctl --sync
                for task in good again slow bad never swift; do
                    echo "$task=$(journalctl -q -o json FLOWER_RUN=1 FLOWER_TASK=$task |
                        python3 -c 'if True:
                        import json, sys
                        entries = [json.loads(line) for line in sys.stdin]
                        print(" ".join(e.get("FLOWER_EVENT", e["MESSAGE"]) for e in entries))')"
                done
                echo "registered=$(journalctl -q -o cat FLOWER_RUN=1 FLOWER_EVENT=run-registered)"
                echo "bad=$(journalctl -q -o cat -p err FLOWER_RUN=1 FLOWER_TASK=bad)"
                journalctl --update-catalog
                journalctl -q -x FLOWER_RUN=1 FLOWER_EVENT=task-failed FLOWER_TASK=bad |
                    sed -n 's/^░░ *//p' > /tmp/explained
                grep -x 'Subject: Task bad of run 1 of flow life failed' /tmp/explained
                grep -x 'Mend the cause, then: flower rerun 1 --failed' /tmp/explained
                journalctl -q -o export FLOWER_RUN=1 FLOWER_EVENT=task-succeeded FLOWER_TASK=good |
                    grep -xE '(FLOWER_(STATE|OUTCOME|EXIT_CODE|LINES)|MESSAGE_ID)=.*' | sort
                """
            )
            #expect(ending["good"] == "task-started one two task-succeeded")
            #expect(ending["again"] == "task-started task-retried task-started task-succeeded")
            #expect(ending["slow"] == "task-started task-timed-out")
            #expect(ending["never"] == "task-failed")
            #expect(ending["swift"] == "task-started task-succeeded")
            #expect(ending["registered"] == "run 1 of flow 'life' registered by user@root")
            #expect(
                ending.output.contains(
                    "bad=task 'bad' of run 1 of flow 'life' failed with exit code 3\n"
                )
            )
            #expect(
                ending.output.hasSuffix(
                    """
                    FLOWER_EXIT_CODE=0
                    FLOWER_LINES=2
                    FLOWER_OUTCOME=succeeded
                    FLOWER_STATE=succeeded
                    MESSAGE_ID=068f829749e24dd9a2da500c3ddf7986

                    """
                )
            )
        }

        @Test func `the scheduler's fires, refusals and delays are events`() throws {
            let ending = try Box().succeed(
                """
                drop_in flower-scheduler.service '[Service]' WatchdogSec=3s
                cat > /etc/flower/schedules/often.yaml <<'FLOW'
                flow: often
                schedules: [{cron: "* * * * * *"}]
                tasks: {only: {run: 'true'}}
                FLOW
                echo 'flow: Bad' > /etc/flower/schedules/bad.yaml
                systemctl start flower-scheduler
                has() { journalctl --sync; journalctl -q -o cat "$@" | grep -q .; }
                until_true has FLOWER_FLOW=often FLOWER_EVENT=run-registered
                flower pause --system often --reason 'a test' > /dev/null
                until_true has FLOWER_FLOW=often FLOWER_EVENT=fire-missed FLOWER_OUTCOME=paused
                scheduler=$(value_of flower-scheduler MainPID)
                kill -STOP $scheduler
                sleep 1.8
                kill -CONT $scheduler
                until_true has FLOWER_EVENT=watchdog-trouble _PID=$scheduler
                echo "restarts=$(value_of flower-scheduler NRestarts)"
                echo "refused=$(journalctl -q -o cat FLOWER_EVENT=file-refused -p err | head -n 1)"
                echo "file=$(journalctl -q FLOWER_FILE=/etc/flower/schedules/bad.yaml | wc -l)"
                # Said once: as an event, not on the output too.
                echo "doubled=$(journalctl -q -o cat -u flower-scheduler _TRANSPORT=stdout |
                    grep -c registered)" || true
                """
            )
            #expect(ending["restarts"] == "0")
            let refused = "/etc/flower/schedules/bad.yaml is refused:"
            #expect(ending["refused"] == refused)
            #expect(ending["file"].flatMap { Int($0) } ?? 0 > 0)
            #expect(ending["doubled"] == "0")
        }

        /// Twenty fires a second are more than journald's socket holds.
        @Test func `a stopped journald holds up no fire, and hears of each`() throws {
            let ending = try Box().succeed(
                """
                drop_in flower-scheduler.service '[Service]' WatchdogSec=1s
                for number in {1..20}; do
                    cat > /etc/flower/schedules/often$number.yaml <<FLOW
                flow: often$number
                overlap: allow
                schedules: [{cron: "* * * * * *", catchup: all}]
                tasks: {only: {run: 'true'}}
                FLOW
                done
                systemctl start flower-scheduler
                until_true sh -c 'flower runs --system | grep often'
                journald=$(value_of systemd-journald MainPID)
                kill -STOP $journald
                before=$(flower runs --system -n 1 -o json | grep -m 1 '"run"' | tr -dc 0-9)
                enough() {
                    now=$(flower runs --system -n 1 -o json | grep -m 1 '"run"' | tr -dc 0-9)
                    [ $now -ge $((before + 80)) ]
                }
                until_true enough
                # A person is not held up either.
                timeout 5 flower register --system --force often1 > /dev/null
                kill -CONT $journald
                systemctl stop flower-scheduler
                journalctl --sync
                echo "restarts=$(value_of flower-scheduler NRestarts)"
                echo "runs=$(flower runs --system -n 100000 -o json | grep -c '"run"')"
                echo "events=$(journalctl -q -o cat FLOWER_EVENT=run-registered -u flower-scheduler |
                    wc -l)"
                """
            )
            #expect(ending["restarts"] == "0")
            // Without the one of the person, who did not wait for the journal.
            let runs = try #require(ending["runs"].flatMap { Int($0) })
            #expect(ending["events"] == "\(runs - 1)")
        }
    }
}
