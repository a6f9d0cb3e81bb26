import Testing

@testable import Cron

/// What is expected here was tried on Debian's cron 3.0pl1-162 where it can be seen from outside.
@Suite struct CrontabTests {
    private func user(_ text: String) -> Crontab { Crontab(text, form: .user) }

    @Test func `an entry has its schedule, command and place`() throws {
        let crontab = user("# nightly\n\n  30 2 * * 1-5\t/usr/bin/backup --all  \n")
        let entry = try #require(crontab.entries.first)
        #expect(crontab.diagnostics.isEmpty)
        #expect(entry.schedule.canonicalText == "30 2 * * 1-5")
        #expect(entry.scheduleText == "30 2 * * 1-5")
        #expect(entry.commandText == "/usr/bin/backup --all  ")
        #expect(entry.line == 3)
        #expect(entry.column == 3)
        #expect(entry.user == nil)
    }

    @Test func `the system form has a user column`() throws {
        let crontab = Crontab(
            "@daily\twww-data  run it\n@every 1h root a\n",
            form: .system
        )
        #expect(crontab.diagnostics.isEmpty)
        #expect(crontab.entries.map(\.user) == ["www-data", "root"])
        #expect(crontab.entries.map(\.command) == ["run it", "a"])
        #expect(crontab.entries.map(\.schedule.canonicalText) == ["0 0 * * *", "@every 1h"])
    }

    static let assignments: [(line: String, name: String, value: String)] = [
        ("SHELL=/bin/bash", "SHELL", "/bin/bash"), ("  SP  =   a b   \t", "SP", "a b"),
        ("MAILTO=\"\"", "MAILTO", ""), ("'Q' = x\"y\"", "Q", "x\"y\""),
        ("\"N M\"='v  '", "N M", "v"), ("S=' v'", "S", " v"), ("A=", "A", ""), ("A= ", "A", ""),
        ("D=$HOME/x", "D", "$HOME/x"), ("C=a # b", "C", "a # b"),
        ("J=\"a\"\t ", "J", "a"), ("CR=abc\r", "CR", "abc"), ("A'B=c", "A'B", "c"),
        ("E==", "E", "="), ("M=0 0 * * * x", "M", "0 0 * * * x"),
    ]

    @Test(arguments: assignments)
    func `an assignment is read with Debian's quoting`(
        line: String,
        name: String,
        value: String
    ) {
        let crontab = user(line + "\n")
        #expect(crontab.assignments.map(\.name) == [name])
        #expect(crontab.assignments.map(\.value) == [value])
        #expect(crontab.isValid)
    }

    /// Not assignments, so entries, so bad ones.
    static let noAssignments = ["A='x", "A='x' # c", "'A=B'=c", "A B=c", "A"]

    @Test(arguments: noAssignments)
    func `what is no assignment is a bad schedule`(line: String) {
        let crontab = user(line + "\n")
        #expect(crontab.assignments.isEmpty)
        #expect(!crontab.isValid)
    }

    @Test func `assignments count from their line on, the last of a name`() {
        let crontab = user("A=1\n* * * * * a\nB=2\nA=3\n* * * * * b\n")
        let seen = crontab.entries.map { $0.environment.map { "\($0.name)=\($0.value)" } }
        #expect(seen == [["A=1"], ["B=2", "A=3"]])
    }

    @Test func `CRON_TZ sets the zone of what follows, TZ does not`() {
        let crontab = user(
            "TZ=Asia/Tokyo\n@daily a\nCRON_TZ=Europe/London\n@daily b\nCRON_TZ=''\n@daily c\n"
        )
        #expect(crontab.entries.map(\.zoneName) == [nil, "Europe/London", nil])
        #expect(crontab.isValid)
    }

