import Cron
import Execution
import FlowFiles
import Flows
import HostTime

/// What one crontab's entries become, and what must be said about it.
struct CrontabImport {
    let path: String
    let stem: String
    /// Whose crontab it is, where its path says so; `nil` = the runner's, or each entry says it.
    let owner: String?
    let host: CrontabHost
    /// By which entries without a zone are due.
    let zone: Zone
    let now: Instant
    private(set) var diagnostics: [Diagnostic] = []

    init(
        path: String,
        stem: String,
        owner: String?,
        host: CrontabHost,
        zone: Zone,
        now: Instant
    ) {
        self.path = path
        self.stem = stem
        self.owner = owner
        self.host = host
        self.zone = zone
        self.now = now
    }

    /// One flow for each command, in the order of the file; lines that differ only in their times are
    /// schedules of one flow, and the same line twice is one schedule.
    ///
    /// - Parameter isFormSaid: a person has said whether there is a user column.
    mutating func flows(of crontab: Crontab, isFormSaid: Bool) -> [ImportedFlow] {
        for diagnostic in crontab.diagnostics {
            add(
                diagnostic.severity == .note ? .warning : .fault,
                diagnostic.message,
                line: diagnostic.line,
                column: diagnostic.column,
                hint: diagnostic.hint
            )
        }
        if !isFormSaid { checkForm(of: crontab) }
        for assignment in crontab.assignments { check(assignment) }
        let jobs = CrontabJob.all(of: crontab, stem: stem, owner: owner, on: host)
        for remark in CrontabRemark.all(of: crontab, jobs, on: host) {
            add(
                remark.severity,
                remark.message,
                line: remark.line,
                column: remark.column,
                hint: remark.hint
            )
        }
        var flows: [ImportedFlow] = []
        var positions: [String: Int] = [:]
        for job in jobs {
            tellGap(job.entry)
            let flow = ImportedFlow(source: path, job: job)
            guard let same = positions[flow.name] else {
                positions[flow.name] = flows.count
                flows.append(flow)
                continue
            }
            if flows[same].schedules.contains(flow.schedules[0]) {
                let message = "line \(flows[same].line) says the same; it is carried over once"
                say(.warning, message, job.entry)
            } else {
                flows[same].schedules += flow.schedules
            }
        }
        return flows
    }

    // MARK: what is said

    /// A name tells too little of a crontab's form: what stands before the commands is looked at.
    private mutating func checkForm(of crontab: Crontab) {
        guard let first = crontab.entries.first else { return }
        switch crontab.form {
        case .user:
            let forms = "--form system if it is, --form user if it is a program"
            switch UserColumn(in: crontab, on: host) {
            case .none: break
            case .certain(let user):
                say(
                    .fault,
                    "is '\(user)' the user that runs the command? each line has a user there",
                    first,
                    hint: forms
                )
            case .likely(let word):
                say(
                    .fault,
                    "is '\(word)' the user that runs the command? it would be a user of another host",
                    first,
                    hint: forms
                )
            }
        case .system:
            let program = crontab.entries.first { entry in
                guard let user = entry.user else { return false }
                return host.home(user) == nil
                    && (host.isProgram(user) || UserColumn.shellWords.contains(user))
            }
            guard let program, let word = program.user else { return }
            say(
                .fault,
                "bad username: '\(word)' is no user of this host, but a program",
                program,
                hint: "--form user if the file has no user column, --form system if it has"
            )
        }
    }

    private mutating func check(_ assignment: Crontab.Assignment) {
        var problem: String?
        switch assignment.name {
        case "": return
        case "CRON_TZ":
            guard !assignment.value.isEmpty else { return }
            do {
                _ = try ZoneDirectory.host.zone(named: assignment.value)
            } catch {
                problem = "\(error)"
            }
        default: problem = Names.faultOfVariable(assignment.name)
        }
        guard let problem else { return }
        add(.fault, problem, line: assignment.line, column: assignment.column, hint: nil)
    }

    /// How far ahead clock changes are told: past the next one forward.
    private static let toldSeconds: Int64 = 400 * 86_400

    /// cron starts a job of fixed times once for each of them that a clock change skips, all at its end.
    private mutating func tellGap(_ entry: Crontab.Entry) {
        guard !entry.schedule.isReboot else { return }
        let own = entry.schedule.zoneName ?? entry.zoneName
        guard let zone = own.map({ try? ZoneDirectory.host.zone(named: $0) }) ?? zone else {
            return
        }
        let end = Instant(seconds: now.seconds + Self.toldSeconds)
        let effects = entry.schedule.clockEffects(after: now, through: end, in: zone)
        guard let effect = effects.first(where: { $0.kind == .moved && $0.count > 1 }) else {
            return
        }
        let when = effect.at.iso8601(in: zone).prefix(16).replacing("T", with: " ")
        say(
            .note,
            "where the clock goes forward (\(when)) cron starts it \(effect.count) times at once,"
                + " for each time that is skipped; here it is due once",
            entry
        )
    }

    private mutating func say(
        _ severity: Diagnostic.Severity,
        _ message: String,
        _ entry: Crontab.Entry,
        hint: String? = nil
    ) {
        add(severity, message, line: entry.line, column: entry.column, hint: hint)
    }

    private mutating func add(
        _ severity: Diagnostic.Severity,
        _ message: String,
        line: Int,
        column: Int,
        hint: String?
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
