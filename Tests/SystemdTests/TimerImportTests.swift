import Foundation
import TestSupport
import Testing

extension OnSystemd {
    /// A service that systemd has started and the flow that `flower import` makes of it do the same.
    @Suite(.enabled(if: Box.isPossible)) struct TimerImportTests {
        /// Lines of `[Service]`. `show` tells its words, its folder, its niceness and its variables.
        static let services = [
            // Words and quotes.
            "ExecStart=show a b", "ExecStart=show 'a b' \"c d\" e\\sf g\\x41 \\u00e9",
            "ExecStart=show --a=\"b c\"d ''  'it\\'s' \"a'b\" \\\\ a\\qb",
            "ExecStart=show * ? [a-z]* ~ #x ;y `ls` $(ls) | > &",
            "ExecStart=show a \\\n   b \\\n# x\n c",
            "ExecStart=show {a: b} \"- x\" true no 01 \\t tab",
            // Variables.
            "Environment=V_A=1 \"V_B=two words\" 'V_C=a\\x20\"q\"'\nExecStart=show $V_A ${V_B} $V_B x${V_A}y $V_A/z",
            "Environment=V_A=\"a *b\"\nExecStart=show $V_A '$V_A' \"${V_A}\" pre$V_A $$V_A $${V_A} $$",
            "Environment=V_A=\nExecStart=show $V_A ${V_A} $NONE ${NONE} ${NONE:-x} ${V_A ${}",
            "Environment=V_A=1\nExecStart=:show $V_A ${V_A} $$", "ExecStart=show $ a$ ${1} $1 $0",
            "Environment=V_A=1 V_A=2\nEnvironment=V_B=3\nEnvironment=\nEnvironment=V_C=%p-%n-%%\nExecStart=show",
            "Environment=V_A=1 nonsense 1V=2 V_É=3\nExecStart=show",
            "Environment=V_A=env\nEnvironmentFile=/rows/vars\nEnvironmentFile=-/rows/none\nExecStart=show ${V_A} $V_F",
            "Environment=PATH=/usr/bin:/bin\nExecStart=show",
            // Prefixes and several commands.
            "ExecStart=@/bin/bash zero -c 'xargs -0 show < /proc/$$$$/cmdline'",
            "ExecStart=-/usr/local/bin/show a",
            "Type=oneshot\nExecStart=show a ; show b \\; c\nExecStart=show d",
            "Type=oneshot\nExecStart=show a\nExecStart=\nExecStart=show b",
            "ExecStartPre=show pre\nExecStartPre=-false\nExecStart=show main\nType=oneshot\nExecStartPost=show post",
            // How they end.
            "Type=oneshot\nExecStart=-false\nExecStart=show on",
            "Type=oneshot\nExecStart=false\nExecStart=show on",
            "Type=oneshot\nExecStart=-/no/such\nExecStart=show on",
            "Type=oneshot\nExecStartPre=false\nExecStart=show on",
            "Type=oneshot\nExecStart=sh -c 'exit 7'\nExecStart=show on\nSuccessExitStatus=7",
            "Type=oneshot\nExecStart=sh -c 'kill -KILL $$$$'\nSuccessExitStatus=SIGKILL TEMPFAIL",
            "Type=oneshot\nExecStart=sh -c 'exit 75'\nSuccessExitStatus=SIGKILL TEMPFAIL",
            "Type=oneshot\nExecStart=sh -c 'exit 8'\nSuccessExitStatus=7",
            "Type=oneshot\nExecCondition=true\nExecStart=show on",
            "Type=oneshot\nExecCondition=false\nExecStartPre=show pre\nExecStart=show on\nExecStartPost=show post",
            "Type=oneshot\nExecCondition=sh -c 'exit 255'\nExecStart=show on",
            "Type=oneshot\nExecCondition=show c\nExecCondition=sh -c 'exit 3'\nExecCondition=show d\nExecStart=show on",
            // How they run.
            "Nice=7\nExecStart=show", "IOSchedulingClass=idle\nExecStart=show",
            "IOSchedulingPriority=6\nNice=3\nCPUSchedulingPolicy=batch\nExecStart=show a 'b c'",
            "WorkingDirectory=/usr/lib\nExecStart=show", "WorkingDirectory=~\nExecStart=show",
            "UMask=0137\nNice=2\nExecStart=show 'a b'", "UMask=7\nExecStart=-show $PATH",
            // What the host is asked first.
            asking("ConditionPathExists=/etc/passwd"), asking("ConditionPathExists=/no/such"),
            asking("ConditionPathExists=!/no/such\nConditionPathIsDirectory=/etc"),
            asking("ConditionPathExists=/etc/passwd\nConditionPathIsDirectory=/etc/passwd"),
            asking("ConditionPathExists=|/no/such\nConditionPathExists=|/etc/passwd"),
            asking("ConditionPathExists=|/no/such\nConditionPathExists=|!/etc/passwd"),
            asking("ConditionPathExists=|/etc/passwd\nConditionPathIsDirectory=/no"),
            asking("ConditionPathExists=/no/such\nConditionPathExists="),
            asking("ConditionPathExists=/no/such\nConditionPathIsDirectory="),
            asking("ConditionPathExistsGlob=/etc/pass*d"), asking("ConditionPathExistsGlob=/no/*"),
            asking("ConditionPathExistsGlob=!/etc/p?sswd"),
            asking("ConditionPathIsSymbolicLink=/etc/mtab"),
            asking("ConditionPathIsSymbolicLink=/etc/passwd"),
            asking("ConditionPathIsMountPoint=/proc"), asking("ConditionPathIsMountPoint=/etc"),
            asking("ConditionDirectoryNotEmpty=/etc"),
            asking("ConditionDirectoryNotEmpty=!/no/such"),
            asking("ConditionDirectoryNotEmpty=/etc/passwd"),
            asking("ConditionFileNotEmpty=/etc/passwd"), asking("ConditionFileNotEmpty=/dev/null"),
            asking("ConditionFileIsExecutable=/bin/sh"),
            asking("ConditionFileIsExecutable=/etc/passwd"),
            asking("ConditionFileIsExecutable=/etc"), asking("ConditionPathExists=/etc/%p%%"),
            asking("ConditionACPower=true"), asking("ConditionACPower=!no"),
            asking("ConditionVirtualization=container"), asking("ConditionVirtualization=!vm"),
            asking("ConditionPathExists=/no/such\nAssertPathExists=/no/other"),
            asking("AssertPathExists=/etc/passwd"),
            asking(
                "ConditionPathExists=/etc\nAssertPathExists=|/no\nAssertPathExists=|/etc/passwd"
            ),
            // Specifiers.
            "ExecStart=show %n %N %p %P %i %I %j %J %f %t %S %C %L %E %h %u %U %T %V %%",
        ]

        /// A service with commands before and after, and what its section `[Unit]` asks.
        private static func asking(_ lines: String) -> String {
            "Type=oneshot\nExecStartPre=show pre\nExecStart=show on\nExecStartPost=show post\n"
                + "[Unit]\n\(lines)\n[Service]"
        }

        private static let show = """
            #!/bin/bash
            # Says how it was started.
            kind=systemd
            [ -z "$FLOWER_RUN" ] || kind=flower
            exec >> "/rows/$CASE.$kind"
            echo "command $(basename "$0") in $PWD, umask $(umask), nice $(nice), $(ionice -p $$), $(chrt -p $$ | sed 's/pid [0-9]*//')"
            for word; do printf '<%s>\\n' "$word"; done
            env | grep -E '^(V_|PATH=)' | sort
            """

        @Test func `argument for argument a flow does what the service did`() throws {
            let folder = try TemporaryFolder()
            func write(_ name: String, _ text: String) throws {
                try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
            }
            try write("show", Self.show)
            try write("vars", "V_A=file\nV_F='x y' z\nV_G=\"a b\"\n")
            for (number, lines) in Self.services.enumerated() {
                // `CASE` comes last: an empty `Environment=` would take it back.
                try write(
                    "a-t\(number)@x-y.service",
                    "[Service]\n\(lines)\nEnvironment=CASE=\(number)\n"
                )
                try write("a-t\(number)@x-y.timer", "[Timer]\nOnCalendar=yearly\n")
            }
            var box = Box()
            box.seconds = 300
            box.options = ["--bind", "\(folder.path):/rows"]
            let ending = try box.succeed(
                """
                install -m 755 /rows/show /usr/local/bin/show
                cp /rows/*.service /rows/*.timer /etc/systemd/system
                systemctl daemon-reload
                cd /etc/systemd/system
                for timer in a-t*.timer; do
                    unit=${timer%.timer}
                    systemctl start "$unit.service" > /dev/null 2>&1 || true
                    until_true eval '[ "$(value_of '"$unit"'.service ActiveState)" != active ]'
                    echo "$unit=$(value_of "$unit.service" Result)"
                done
                cd /
                export FLOWER_STATE=/root/state
                flower import /etc/systemd/system/a-t*.timer --to /root/flows > /dev/null 2> /rows/import.err
                flower apply /root/flows > /dev/null
                for file in /root/flows/*.yaml; do
                    flower register "$(basename "$file" .yaml)" > /dev/null
                done
                flower run > /dev/null 2>&1 || true
                flower runs -n 1000 | awk '{ print "flow-" $2 "=" $3 }'
                """
            )
            for (number, lines) in Self.services.enumerated() {
                let result = try #require(ending["a-t\(number)@x-y"], "\(lines)")
                let state = try #require(ending["flow-a-t\(number)-x-y"], "\(lines)")
                let isFine = ["success", "exec-condition"].contains(result)
                #expect(state == (isFine ? "succeeded" : "failed"), "\(lines): \(result)")
                let (theirs, ours) = (shown(number, "systemd"), shown(number, "flower"))
                #expect(ours == theirs, "\(lines)")
            }
            func shown(_ number: Int, _ kind: String) -> String {
                let path = "\(folder.path)/\(number).\(kind)"
                return (try? String(contentsOfFile: path, encoding: .utf8)) ?? "nothing"
            }
        }

        @Test func `drop-ins come in systemd's order`() throws {
            let ending = try Box().succeed(
                """
                put() { mkdir -p "$(dirname "$1")"; printf '%s\\n' "$2" > "$1"; }
                etc=/etc/systemd/system lib=/usr/lib/systemd/system run=/run/systemd/system
                put $lib/a-b@.service '[Service]
                ExecStart=show 0'
                put $lib/a-b@.timer '[Timer]
                OnCalendar=daily'
                for place in $etc $run $lib; do
                    put $place/a-b@x.service.d/10.conf '[Service]'
                    put $place/a-b@.service.d/20.conf '[Service]'
                    put $place/a-@x.service.d/30.conf '[Service]'
                    put $place/a-@.service.d/25.conf '[Service]'
                    put $place/service.d/22.conf '[Service]'
                done
                put $lib/a-b@x.service.d/22.conf '[Service]'
                put $lib/a-b@x.service.d/05.conf '[Service]'
                put $run/a-@.service.d/05.conf '[Service]'
                put $lib/a-b@.service.d/40.conf '[Service]'
                ln -s /dev/null $etc/a-b@.service.d/40.conf
                put $lib/a-b@.service.d/50.conf '[Service]'
                put $run/service.d/50.conf '[Service]'
                put $etc/a-b@x.service.d/60.txt '[Service]'
                put $etc/a-@x.timer.d/x.conf '[Timer]'
                systemctl daemon-reload
                for suffix in service timer; do
                    echo "their-$suffix=$(value_of a-b@x.$suffix DropInPaths)"
                done
                flower import $lib/a-b@x.timer --to /root/flows > /dev/null 2> /dev/null
                # Each behind its unit's own file.
                sed -n 's/^# From \\(.*\\)\\.$/\\1/p' /root/flows/a-b-x.yaml > /root/from
                line=$(grep -n 'a-b@.service$' /root/from | cut -d: -f1)
                echo "our-service=$(tail -n +$((line + 1)) /root/from | xargs)"
                echo "our-timer=$(head -n $((line - 1)) /root/from | tail -n +2 | xargs)"
                """
            )
            for suffix in ["service", "timer"] {
                let theirs = try #require(ending["their-\(suffix)"])
                #expect(theirs.split(separator: " ").count >= (suffix == "service" ? 7 : 1))
                #expect(ending["our-\(suffix)"] == theirs)
            }
        }
    }
}
