import Cron
import Execution
import FlowFiles
import Flows
import HostTime

/// What one crontab's entries become, and what must be said about it.
struct CrontabImport {
    let path: String
    let stem: String
    /// Whose flows they will be.
    let account: Account
    private(set) var diagnostics: [Diagnostic] = []

    init(path: String, stem: String, account: Account) {
        self.path = path
        self.stem = stem
        self.account = account
    }

    /// One flow for each command, in the order of the file; lines that differ only in their times are
    /// schedules of one flow, and the same line twice is one schedule.
    mutating func flows(of crontab: Crontab) -> [ImportedFlow] {
        for diagnostic in crontab.diagnostics {
            add(
                diagnostic.message,
                line: diagnostic.line,
                column: diagnostic.column,
                hint: diagnostic.hint,
                severity: diagnostic.severity == .note ? .warning : .fault
            )
        }
        for assignment in crontab.assignments { check(assignment) }
        var flows: [ImportedFlow] = []
        for entry in crontab.entries {
            guard !entry.command.isEmpty else {
                say("an empty command does nothing", entry)
                continue
            }
            var flow = imported(entry)
            if let same = flows.firstIndex(where: { $0.isSame(as: flow) }) {
                if flows[same].schedules.contains(flow.schedules[0]) {
                    say("line \(flows[same].line) says the same; it is carried over once", entry)
                } else {
                    flows[same].schedules += flow.schedules
                }
                continue
            }
            // The same command with another environment or user is another flow.
            if flows.contains(where: { $0.name == flow.name }) { flow.name = flow.ownName }
            sayWhatIsLost(entry, flow)
            flows.append(flow)
        }
        return flows
    }

    private func imported(_ entry: Crontab.Entry) -> ImportedFlow {
        var flow = ImportedFlow(
            source: path,
            line: entry.line,
            name: entry.flowName(stem: stem),
            task: entry.programName,
            folder: account.home,
            entry: entry
        )
        if let user = entry.user, user != account.name { flow.formerUser = user }
        for assignment in entry.environment {
            let value = assignment.value
            switch assignment.name {
            case "", "LOGNAME", "CRON_TZ": continue
            case "SHELL" where !value.isEmpty: flow.shell = value
            case "HOME" where value.hasPrefix("/"): flow.folder = value
            default: break
            }
            flow.environment.append(Variable(assignment.name, value))
        }
        return flow
    }

    // MARK: what is said

    private mutating func check(_ assignment: Crontab.Assignment) {
        func fault(_ message: String, hint: String? = nil) -> Diagnostic {
            Diagnostic(
                path: path,
                line: assignment.line,
                column: assignment.column,
                message: message,
                hint: hint
            )
        }
        switch assignment.name {
        case "": break
        case "CRON_TZ" where !assignment.value.isEmpty:
            do {
                _ = try ZoneDirectory.host.zone(named: assignment.value)
            } catch {
                diagnostics.append(fault("\(error)"))
            }
        case "MAILTO" where !assignment.value.isEmpty:
            let problem = MailTo(assignment.value).fault
            diagnostics.append(
                fault(
                    problem.map { "MAILTO: \($0); no mail is sent" }
                        ?? "a mail goes to MAILTO only when a command fails, not for any output",
                    hint: "the output is kept; see it with 'flower logs'"
                )
            )
            diagnostics[diagnostics.count - 1].severity = .warning
        case "MAILFROM":
            diagnostics.append(
                fault(
                    "\(assignment.name)=\(assignment.value) is kept as a variable: no mail is sent",
                    hint: "the output is kept; see it with 'flower logs'"
                )
            )
            diagnostics[diagnostics.count - 1].severity = .warning
        default:
            if let problem = Names.faultOfVariable(assignment.name) {
                diagnostics.append(fault(problem))
            }
        }
    }

    private mutating func sayWhatIsLost(_ entry: Crontab.Entry, _ flow: ImportedFlow) {
        guard let user = flow.formerUser else { return }
        say("ran as \(user) and will run as \(account.name), whose flow it becomes", entry)
    }

    private mutating func say(_ message: String, _ entry: Crontab.Entry) {
        add(message, line: entry.line, column: entry.column, hint: nil, severity: .warning)
    }

    private mutating func add(
        _ message: String,
        line: Int,
        column: Int,
        hint: String?,
        severity: Diagnostic.Severity
    ) {
        diagnostics.append(
            Diagnostic(
                path: path,
                line: line,
                column: column,
                message: message,
                hint: hint,
                severity: severity
            )
        )
    }
}
