import Cron
import Flows

/// Makes flows of a user's crontab(5): one for each command, doing what Debian's cron would do.
///
/// Lines with the same command are schedules of one flow; `CrontabJob` has the rule of their names. Runs
/// may overlap, as cron's do.
struct CrontabFlows {
    private let findings: Findings
    private let context: FlowReader.Context

    init(findings: Findings, context: FlowReader.Context) {
        self.findings = findings
        self.context = context
    }

    /// The flows in the order in which their commands first stand in the file.
    func read(_ bytes: [UInt8]) -> [FlowReader.Declared] {
        guard !setsTooMuch(bytes) else { return [] }
        let crontab = Crontab(bytes, form: .user)
        for diagnostic in crontab.diagnostics {
            let place = Place(line: diagnostic.line, column: diagnostic.column)
            switch diagnostic.severity {
            case .error: findings.fault(diagnostic.message, at: place, hint: diagnostic.hint)
            case .note: findings.warn(diagnostic.message, at: place, hint: diagnostic.hint)
            }
        }
        for assignment in crontab.assignments { check(assignment) }
        let host = context.crontabHost ?? .unknown(in: context)
        let jobs = CrontabJob.all(of: crontab, stem: context.stem, owner: nil, on: host)
        for remark in CrontabRemark.all(of: crontab, jobs, on: host) {
            let place =
                remark.line > 0 ? Place(line: remark.line, column: remark.column) : nil
            switch remark.severity {
            case .fault: findings.fault(remark.message, at: place, hint: remark.hint)
            case .warning: findings.warn(remark.message, at: place, hint: remark.hint)
            case .note: findings.note(remark.message, at: place, hint: remark.hint)
            }
        }
        var flows: [Flow] = []
        var places: [Place] = []
        var positions: [String: Int] = [:]
        var identities: Set<[String]> = []
        for job in jobs {
            let place = Place(line: job.entry.line, column: job.entry.column)
            let schedule = schedule(job.entry, job.name, place)
            guard let position = positions[job.name] else {
                positions[job.name] = flows.count
                identities.insert([job.name, schedule.identity])
                flows.append(flow(job, schedule, place))
                places.append(place)
                continue
            }
            if !identities.insert([job.name, schedule.identity]).inserted {
                findings.warn(
                    "line \(places[position].line) says the same; it is run once, not twice",
                    at: place
                )
            } else {
                flows[position].schedules.append(schedule)
            }
        }
        return zip(flows, places).map { flow, place in
            FlowReader.Declared(
                name: flow.name,
                place: place,
                flow: findings.faultCount == 0 ? flow : nil
            )
        }
    }

    // MARK: lines

    private func check(_ assignment: Crontab.Assignment) {
        let place = Place(line: assignment.line, column: assignment.column)
        let name = assignment.name
        if assignment.value.utf8.count > Limit.parameterBytes {
            findings.fault(
                "variable \(Text.quoted(name)) is longer than \(Limit.parameterBytes) bytes",
                at: place
            )
        }
        switch name {
        case "": return
        case "CRON_TZ":
            guard !assignment.value.isEmpty, !context.zoneExists(assignment.value) else { return }
            findings.fault(
                "there is no time zone \(Text.quoted(assignment.value)) on this host",
                at: place,
                hint: findings.nearest.zoneHint(assignment.value, context.zoneHint)
            )
        default:
            if let fault = Names.faultOfVariable(name) {
                findings.fault(Text.clipped(fault), at: place)
            }
        }
    }

    private func schedule(
        _ entry: Crontab.Entry,
        _ flowName: String,
        _ place: Place
    ) -> ScheduleSpec {
        // `H` chooses by the flow's name. The text has just been read, so it is good.
        let named = try? CronExpression(entry.scheduleText, hashID: flowName)
        let expression = named ?? entry.schedule
        if !expression.isReboot, expression.next(after: context.now, in: .utc) == nil {
            findings.warn("this line is never due again", at: place)
        }
        tellRemarks(on: entry, expression, place)
        return ScheduleSpec(
            text: entry.evenScheduleText,
            expression: expression,
            timezone: entry.zoneName
        )
    }

    private func tellRemarks(
        on entry: Crontab.Entry,
        _ expression: CronExpression,
        _ place: Place
    ) {
        guard let lint = context.lint else { return }
        for remark in entry.remarks(isUser: lint.isUser) {
            findings.add(
                remark,
                at: Place(line: place.line, column: remark.column, length: remark.length)
            )
        }
        if let zone = lint.zone(expression.zoneName ?? entry.zoneName),
            let remark = expression.clockRemark(in: zone, after: context.now)
        {
            findings.add(remark, at: place)
        }
    }

    private func flow(_ job: CrontabJob, _ schedule: ScheduleSpec, _ place: Place) -> Flow {
        let (entry, setting) = (job.entry, job.setting)
        if max(entry.command.utf8.count, setting.input.utf8.count) > Limit.argumentBytes {
            findings.fault("the command is longer than \(Limit.argumentBytes) bytes", at: place)
        }
        return Flow(
            name: job.name,
            description: Text.clipped(entry.commandText),
            schedules: [schedule],
            overlap: .allow,
            // `environment` is a template, a crontab's value is not.
            environment: setting.variables.map { Variable($0.name, Template.literal($0.value)) },
            workingDirectory: setting.folder,
            shell: [setting.shell],
            tasks: [TaskSpec(name: entry.programName, action: action(setting))],
            hooks: setting.addresses.isEmpty ? [] : [.mail(to: setting.addresses)]
        )
    }

    /// What cron does: the shell with `-c` and the command, the text after `%` as its input.
    ///
    /// printf(1) is the shell's own, so a command that does not read its input only closes a pipe.
    /// The pipe's exit status is the command's.
    private func action(_ setting: CrontabSetting) -> TaskAction {
        guard !setting.input.isEmpty else { return .run(setting.command) }
        let script = #"printf %s "$1" | "$2" -c "$3""#
        return .exec(
            ["/bin/sh", "-c", script, "sh", setting.input, setting.shell, setting.command]
                .map { Template.literal($0) }
        )
    }

    /// Looked at before reading, whose time and memory go with the square of the assignments.
    private func setsTooMuch(_ bytes: [UInt8]) -> Bool {
        var count = 0
        for line in bytes.split(separator: 0x0A) where line.contains(UInt8(ascii: "=")) {
            let first = line.first { $0 != 0x20 && $0 != 0x09 } ?? 0
            if !"#*@0123456789".utf8.contains(first) { count += 1 }
        }
        guard count > Limit.variablesPerEnvironment else { return false }
        findings.fault(
            "has \(count) assignments; at most \(Limit.variablesPerEnvironment) are read",
            at: nil
        )
        return true
    }
}

extension CrontabHost {
    /// Where nobody has asked the host: each folder is open, and there are no users but the runner.
    static func unknown(in context: FlowReader.Context) -> CrontabHost {
        CrontabHost(
            runner: context.runner() ?? "the runner",
            runnerHome: context.home,
            home: { _ in nil },
            folder: { _ in .open },
            isProgram: { _ in false },
            given: []
        )
    }
}