    static let commands: [(text: String, command: String, input: String?)] = [
        ("date +\\%H", "date +%H", nil), ("echo a\\\\b \\x \\", "echo a\\b \\x \\", nil),
        ("cat%", "cat", ""), ("cat%a%", "cat", "a\n"), ("cat%%", "cat", "\n"),
        ("cat%l1%l\\%2%x\\\\y%z\\w\\", "cat", "l1\nl%2\nx\\\\y\nz\\w\\\n"),
        ("cat%x\\\\%y%z", "cat", "x\\%y\nz\n"), ("cat%x\\\\\\%y", "cat", "x\\\\%y\n"),
        ("cat%\\\\", "cat", "\\\\"), ("cat%a%%\\%", "cat", "a\n\n%\n"),
        ("printf '%s' a", "printf '", "s' a\n"), ("a\\\\%b", "a\\", "b\n"),
        ("a\\\\\\%b", "a\\%b", nil), ("'a\\\\\\b' 'c\\\\\\\\d'", "'a\\\\b' 'c\\\\d'", nil),
    ]

    @Test(arguments: commands)
    func `a percent sign ends the command`(text: String, command: String, input: String?) {
        let entry = user("@daily \(text)\n").entries.first
        #expect(entry?.command == command)
        #expect(entry?.input == input)
    }

    static let faults: [(text: String, line: Int, column: Int, message: String)] = [
        ("61 * * * * x\n", 1, 1, "minute: 61 is out of range 0-59"),
        ("\n  0 24 * * * x\n", 2, 5, "hour: 24 is out of range 0-23"),
        ("* * * *\n", 1, 8, "4 words where a schedule of 5 and a command are needed"),
        ("* * * * * * x\n", 1, 11, "a '*' where the command begins"),
        ("@Daily x\n", 1, 1, "alias: '@Daily' is not an alias"),
        ("* 25 * * *\n", 1, 3, "hour: 25 is out of range 0-23"),
        ("A=1", 1, 1, "the last line does not end in a newline"),
        ("@every\n", 1, 7, "1 word where a schedule of 2 and a command are needed"),
        ("\r\n* * * * * x\n", 1, 1, "a carriage return"),
        ("1;2 * * * * x\n", 1, 2, "minute: ';' cannot follow '1'"),
        ("* * * * * x", 1, 1, "the last line does not end in a newline"),
        ("CRON_TZ=Asia;Tokyo\n", 1, 1, "'Asia;Tokyo' is not a zone name"),
        ("* * * * * \0\n", 1, 1, "the line holds a NUL byte, so it is no text"),
    ]

    @Test(arguments: faults)
    func `a bad line says what and where`(
        text: String,
        line: Int,
        column: Int,
        message: String
    ) throws {
        let diagnostic = try #require(user(text).diagnostics.first)
        #expect(diagnostic.severity == .error)
        #expect(diagnostic.message == message)
        #expect(diagnostic.line == line)
        #expect(diagnostic.column == column)
    }

    /// What Debian's cron sees in it from the first release on; an assignment would be another's.
    @Test func `an entry whose command is an equals sign is one`() {
        #expect(user("@daily =\n").entries.map(\.command) == ["="])
    }

    static let lastLines = ["x", "x # c", "\t# c", "# c", "  ", ""]

    @Test(arguments: lastLines)
    func `only what counts must end in a newline`(last: String) {
        let crontab = user("@daily a\n" + last)
        #expect(crontab.isValid == !last.hasPrefix("x"))
        #expect(crontab.entries.map(\.command) == ["a"])
    }

    static let notes: [(text: String, message: String, hint: String?)] = [
        ("* * * * *\n", "an empty command does nothing", nil),
        ("@daily \n", "an empty command does nothing", nil),
        (
            "A=\n", "A is set to nothing: Debian 12's cron ignores a file for such a line",
            "write A=\"\", which every cron reads"
        ),
        (
            "@daily \(String(repeating: "x", count: 999))\n",
            "a command of more than 998 characters: Debian's cron ignores a file for it", nil
        ),
        ("=1\n", "an assignment without a name does nothing", nil),
        (
            "@daily x\r\n",
            "a carriage return is part of the command; save the file with Unix line ends", nil
        ),
    ]

    @Test(arguments: notes)
    func `what cron reads, and what not every cron reads, is noted`(
        text: String,
        message: String,
        hint: String?
    ) {
        let crontab = user(text)
        #expect(crontab.isValid)
        #expect(crontab.diagnostics.map(\.message) == [message])
        #expect(crontab.diagnostics.map(\.hint) == [hint])
        #expect(user("@daily \(String(repeating: "x", count: 998))\n").diagnostics.isEmpty)
    }

