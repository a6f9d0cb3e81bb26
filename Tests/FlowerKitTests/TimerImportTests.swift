import Cron
import Execution
import FlowFiles
import Flows
import Foundation
import TestSupport
import Testing

@testable import FlowerKit

/// `flower import NAME.timer`: systemd's timers to flow files.
@Suite struct TimerImportTests: TimerFixture {
    let fixture: CommandFixture

    init() throws { fixture = try CommandFixture() }

    /// Of one service, whose lines are given; its timer is due daily.
    private func tasks(_ service: String, _ name: String = "a") throws -> String {
        try write("\(name).timer", "[Timer]\nOnCalendar=daily\n")
        try write("\(name).service", "[Service]\n\(service)\n")
        let result = try imported("\(name).timer")
        try #require(result.code == .success, "\(result.errors)")
        let text = try file(name)
        return String(text[try #require(text.firstRange(of: "tasks:\n")).upperBound...])
    }

    @Test func `a timer and its service become a file that a person can read`() throws {
        try write(
            "back-up.timer",
            """
            [Unit]
            Description=Back up at night
            [Timer]
            OnCalendar=Mon..Fri 02:30 Asia/Tokyo
            OnCalendar=Sun *-*-1..7 1:00:00
            OnCalendar=Fri *-*-13 4:05
            Persistent=true
            RandomizedDelaySec=30m
            FixedRandomDelay=yes
            [Install]
            WantedBy=timers.target
            """
        )
        try write(
            "back-up.service",
            """
            [Unit]
            Description=Back up
            Documentation=man:tar(1)
            [Service]
            Type=oneshot
            Environment=KEEP=3 "WHERE=/a b"
            EnvironmentFile=-/etc/default/none
            ExecCondition=/bin/test -d /a
            ExecStartPre=-/bin/mkdir -p "${WHERE}"
            ExecStart=/usr/bin/tar -cf ${WHERE}/x.tar \\
                $WHAT %N
            ExecStart=/usr/bin/find . -name *.tar ; /bin/true
            SuccessExitStatus=1 SIGKILL
            TimeoutStartSec=2h
            TimeoutStopSec=20
            Nice=5
            WorkingDirectory=/var
            """
        )
        let result = try imported("back-up.timer")
        let user = Account.current.name
        let ranAs = user == "root" ? "" : "ran_as: root  # by systemd\n"
        let expected = """
            # From \(units)/back-up.timer.
            # From \(units)/back-up.service.
            # man:tar(1)
            flow: back-up
            description: "Back up"
            schedules:
              - cron: "30 2 * * MON-FRI"  # OnCalendar=Mon..Fri 02:30 Asia/Tokyo
                timezone: Asia/Tokyo
                catchup: latest
                jitter: 30m
              - cron: "0 1 * * SUN#1"  # OnCalendar=Sun *-*-1..7 1:00:00
                catchup: latest
                jitter: 30m
              - cron: "5 4 13 * *"  # OnCalendar=Fri *-*-13 4:05
                except: ["* * * * MON-THU,SAT,SUN"]
                catchup: latest
                jitter: 30m
            overlap: skip  # as systemd does: what is active is not started again
            environment:
              PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
              KEEP: "3"
              WHERE: "/a b"
            environment_file: ["-/etc/default/none"]
            \(ranAs)working_directory: /var
            kill_grace: 20s
            tasks:
              test:
                timeout: 2h
                run: |-
                  code=0
                  nice -n 5 /bin/test -d /a || code=$?
                  case $code in
                  0) echo go=yes >> "$FLOWER_OUTPUT" ;;
                  255) exit 255 ;;
                  *) echo go=no >> "$FLOWER_OUTPUT" ;;
                  esac
              mkdir:
                needs: [test]
                when: '${tasks.test.outputs.go ?? "no"} == "yes"'
                timeout: 2h
                run: |-
                  nice -n 5 /bin/mkdir -p "${WHERE-}" || true
              tar:
                needs: [test, mkdir]
                when: '${tasks.test.outputs.go ?? "no"} == "yes"'
                timeout: 2h
                run: |-
                  set -f
                  code=0
                  nice -n 5 /usr/bin/tar -cf "${WHERE-}"/x.tar ${WHAT-} back-up || code=$?
                  case $code in 1|137) ;; *) exit $code ;; esac

            """
        #expect(result.code == .success)
        let text = try file("back-up")
        #expect(text.hasPrefix(expected), "\(text)")
        let ran =
            user == "root"
            ? ""
            : "\(units)/back-up.service: warning: ran as root and will run as \(user), whose flow it becomes\n"
        #expect(
            result.errors == """
                \(units)/back-up.service:10:1: warning: ExecStart=: quotes in $WHAT do not keep \
                words together in a task
                    hint: write the words into the command

                """ + ran
        )
        #expect(try fixture.flower("validate", to).code == .success)
    }

    /// Lines of `[Service]`, and the tasks that come of them.
    static let services: [(String, String)] = [
        ("ExecStart=/bin/a 'b c' d", "  a:\n    exec: [/bin/a, \"b c\", d]\n"),
        ("ExecStart=a $$x \\x41 ${", "  a:\n    exec: [a, \"$x\", A, \"$${\"]\n"),
        // `$x/y` is no variable, and no word; a name with a default is text.
        (
            "ExecStart=a ${X:-1} $Y/b c",
            "  a:\n    exec: [a, \"$${X:-1}\", c]\n"
        ),
        (
            "ExecStart=a x${B}y$C $D",
            "  a:\n    run: |-\n      set -f\n      exec a x\"${B-}\"'y$C' ${D-}\n"
        ),
        ("ExecStart=:a $B ${C}", "  a:\n    exec: [a, \"$B\", \"$${C}\"]\n"),
        ("ExecStart=-a b", "  a:\n    run: |-\n      a b || true\n"),
        (
            "ExecStart=@/bin/a b c",
            "  a:\n    exec: [/bin/bash, \"-c\", \"exec -a \\\"$0\\\" \\\"$@\\\"\", b, /bin/a, c]\n"
        ),
        (
            "ExecStart=a ; b \\; c\nExecStart=\nExecStart=x ; z",
            "  x:\n    exec: [x]\n  z:\n    needs: [x]\n    exec: [z]\n"
        ),
        (
            "Type=oneshot\nTimeoutStartSec=5s\nExecStart=a\nExecStart=a\nExecStartPost=b",
            """
              a:
                timeout: 5s
                exec: [a]
              a-2:
                needs: [a]
                timeout: 5s
                exec: [a]
              b:
                needs: [a-2]
                timeout: 5s
                exec: [b]

            """
        ),
        // A time-out of another service is of its start alone.
        (
            "TimeoutStartSec=5s\nExecStart=a\nExecStartPre=b\nRuntimeMaxSec=1h",
            "  b:\n    timeout: 5s\n    exec: [b]\n  a:\n    needs: [b]\n    timeout: 1h\n    exec: [a]\n"
        ),
        (
            "ExecStart=a\nIOSchedulingClass=idle\nCPUSchedulingPolicy=batch",
            "  a:\n    exec: [ionice, \"-c\", \"3\", chrt, \"--batch\", \"0\", a]\n"
        ),
        (
            "ExecStart=a b\nUMask=027\nNice=1",
            "  a:\n    exec: [sh, \"-c\", \"umask 027 && exec \\\"$0\\\" \\\"$@\\\"\", nice, \"-n\", \"1\", a, b]\n"
        ),
        ("ExecStart=sh -c 'a; b'", "  command:\n    exec: [sh, \"-c\", \"a; b\"]\n"),
    ]

    @Test(arguments: services)
    func `a service's commands become tasks`(service: String, expected: String) throws {
        #expect(try tasks(service) == expected)
        #expect(try fixture.flower("validate", to).code == .success)
    }

    /// Lines of `[Timer]`, and the schedules that come of them.
    static let timers: [(String, String)] = [
        ("OnCalendar=daily", "  - cron: \"0 0 * * *\"  # OnCalendar=daily\n    catchup: skip\n"),
        (
            "OnCalendar=daily\nOnCalendar=daily\nOnCalendar=hourly",
            "  - cron: \"0 0 * * *\"  # OnCalendar=daily\n    catchup: skip\n"
                + "  - cron: \"0 * * * *\"  # OnCalendar=hourly\n    catchup: skip\n"
        ),
        // An empty value of any takes back all.
        (
            "OnCalendar=daily\nOnBootSec=\nOnCalendar=*:0/15\nPersistent=yes",
            "  - cron: \"*/15 * * * *\"  # OnCalendar=*:0/15\n    catchup: latest\n"
        ),
        (
            "OnBootSec=15min\nOnUnitActiveSec=1d\nOnUnitActiveSec=90m\nRandomizedDelaySec=5",
            "  - cron: \"@every 1h30m\"  # OnUnitActiveSec=90m\n    catchup: skip\n    jitter: 5s\n"
                + "  - cron: \"@reboot\"  # OnBootSec=15min\n"
        ),
        (
            "OnBootSec=0\nOnUnitActiveSec=1h",
            "  - cron: \"@every 1h\"  # OnUnitActiveSec=1h\n    catchup: skip\n"
                + "  - cron: \"@reboot\"  # OnBootSec=0\n"
        ),
        (
            "OnCalendar=*-*~3 5:00 UTC",
            "  - cron: \"0 5 L-2 * *\"  # OnCalendar=*-*~3 5:00 UTC\n    timezone: UTC\n    catchup: skip\n"
        ),
    ]

    @Test(arguments: timers)
    func `a timer's times become schedules`(timer: String, expected: String) throws {
        try write("a.timer", "[Timer]\n\(timer)\n")
        try write("a.service", "[Service]\nExecStart=a\n")
        let result = try imported("a.timer")
        try #require(result.code == .success, "\(result.errors)")
        let text = try file("a")
        let start = try #require(text.firstRange(of: "schedules:\n")).upperBound
        let end = try #require(text.firstRange(of: "overlap:")).lowerBound
        #expect(text[start..<end] == expected)
        #expect(try fixture.flower("validate", to).code == .success)
    }

    /// What cannot be said: lines of both units, and the sentence.
    static let faults: [(String, String, String)] = [
        (
            "OnCalendar=*:*:0.5", "ExecStart=a",
            "a.timer:2:1: OnCalendar=*:*:0.5 is no calendar event"
        ),
        ("OnCalendar=8:00 CET", "ExecStart=a", "a.timer:2:1: OnCalendar=8:00 CET: where the clock"),
        ("Persistent=yes", "ExecStart=a", "a.timer: says no time at which it is due"),
        ("OnUnitActiveSec=1500ms", "ExecStart=a", "a.timer:2:1: OnUnitActiveSec=1500ms: a period"),
        ("OnUnitActiveSec=soon", "ExecStart=a", "a.timer:2:1: OnUnitActiveSec=soon is no length"),
        (
            "OnCalendar=daily\nUnit=x.target", "ExecStart=a",
            "a.timer:3:1: Unit=x.target is no service"
        ),
        ("OnCalendar=daily", "", "a.service: has no ExecStart=: there is nothing to execute"),
        ("OnCalendar=daily", "ExecStart=a %H", "a.service:2:1: ExecStart=: what stands for %H"),
        ("OnCalendar=daily", "ExecStart=a 'b", "a.service:2:1: ExecStart=: a quote or escape"),
        ("OnCalendar=daily", "ExecStart=b/c", "a.service:2:1: ExecStart=: 'b/c' is neither"),
        ("OnCalendar=daily", "ExecStart=a\nUMask=9", "a.service:3:1: UMask=9 is no mode in octal"),
        ("OnCalendar=daily", "ExecStart=a\nNice=99", "a.service:3:1: Nice=99 is not of -20 to 19"),
        (
            "OnCalendar=daily", "ExecStart=a\nEnvironmentFile=/etc/*.env",
            "a.service:3:1: EnvironmentFile=/etc/*.env: a flow names files"
        ),
        (
            "OnCalendar=daily", "ExecStart=a\nSuccessExitStatus=ODD",
            "a.service:3:1: SuccessExitStatus: 'ODD' is neither"
        ),
    ]

    @Test(arguments: faults)
    func `what cannot be said is refused with its place`(
        timer: String,
        service: String,
        expected: String
    ) throws {
        try write("a.timer", "[Timer]\n\(timer)\n")
        try write("a.service", "[Service]\n\(service)\n")
        let result = try imported("a.timer")
        #expect(result.code == .badInput)
        #expect(result.output == "")
        #expect(result.errors.contains("\(units)/\(expected)"), "\(result.errors)")
        #expect(result.errors.hasSuffix("flower: 1 fault; nothing was written\n"))
        #expect(!FileManager.default.fileExists(atPath: to))
    }

    @Test func `each setting that is not carried over has its line`() throws {
        try write(
            "a.timer",
            "[Unit]\nAfter=b.timer\n[Timer]\nOnCalendar=daily\nAccuracySec=1h\nWakeSystem=yes\n"
        )
        try write(
            "a.service",
            """
            [Unit]
            ConditionUser=x
            Wants=y.service
            [Service]
            Type=forking
            ExecStart=+a
            User=nobody-here
            PrivateTmp=yes
            ProtectHome=no
            MemoryMax=1G
            KillMode=process
            StandardOutput=journal
            RemainAfterExit=yes
            Novelty=1
            X-Own=2
            """
        )
        let result = try imported("a.timer")
        let user = Account.current.name
        let expected = """
            a.service:5:1: warning: Type=forking: what the command leaves running is ended when it \
            has ended
                hint: a daemon stays a unit of systemd's
            a.service:6:1: warning: ExecStart=+a: all tasks run as one user, this one too
            a.service:7:1: warning: ran as nobody-here and will run as \(user), whose flow it becomes
            a.timer:2:1: note: After=b.timer: Flower knows no order of units
            a.timer:5:1: note: AccuracySec=1h: Flower starts at the due time itself, not up to so \
            much later
            a.timer:6:1: warning: WakeSystem=yes: Flower does not wake the machine
            a.service:2:1: warning: ConditionUser=x: the tasks start in any case
                hint: begin a task with what it says, as in: [ -e /a/path ] || exit 0
            a.service:3:1: warning: Wants=y.service: Flower starts, stops and waits for no other units
                hint: a task before it may say: systemctl start UNIT
            a.service:8:1: warning: PrivateTmp=yes: a task is not shut in so
                hint: what shuts in flower-run.service holds for all tasks: systemctl edit
            a.service:10:1: warning: MemoryMax=1G: a task has no limits or weights of its own
                hint: those of flower-run.service hold for all tasks; prlimit(1) sets one for a command
            a.service:11:1: warning: KillMode=process: the processes that a task leaves are ended: \
            TERM, then KILL
            a.service:13:1: warning: RemainAfterExit=yes: systemd starts such a service once; Flower \
            does at every due time
            a.service:14:1: warning: Novelty=1: Flower has nothing for it

            """
        #expect(result.errors.replacing("\(units)/", with: "") == expected)
        #expect(result.code == .success)
        #expect(try file("a").contains("\nran_as: nobody-here  # by systemd\n"))
    }
}
