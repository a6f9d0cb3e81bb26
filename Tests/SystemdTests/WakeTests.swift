import Testing

extension OnSystemd {
    /// From a fire or a registration to the runner, on units as they are installed.
    @Suite(.enabled(if: Box.isPossible)) struct WakeTests {
        @Test func `a schedule comes due, and its tasks run, in the journal too`() throws {
            let ending = try Box().succeed(
                """
                cat > /etc/flower/schedules/often.yaml <<'FLOW'
                flow: often
                schedules: [{cron: "* * * * * *"}]
                tasks: {only: {run: 'id -un; echo "run $FLOWER_RUN"'}}
                FLOW
                systemctl --quiet enable --now flower.target
                until_true run_is 2 succeeded
                echo "logs=$(flower logs --system 1 | tr '\\n' ' ')"
                until_true has_told flower-scheduler "run 2 of flow 'often' registered"
                until_true sh -c "systemctl status flower-scheduler | grep 'Status: \\"next fire at 2'"
                echo "owner=$(stat -c '%U:%G %a' $state $state/flower.db | tr '\\n' ' ')"
                systemctl stop flower.target
                for unit in scheduler run; do
                    echo "$unit=$(value_of flower-$unit Result) $(value_of flower-$unit NRestarts)"
                done
                """
            )
            #expect(ending["logs"] == "only | flower only | run 1 ")
            #expect(ending["owner"] == "flower:flower 2770 flower:flower 660 ")
            #expect(ending["scheduler"] == "success 0")
            #expect(ending["run"] == "success 0")
        }

        private static let quick = """
            flow quick <<'FLOW'
            flow: quick
            overlap: allow
            tasks: {only: {run: 'true'}}
            FLOW
            """

        @Test func `a hundred wakes in ten seconds, and wakes still work`() throws {
            let ending = try Box().succeed(
                """
                \(Self.quick)
                rm -f $state/wake
                systemctl start flower-run.path
                for _ in {1..100}; do
                    runuser -u flower touch $state/wake
                    sleep 0.1
                done
                until_true test ! -e $state/wake
                echo "starts=$(told flower-run '^Started')"
                run=$(register quick)
                until_true run_is $run succeeded
                echo "path=$(value_of flower-run.path ActiveState)"
                """
            )
            #expect(ending["path"] == "active")
            #expect(try #require(ending["starts"].flatMap { Int($0) }) > 12)
        }

        /// Each next run is registered when the last one has just ended: while the runner ends.
        @Test func `a wake during the runner's exit is not lost`() throws {
            _ = try Box().succeed(
                """
                \(Self.quick)
                systemctl start flower-run.path
                for _ in {1..25}; do
                    run=$(register quick)
                    until_true run_is $run succeeded
                done
                """
            )
        }

        @Test func `a runner that cannot begin is not started over and over, and wakes still work`()
            throws
        {
            let ending = try Box().succeed(
                """
                \(Self.quick)
                rm -f $state/wake
                cd $state
                mv flower.db good
                printf 'no database at all' | runuser -u flower tee flower.db > /dev/null
                systemctl start flower-run.path
                runuser -u flower touch wake
                until_true unit_is flower-run failed
                echo "status=$(value_of flower-run ExecMainStatus)"
                until_true has_told flower-run 'not a SQLite database'
                runuser -u flower touch wake
                until_true [ ! -e wake ]
                until_true unit_is flower-run failed
                echo "starts=$(told flower-run '^Starting')"
                mv good flower.db
                run=$(register quick)
                until_true run_is $run succeeded
                """
            )
            #expect(ending["status"] == "74")
            #expect(ending["starts"] == "2")
        }

        @Test func `the timer alone finds the work`() throws {
            let ending = try Box().succeed(
                """
                \(Self.quick)
                systemctl --quiet mask flower-run.path
                drop_in flower-run.timer '[Timer]' OnActiveSec=100ms OnUnitInactiveSec=500ms \\
                    AccuracySec=1ms
                systemctl --quiet enable --now flower.target
                for _ in 1 2; do
                    run=$(register quick)
                    until_true run_is $run succeeded
                done
                echo "path=$(value_of flower-run.path ActiveState)"
                """
            )
            #expect(ending["path"] == "inactive")
        }

        @Test func `a tick does without a scheduler`() throws {
            _ = try Box().succeed(
                """
                flow often <<'FLOW'
                flow: often
                schedules: [{cron: "* * * * * *"}]
                tasks: {only: {run: 'true'}}
                FLOW
                systemctl --quiet mask flower-scheduler.service
                systemctl --quiet enable --now flower.target flower-tick.timer
                until_true unit_is flower-tick.timer active
                next=$(systemctl show --value -p NextElapseUSecRealtime flower-tick.timer)
                [ "$(date -d "$next" +%S)" = 00 ]
                until_true sh -c 'systemctl start flower-tick.service && flower runs --system |
                    grep -q "often *succeeded"'
                """
            )
        }
    }
}