    static let users: [(word: String, isUser: Bool)] = [
        ("root", true), ("www-data", true), ("_apt", true), ("a.b", true), ("svc$", true),
        ("CORP\\ada", true), ("ada@host", true), ("0", true), ("ada+x", true),
        ("/usr/bin/x", false), (".", false), ("[", false), ("-x", false), ("$X", false),
        ("A=1", false), ("(x", false), ("x;", false), ("\"x\"", false), ("x|y", false),
    ]

    @Test(arguments: users)
    func `what can be no user is Debian's bad username`(word: String, isUser: Bool) {
        let crontab = Crontab("@daily \(word) x\n", form: .system)
        #expect(crontab.isValid == isUser)
        guard !isUser else { return }
        #expect(
            crontab.diagnostics == [
                .init(
                    severity: .error,
                    line: 1,
                    column: 8,
                    message: "bad username: '\(word)' can be no user's name",
                    hint: "here the user stands between schedule and command;"
                        + " a file without that column is read with --form user"
                )
            ]
        )
    }

    @Test func `blanks between the fields say nothing`() {
        let entry = user("5\t4 \t*  *\t* x\ty \n").entries.first
        #expect(entry?.evenScheduleText == "5 4 * * *")
        #expect(entry?.command == "x\ty ")
    }

    @Test func `a system entry without a command is refused`() {
        #expect(!Crontab("@daily root\n", form: .system).isValid)
        let empty = Crontab("@daily root \n", form: .system)
        #expect(empty.isValid)
        #expect(empty.entries.isEmpty)
        #expect(empty.diagnostics.map(\.message) == ["an empty command does nothing"])
    }

    @Test func `every bad line is reported, good ones are kept`() {
        let crontab = user("61 * * * * a\n@daily b\n* 25 * * * c\n")
        #expect(crontab.diagnostics.map(\.line) == [1, 3])
        #expect(crontab.entries.map(\.command) == ["b"])
    }

    @Test func `bytes that are not UTF-8 are refused, not guessed`() {
        let latin = Crontab(Array("@daily caf".utf8) + [0xE9, 0x0A], form: .user)
        #expect(latin.diagnostics.map(\.message) == ["the line is not UTF-8 text"])
    }

    @Test func `the limit on assignments is kept`() {
        let lines = (0..<100_000).map { "A\($0)=1\n" }
        let crontab = user(lines.joined())
        #expect(crontab.diagnostics.map(\.message) == ["more than 1000 assignments"])
        #expect(crontab.assignments.count == Crontab.assignmentLimit + 1)
    }

    @Test func `the limit on entries is kept`() {
        let text = String(repeating: "@daily a\n", count: Crontab.entryLimit + 2)
        let crontab = user(text)
        #expect(!crontab.isValid)
        #expect(crontab.entries.count == Crontab.entryLimit + 1)
    }

    static let cronDNames: [(name: String, isRead: Bool)] = [
        ("php", true), ("e2scrub_all", true), ("A-1", true), ("x.dpkg-dist", false), ("a~", false),
        (".placeholder", false), ("", false), ("a b", false), ("é", false),
    ]

    @Test(arguments: cronDNames)
    func `Debian reads only plain names in cron.d`(name: String, isRead: Bool) {
        #expect(Crontab.isReadInCronD(fileName: name) == isRead)
    }

    static let flowNames: [(stem: String, command: String, prefix: String)] = [
        ("root", "/usr/bin/backup --all", "root.backup-"),
        ("My Jobs!", "A=1 nice -n 5 /opt/Sync.sh x", "myjobs.sync.sh-"),
        ("php", "[ -x /usr/lib/php/sessionclean ] && run", "php.run-"),
        ("", "42", "crontab.command-"),
        ("a", "sleep 30; /usr/bin/php /srv/cron.php > /dev/null 2>&1", "a.cron.php-"),
        ("a", ". /etc/profile; /opt/x.sh", "a.x.sh-"),
        ("a", "source /srv/venv/bin/activate && python3 manage.py clear", "a.manage.py-"),
        ("a", ". ./only", "a.only-"),
        ("a", "python3.11 -m http.server 8000", "a.http.server-"),
        ("a", "java -Xmx1g -jar /opt/app.jar", "a.app.jar-"),
        ("a", "cd /srv && ./run.sh", "a.run.sh-"),
        ("a", "test -x /a || ( cd / && run-parts --report /etc/cron.daily )", "a.cron.daily-"),
        ("a", "flock -n /tmp/lock -c 'cd /x && ./job'", "a.job-"),
        ("a", "flock -n /tmp/lock /usr/bin/sync-a", "a.sync-a-"),
        ("a", "flock -s -w 10 /tmp/lock sync-a", "a.sync-a-"),
        ("a", "timeout 30m rsync -a /x /y", "a.rsync-"),
        ("a", "timeout -k 5 -s INT 30m rsync -a /x /y", "a.rsync-"),
        ("a", "sudo -n -E backup", "a.backup-"),
        ("a", "ionice -c 3 nice -n 19 /opt/scan", "a.scan-"),
        ("a", "ionice -c3 -t scan", "a.scan-"),
        ("a", "taskset -c 0-3 chrt -b 0 scan", "a.scan-"), ("a", "stdbuf -o L scan", "a.scan-"),
        ("a", "runuser -l postgres -c 'vacuumdb -a'", "a.vacuumdb-"),
        ("a", "runuser -u postgres -- vacuumdb -a", "a.vacuumdb-"),
        ("a", "su -s /bin/sh www-data -c 'php -d memory_limit=1G -f x.php'", "a.x.php-"),
        ("a", "systemd-cat -t sync sync-a", "a.sync-a-"),
        ("a", "env -u A -C /x B=1 scan", "a.scan-"),
        ("a", "setpriv --reuid 7 --clear-groups scan", "a.scan-"),
        ("a", "bash -o pipefail /opt/x.sh", "a.x.sh-"),
        ("a", "node -r dotenv/config x.js", "a.x.js-"),
        ("a", "python3 -W ignore x.py", "a.x.py-"), ("a", "php -c /etc/php.ini x.php", "a.x.php-"),
        ("a", "bash -lc \"cd /srv && bundle exec rake\"", "a.bundle-"),
        ("a", "sh -c 'sleep $(( RANDOM \\% 60 )); certbot renew'", "a.certbot-"),
        ("a", "perl -e 'sleep 5' && certbot -q renew", "a.certbot-"),
        ("a", "perl -e 'print 1'", "a.perl-"),
        ("a", "command -v sa1 > /dev/null && sa1 1 1", "a.sa1-"),
        ("a", "if [ -x /usr/bin/mrtg ]; then env LANG=C /usr/bin/mrtg x; fi", "a.mrtg-"),
        ("a", "[ $(date +\\%d) -le 7 ] && checkarray", "a.checkarray-"),
        ("a", "x=`date` && /bin/y", "a.y-"),
        ("a", "su - www-data -c \"php -q x.php\"", "a.x.php-"),
        ("a", "sudo -u postgres pg_dump x", "a.pg_dump-"),
        ("a", "echo hello", "a.echo-"), ("a", "sleep 5", "a.sleep-"),
        ("a", "\"$X/bin/run it\"", "a.runit-"), ("a", "2>&1 foo", "a.foo-"),
        ("a", "$CMD", "a.cmd-"), ("a", "'unclosed", "a.unclosed-"), ("a", "$(", "a.command-"),
    ]

    @Test(arguments: flowNames)
    func `an entry's flow is named for file, program and command`(
        stem: String,
        command: String,
        prefix: String
    ) throws {
        let first = try #require(user("@daily \(command)\n").entries.first)
        let moved = try #require(user("A=1\n5 5 * * * \(command)\n").entries.first)
        let name = first.flowName(stem: stem)
        #expect(name.hasPrefix(prefix))
        #expect(name.utf8.count == prefix.utf8.count + 6)
        #expect(moved.flowName(stem: stem) == name)
    }
}
