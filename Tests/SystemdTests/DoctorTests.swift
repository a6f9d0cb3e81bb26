import Testing

extension OnSystemd {
    @Suite(.enabled(if: Box.isPossible)) struct DoctorTests {
        /// What is told to be missing, without what is only noted.
        private static let prelude = """
            missing() { flower doctor "$@" | grep -A 1 '^missing' || true; }
            """

        @Test func `on a host without units it says what to install`() throws {
            var box = Box()
            box.isBare = true
            let ending = try box.succeed(
                """
                ln -s /stage/usr/bin/flower /usr/bin/flower
                code=0
                flower doctor > /tmp/told || code=$?
                cat /tmp/told
                echo "code=$code"
                """
            )
            #expect(ending["code"] == "1")
            let units =
                "missing  units         systemd does not know flower.target, flower-scheduler"
            #expect(ending.output.contains(units))
            #expect(
                ending.output.contains("missing  user          there is no user and group flower\n")
            )
        }

        /// Each fault is mended by the very words of its remedy.
        @Test func `on a host at work nothing is missing, and remedies mend`() throws {
            let ending = try Box().succeed(
                """
                \(Self.prelude)
                echo "installed=$(missing | sed -n 's/^missing *//p')"
                eval "$(missing | sed -n 's/^ *→ //p')" 2> /dev/null
                until_true unit_is flower-scheduler active
                until_true flower doctor
                echo "well=$(flower doctor | tail -n 1)"

                mend() {    # mend NAME: runs the remedy of the only thing that is missing
                    echo "$1=$(missing | sed -n 's/^missing *//p')"
                    eval "$(missing | sed -n 's/^ *→ //p')"
                    echo "$1 mended=$(flower doctor | tail -n 1)"
                }
                chmod 755 $state
                mend modes
                systemctl --quiet disable flower.target
                mend enabled 2> /dev/null
                systemctl kill -s KILL flower-scheduler.service
                until_true unit_is flower-scheduler active
                systemctl stop flower-run.timer
                # flower.target upholds it: it is back before anybody could look.
                until_true unit_is flower-run.timer active
                touch /usr/lib/systemd/system/flower-run.service
                mend reload
                drop_in flower-run.service '[Service]' WatchdogSec=0
                echo "watchdog=$(missing | sed -n 's/^missing *//p')"
                drop_in flower-run.service '[Service]' WatchdogSec=30s
                drop_in flower-run.path '[Path]' PathExists= PathExists=/srv/wake
                echo "path=$(missing | sed -n 's/^missing *//p')"
                drop_in flower-run.path '[Path]'
                mv $state/flower.db $state/away
                echo nothing > $state/flower.db
                chown flower:flower $state/flower.db
                chmod 660 $state/flower.db
                echo "database=$(missing | sed -n 's/^missing *//p')"
                """
            )
            for (name, value) in [
                (
                    "installed",
                    "enabled       flower.target is disabled: nothing of it runs, now or after a boot"
                ),
                ("well", "Nothing is missing."),
                ("modes", "modes         /var/lib/flower has mode 2755"),
                ("modes mended", "Nothing is missing."),
                ("enabled", "enabled       flower.target is disabled: nothing starts at boot"),
                ("enabled mended", "Nothing is missing."),
                ("reload", "units         changed since systemd has read them"),
                ("reload mended", "Nothing is missing."),
                (
                    "watchdog",
                    "watchdog      flower-run.service is not watched: one that hangs stays so"
                ),
                (
                    "path",
                    "wake-up       flower-run.path watches /srv/wake (PathExists),"
                        + " not /var/lib/flower/wake"
                ),
            ] {
                #expect(ending[name] == value, "\(name): \(ending.output)")
            }
            #expect(ending["database"]?.contains("not a SQLite database") == true)
        }

