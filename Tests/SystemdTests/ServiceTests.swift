import Foundation
import TestSupport
import Testing

extension OnSystemd {
    /// What an administrator and systemd do to the services while they are at work.
    @Suite(.enabled(if: Box.isPossible)) struct ServiceTests {
        /// With all that it has started, as systemd does where it is out of memory.
        @Test
        func `what a killed service has left is shown as unwatched until the next takes it over`()
            throws
        {
            let ending = try Box().succeed(
                """
                mkfifo -m 666 /srv/go
                # Else it is back after a second.
                drop_in flower-run.service '[Service]' Restart=no
                flow long <<'FLOW'
                flow: long
                tasks: {only: {run: 'echo begun; read -r word < /srv/go', retries: {limit: 1, delay: 0s}}}
                FLOW
                systemctl start flower-run.path
                register long > /dev/null
                until_true sh -c 'flower logs --system 1 | grep begun'
                echo "alive=$(flower status --system 1 | grep -E 'state:|trouble:' | tr -s ' ' | tr '\\n' ';')"
                systemctl stop flower-run.path flower-run.timer
                systemctl kill --signal=KILL flower-run.service
                until_true unit_is flower-run failed
                echo "dead=$(flower status --system 1 | grep -E 'state:|trouble:' | tr -s ' ' | tr '\\n' ';')"
                echo "runs=$(flower runs --system | grep -c unwatched)"
                echo "json=$(flower status --system 1 -o json | grep -c '"state" : "running"')"
                flower logs --system 1 -f > /tmp/followed 2> /tmp/said &
                follower=$!
                until_true grep dead /tmp/said
                systemctl reset-failed flower-run.service
                systemctl start --no-block flower-run.service
                until_true sh -c '[ "$(flower logs --system 1 | grep -c begun)" = 2 ]'
                echo "again=$(flower status --system 1 | grep -E 'state:|trouble:' | tr -s ' ' | tr '\\n' ';')"
                echo go > /srv/go
                wait $follower
                echo "end=$(flower status --system 1 | grep state: | tr -s ' ')"
                """
            )
            let dead = "its runner is dead: the next flower run takes it over"
            #expect(ending["alive"] == " state: running;", "\(ending.output)")
            #expect(ending["dead"] == " state: unwatched; trouble: \(dead);", "\(ending.output)")
            #expect(ending["runs"] == "1" && ending["json"] == "2", "\(ending.output)")
            #expect(ending["again"] == " state: running;", "\(ending.output)")
            #expect(ending["end"] == " state: succeeded", "\(ending.output)")
        }

        /// A task that tells that it runs, and waits for a word; tried again once.
        private static let long = """
            mkfifo -m 666 /srv/go
            flow long <<'FLOW'
            flow: long
            tasks:
              only:
                retries: {limit: 1, delay: 10ms}
                run: 'echo "attempt $FLOWER_ATTEMPT"; read -r word < /srv/go; echo "$word"'
            FLOW
            systemctl start flower-run.path
            run=$(register long)
            until_true sh -c "flower logs --system $run | grep 'attempt 1'"
            """

        @Test func `SIGTERM lets the task end, and the next runner is not needed`() throws {
            let ending = try Box().succeed(
                """
                \(Self.long)
                systemctl stop flower-run.path
                systemctl stop --no-block flower-run.service
                until_true unit_is flower-run deactivating
                echo "during=$(value_of flower-run StatusText)"
                echo drained > /srv/go
                until_true unit_is flower-run inactive
                echo "after=$(value_of flower-run Result)"
                echo "logs=$(flower logs --system $run | tr '\\n' ' ')"
                run_is $run succeeded
                """
            )
            #expect(ending["during"] == "1 running, 0 claimed, 0 failed")
            #expect(ending["after"] == "success")
            #expect(ending["logs"] == "only | attempt 1 only | drained ")
        }

        /// libdispatch had an entry for each priority that it asked for and did not get.
        @Test func `the journal has nothing that Flower has not written`() throws {
            let ending = try Box().succeed(
                """
                flow f <<'FLOW'
                flow: f
                overlap: allow
                tasks: {a: {component: sleep, with: {duration: 10ms}}, b: {run: 'true'}}
                FLOW
                systemctl start flower-scheduler flower-run.path
                for run in 1 2 3; do
                    runuser -u flower -- flower register --system f
                    runuser -u flower -- flower tick --system
                    runuser -u flower -- flower status --system $run > /dev/null
                    until_true run_is $run succeeded
                done
                systemctl stop flower-scheduler
                journalctl --sync
                echo "own=$(journalctl -q -o cat SYSLOG_IDENTIFIER=flower FLOWER_EVENT=task-succeeded | wc -l)"
                echo "others=$(journalctl -q -o cat SYSLOG_IDENTIFIER=flower _TRANSPORT=syslog | wc -l)"
                """
            )
            #expect(ending["own"] == "6")
            #expect(ending["others"] == "0")
        }

        @Test func `a runner that is stopped is killed, and its task is rescued and tried again`()
            throws
        {
            let ending = try Box().succeed(
                """
                drop_in flower-run.service '[Service]' WatchdogSec=1s RestartSec=0
                # It has the alarm for the retry.
                systemctl start flower-scheduler
                \(Self.long)
                kill -STOP "$(value_of flower-run MainPID)"
                until_true sh -c "flower logs --system $run | grep 'attempt 2'"
                echo rescued > /srv/go
                until_true run_is $run succeeded
                echo "watchdog=$(told flower-run "Failed with result 'watchdog'")"
                echo "events=$(journalctl -q -o export FLOWER_RUN=$run FLOWER_TASK=only |
                    sed -n 's/^FLOWER_EVENT=//p' | tr '\\n' ' ')"
                flower status --system $run -o json | grep '"outcome"' | tr -d ' ,\\n'
                """
            )
            #expect(ending["watchdog"] == "1")
            #expect(
                ending["events"]
                    == "task-started task-rescued task-interrupted task-started task-succeeded "
            )
            #expect(ending.output.hasSuffix(#""outcome":"interrupted""outcome":"succeeded""#))
        }

