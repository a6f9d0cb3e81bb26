import Cron
import Flows

/// What a crontab has that is otherwise here than in Debian's cron; `import` and `*.crontab` files say the
/// same of it. What was tried on cron 3.0pl1-162 is shown by `DebianCronTests`.
package struct CrontabRemark: Sendable, Hashable {
    package let severity: Diagnostic.Severity
    /// From 1; 0 where it is of the whole file, as the column then.
    package let line: Int
    package let column: Int
    package let message: String
    package let hint: String?

    /// In the order of their places.
    package static func all(
        of crontab: Crontab,
        _ jobs: [CrontabJob],
        on host: CrontabHost
    ) -> [CrontabRemark] {
        var reader = Reader(host: host)
        if crontab.isValid, crontab.entries.isEmpty {
            reader.add(.note, line: 0, column: 0, "no entry: nothing comes of this file")
        }
        for assignment in crontab.assignments { reader.read(assignment) }
        for entry in crontab.entries where entry.command.isEmpty {
            reader.add(
                .warning,
                line: entry.line,
                column: entry.column,
                "an empty command does nothing"
            )
        }
        reader.read(jobs)
        return reader.remarks.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    package init(
        severity: Diagnostic.Severity,
        line: Int,
        column: Int,
        message: String,
        hint: String?
    ) {
        self.severity = severity
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
    }

    private static let logs = "the output is kept; see it with 'flower logs'"

    private struct Reader {
        let host: CrontabHost
        var remarks: [CrontabRemark] = []
        private var told: Set<String> = []

        init(host: CrontabHost) { self.host = host }

        mutating func add(
            _ severity: Diagnostic.Severity,
            line: Int,
            column: Int,
            _ message: String,
            hint: String? = nil
        ) {
            remarks.append(
                CrontabRemark(
                    severity: severity,
                    line: line,
                    column: column,
                    message: message,
                    hint: hint
                )
            )
        }

        // MARK: assignments

        mutating func read(_ assignment: Crontab.Assignment) {
            func say(
                _ message: String,
                hint: String? = nil,
                _ severity: Diagnostic.Severity = .note
            ) {
                add(
                    severity,
                    line: assignment.line,
                    column: assignment.column,
                    message,
                    hint: hint
                )
            }
            // An empty value asks for nothing.
            guard !assignment.value.isEmpty else { return }
            switch assignment.name {
            case "MAILTO":
                if let fault = MailTo(assignment.value).fault {
                    say("MAILTO: \(fault); no mail is sent", .warning)
                } else {
                    say(
                        "a mail goes to MAILTO only when a command fails, not for any output",
                        hint: logs
                    )
                }
            case "MAILFROM":
                say("MAILFROM is only a variable here: mail is from whom sendmail(8) says")
            case "RANDOM_DELAY":
                say(
                    "RANDOM_DELAY is only a variable here, as in Debian's cron: no start is moved",
                    hint:
                        "for what cronie does, 'jitter: \(minutes(assignment.value))' of a schedule"
                )
            case "START_HOURS_RANGE":
                say("START_HOURS_RANGE is only a variable here: no start is moved")
            case "LOGNAME": say("LOGNAME is always the user's own")
            case "CRON_TZ" where told.insert("CRON_TZ").inserted:
                say(
                    "CRON_TZ is the zone of the lines below it, as in cronie;"
                        + " Debian's cron goes by the host's for them",
                    hint: "without the line they are due when Debian's cron ran them"
                )
            default: break
            }
        }

        private func minutes(_ value: String) -> String {
            value.utf8.allSatisfy { (48...57).contains($0) } ? "\(value)m" : "45m"
        }

        // MARK: entries

        mutating func read(_ jobs: [CrontabJob]) {
            tellGiven(jobs)
            tellMail(jobs)
            var users: [String] = []
            var lines: [String: [Crontab.Entry]] = [:]
            for job in jobs {
                if let user = job.setting.user {
                    if lines[user] == nil { users.append(user) }
                    lines[user, default: []].append(job.entry)
                }
                tellFolder(job)
            }
            for user in users { tellUser(user, of: lines[user] ?? []) }
        }

        /// cron(8) mails all that a command prints to the crontab's owner, if nothing is said of it.
        private mutating func tellMail(_ jobs: [CrontabJob]) {
            let unsaid = jobs.filter { job in
                !job.entry.environment.contains { $0.name == "MAILTO" }
            }
            guard let first = unsaid.first else { return }
            let users = Set(unsaid.map { $0.setting.user ?? host.runner }).sorted()
            let shown = users.prefix(3).joined(separator: ", ") + (users.count > 3 ? ", …" : "")
            add(
                .note,
                line: first.entry.line,
                column: first.entry.column,
                "without MAILTO cron mails all that is printed to the user (\(shown));"
                    + " here no mail is sent",
                hint: CrontabRemark.logs + "; MAILTO= above the line, or"
                    + " 'notify: {mail: …}' of a flow, tells of failures"
            )
        }

        private mutating func tellGiven(_ jobs: [CrontabJob]) {
            guard let first = jobs.first else { return }
            let assigned = Set(first.setting.variables.map(\.name))
            let lost = host.given.filter { given in
                !assigned.contains(given.name) && given.name != "LOGNAME"
                    && !(given.name == "LANG" && given.value == "C.UTF-8")
            }
            guard !lost.isEmpty else { return }
            let shown = lost.prefix(4).map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
            let files = Set(lost.map(\.file)).sorted().joined(separator: " and ")
            add(
                .note,
                line: first.entry.line,
                column: first.entry.column,
                "cron gives each command what \(files) says, which no task gets: \(shown)"
                    + (lost.count > 4 ? " and \(lost.count - 4) more" : ""),
                hint: "write it above the lines, or into 'environment' of a flow"
            )
        }

        private mutating func tellFolder(_ job: CrontabJob) {
            let path = job.setting.folder
            guard told.insert("folder \(path)").inserted else { return }
            let message: String
            switch host.folder(path) {
            case .open: return
            case .absent:
                message =
                    "HOME is \(path), which is not there: cron starts the command in"
                    + " /var/spool/cron then, here it does not start"
            case .closed:
                message =
                    "HOME is \(path), which is closed to \(Text.quoted(host.runner)):"
                    + " the command cannot start there"
            }
            add(
                .warning,
                line: job.entry.line,
                column: job.entry.column,
                message,
                hint: "write HOME= above the line, or another 'working_directory' into a flow"
            )
        }

        private mutating func tellUser(_ user: String, of entries: [Crontab.Entry]) {
            guard let first = entries.first else { return }
            let others = entries.count - 1
            let lines =
                others == 0
                ? "" : others == 1 ? ", and one more line" : ", and \(others) more lines"
            add(
                .warning,
                line: first.line,
                column: first.column,
                "ran as \(user) and will run as \(host.runner), whose flow it becomes\(lines)",
                hint: "'ran_as' of the flow keeps it; see that \(host.runner) may do what it does"
            )
            guard host.home(user) == nil else { return }
            add(
                .warning,
                line: first.line,
                column: first.column,
                "there is no user \(Text.quoted(user)) on this host, where Debian's cron would"
                    + " ignore the whole file"
            )
        }
    }
}