        @Test func `what root's cron ran is told where user flower will run it`() throws {
            let ending = try Box().succeed(
                """
                mkdir -p /etc/cron.d /etc/flower/schedules
                printf 'MAILTO=""\\n@daily root /usr/bin/true\\n' > /etc/cron.d/job
                flower import /etc/cron.d/job --to /etc/flower/schedules 2> /tmp/told
                echo "import=$(sed -n 's/.*warning: ran as/ran as/p' /tmp/told)"
                echo "home=$(sed -n 's/.*warning: HOME is/HOME is/p' /tmp/told)"
                echo "file=$(grep -h ran_as /etc/flower/schedules/*)"
                for command in validate apply; do
                    told=$(flower $command /etc/flower/schedules 2>&1 | sed -n 's/.*warning: //p')
                    echo "$command=$told"
                done
                echo "doctor=$(flower doctor | grep -o '1 flow ran as.*')"
                """
            )
            for (name, value) in [
                ("import", "ran as root and will run as flower, whose flow it becomes"),
                (
                    "home",
                    "HOME is /root, which is closed to 'flower': the command cannot start there"
                ),
                ("file", "ran_as: root  # by cron"),
                ("validate", "ran as 'root', and will run as 'flower'"),
                ("apply", "ran as 'root', and will run as 'flower'"),
                ("doctor", "1 flow ran as root before, and will run as flower"),
            ] {
                #expect(ending[name] == value, "\(name): \(ending.output)")
            }
        }

        /// `systemctl --user`: a person's own scheduler, runner, hook and doctor.
        @Test func `a user's units run that user's flows`() throws {
            let ending = try Box().succeed(
                """
                useradd --create-home --uid 4711 alice
                systemctl start user@4711.service
                alice() {
                    runuser -u alice -- env HOME=/home/alice XDG_RUNTIME_DIR=/run/user/4711 "$@"
                }
                alice mkdir -p /home/alice/.config/flower/schedules
                alice tee /home/alice/.config/flower/schedules/often.yaml > /dev/null <<'FLOW'
                flow: often
                schedules: [{cron: "* * * * * *"}]
                tasks: {only: {run: 'id -un; pwd'}}
                FLOW
                alice tee /home/alice/.config/flower/on-failure > /dev/null <<'HOOK'
                #!/bin/sh
                echo "hook=$(id -un) $1 $MONITOR_SERVICE_RESULT" > /tmp/heard
                HOOK
                chmod +x /home/alice/.config/flower/on-failure
                alice systemctl --user --quiet enable --now flower.target
                has_run() { alice flower runs --user | awk -v n="$1" '$1 == n && $3 == "succeeded"' | grep .; }
                until_true has_run 2
                echo "logs=$(alice flower logs --user 1 | tr '\\n' ' ')"
                echo "folder=$(stat -c '%U %a' /home/alice/.local/state/flower)"
                echo "status=$(alice systemctl --user show --value -p StatusText flower-scheduler |
                    cut -c 1-15)"
                echo "journal=$(alice flower doctor --user | sed -n 's/^missing *//p')"
                # As at boot: the journal is open to its group.
                systemd-tmpfiles --create --prefix=/run/log
                usermod --append --groups systemd-journal alice
                until_true alice flower doctor --user
                echo "doctor=$(alice flower doctor --user | tail -n 1)"
                echo "linger=$(alice flower doctor --user | grep -c 'they end when you log out')"
                # The system's own units have nothing to do with it.
                echo "system=$(systemctl is-active flower.target)"

                alice tee /home/alice/bad.yaml > /dev/null <<'FLOW'
                flow: bad
                tasks: {only: {run: 'exit 3'}}
                FLOW
                alice flower apply --user /home/alice/bad.yaml > /dev/null
                alice flower register --user bad > /dev/null
                rm /home/alice/.config/flower/schedules/often.yaml
                until_true test -s /tmp/heard
                cat /tmp/heard
                alice systemctl --user stop flower.target
                is_stopped() {
                    alice systemctl --user is-active flower-scheduler flower-run.path |
                        grep -vx inactive && return 1 || return 0
                }
                until_true is_stopped
                echo "stopped=yes"
                """
            )
            for (name, value) in [
                (
                    "logs",
                    "only | alice only | /home/alice/.config/flower/schedules "
                ),
                ("folder", "alice 700"), ("status", "next fire at 20"),
                ("journal", "journal       you may not read it"), ("doctor", "Nothing is missing."),
                ("linger", "1"), ("system", "inactive"),
                ("hook", "alice flower-run exit-code"), ("stopped", "yes"),
            ] {
                #expect(ending[name] == value, "\(name): \(ending.output)")
            }
        }
    }
}