        /// A loop that does not turn, and a call that does not return: the disk's, in the runner's commit.
        /// The loop hangs when the task has been launched, the disk when it is to be claimed.
        @Test(arguments: [("loop", 2), ("disk", 1)])
        func `a runner that hangs is killed, and the next carries on`(
            fault: String,
            attempts: Int
        ) throws {
            var box = Box()
            box.options = ["--bind", "\(try Box.faults.get()):/faults.so"]
            let ending = try box.succeed(
                """
                flow quick <<'FLOW'
                flow: quick
                tasks: {only: {run: 'true', retries: {limit: 1, delay: 10ms}}}
                FLOW
                register quick
                drop_in flower-run.service '[Service]' WatchdogSec=1s RestartSec=0 \\
                    Environment=LD_PRELOAD=/faults.so
                touch /run/hang-\(fault)
                systemctl start flower-run.path flower-scheduler
                until_true has_told flower-run "Failed with result 'watchdog'"
                rm /run/hang-\(fault)
                until_true run_is 1 succeeded
                echo "attempts=$(flower status --system 1 -o json | grep -c '"outcome"')"
                """
            )
            #expect(ending["attempts"] == "\(attempts)")
        }

        @Test func `an idle runner and scheduler are no stopped ones`() throws {
            let ending = try Box().succeed(
                """
                drop_in flower-run.service '[Service]' WatchdogSec=1s
                drop_in flower-scheduler.service '[Service]' WatchdogSec=1s
                systemctl start flower-scheduler
                \(Self.long)
                # Longer than the watchdog's time: nothing happens in it but the loops' turns.
                sleep 3
                echo still > /srv/go
                until_true run_is $run succeeded
                kill -STOP "$(value_of flower-scheduler MainPID)"
                until_true sh -c '[ "$(systemctl show --value -p NRestarts flower-scheduler)" = 1 ]'
                echo "run=$(told flower-run "Failed with result 'watchdog'")"
                echo "scheduler=$(told flower-scheduler "Failed with result 'watchdog'")"
                """
            )
            #expect(ending["run"] == "0")
            #expect(ending["scheduler"] == "1")
        }

        /// Both wait up to 10 s in one call of the store, and turn between: so their watchdog's 15 s pass
        /// only where the loop does not turn. `FLOWER_LONG=1`: for two minutes, with the units' own.
        @Test func `a transaction that somebody leaves open kills nothing, and its pid is told`()
            throws
        {
            let (watchdog, seconds) = Box.isLong ? ("60s", 120) : ("15s", 18)
            var box = Box()
            box.seconds += seconds
            let ending = try box.succeed(
                """
                for unit in run scheduler; do
                    drop_in flower-$unit.service '[Service]' WatchdogSec=\(watchdog)
                done
                cat > /etc/flower/schedules/often.yaml <<'FLOW'
                flow: often
                schedules: [{cron: "* * * * * *"}]
                tasks: {only: {run: 'true'}}
                FLOW
                systemctl start flower-scheduler
                until_true sh -c 'flower runs --system | grep often'
                mkfifo /run/sql
                runuser -u flower -- sqlite3 -init /dev/null $state/flower.db < /run/sql > /run/answer &
                exec 5> /run/sql
                echo '.timeout 5000' >&5
                echo 'BEGIN IMMEDIATE; SELECT 1;' >&5
                until_true grep 1 /run/answer
                systemctl start flower-run.path
                until_true unit_is flower-run active
                pids="$(value_of flower-run MainPID) $(value_of flower-scheduler MainPID)"
                sleep \(seconds)
                holder=$(pgrep -x sqlite3)
                for unit in run scheduler; do
                    echo "$unit=$(value_of flower-$unit StatusText)"
                done
                echo "holder=waiting for the database lock held by pid $holder"
                [ "$pids" = "$(value_of flower-run MainPID) $(value_of flower-scheduler MainPID)" ]
                exec 5>&-
                until_true run_is 1 succeeded
                """
            )
            #expect(ending["run"] == ending["holder"])
            #expect(ending["scheduler"] == ending["holder"])
        }

        @Test func `reload makes the scheduler look anew`() throws {
            let ending = try Box().succeed(
                """
                systemctl start flower-scheduler
                systemctl reload flower-scheduler
                until_true unit_is flower-scheduler active
                until_true has_told flower-scheduler SIGHUP
                echo "told=$(told flower-scheduler '^Reloaded')"
                echo "status=$(value_of flower-scheduler StatusText)"
                """
            )
            #expect(ending["told"] == "1")
            #expect(ending["status"] == "no fire is to come")
        }

        @Test func `a task that fails is the unit's failure, and the hook hears of it`() throws {
            let ending = try Box().succeed(
                """
                cat > /etc/flower/on-failure <<'HOOK'
                #!/bin/sh
                echo "hook=$(id -un) $1 $MONITOR_SERVICE_RESULT $MONITOR_EXIT_STATUS" > /tmp/heard
                HOOK
                chmod +x /etc/flower/on-failure
                flow bad <<'FLOW'
                flow: bad
                tasks: {only: {run: 'exit 3'}}
                FLOW
                systemctl start flower-run.path
                run=$(register bad)
                until_true test -s /tmp/heard
                cat /tmp/heard
                echo "result=$(value_of flower-run Result) $(value_of flower-run ExecMainStatus)"
                """
            )
            #expect(ending["hook"] == "flower flower-run exit-code 1")
            #expect(ending["result"] == "exit-code 1")
        }

        /// The plug is pulled while a task runs; the same disk is started again.
        @Test func `a machine that went dark carries on where it was`() throws {
            let disk = try TemporaryFolder()
            let box = Box(disk: disk.path)
            let dark = try box.run(
                """
                systemctl --quiet enable --now flower.target
                \(Self.long)
                echo dark
                sleep 60
                """,
                pullingThePlugAt: "dark"
            )
            #expect(dark.code == SIGKILL)
            let ending = try box.succeed(
                """
                until_true unit_is flower-run active
                until_true sh -c "flower logs --system 1 | grep 'attempt 2'"
                echo again > /srv/go
                until_true run_is 1 succeeded
                flower status --system 1 -o json | grep '"outcome"' | tr -d ' ,\\n'
                """
            )
            #expect(ending.output.hasSuffix(#""outcome":"interrupted""outcome":"succeeded""#))
        }
    }
}
