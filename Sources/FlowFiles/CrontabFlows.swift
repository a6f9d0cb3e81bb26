import Cron
import Flows

/// Makes flows of a user's crontab(5): one for each command, doing what Debian's cron would do.
///
/// An entry's flow is `<stem>.<program>-<6 hexadecimal digits of the command's FNV-1a>`: moving a line
/// or changing its times keeps the flow and its history. Lines with the same command are schedules
/// of one flow. Runs may overlap, as cron's do.
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
        var flows: [Flow] = []
        var places: [Place] = []
        var positions: [String: Int] = [:]
        var identities: Set<[String]> = []
        var plain: [String: Setting] = [:]
        var environment = Environment(context: context, assignments: [])
        for entry in crontab.entries {
            let place = Place(line: entry.line, column: entry.column)
            guard !entry.command.isEmpty else {
                findings.warn("an empty command does nothing", at: place)
                continue
            }
            if environment.assignments != entry.environment {
                environment = Environment(context: context, assignments: entry.environment)
            }
            let setting = Setting(entry, environment)
            // The first line with a command has the plain name; one with the same command but
            // another environment or input is another flow.
            var name = entry.flowName(stem: context.stem)
            if plain[name, default: setting] != setting {
                name = String(name.dropLast(6)) + Digest.text(setting.bytes).prefix(6)
            } else {
                plain[name] = setting
            }
            let schedule = schedule(entry, name, place)
            guard let position = positions[name] else {
                positions[name] = flows.count
                identities.insert([name, schedule.identity])
                flows.append(flow(name, entry, setting, schedule, place))
                places.append(place)
                continue
            }
            if !identities.insert([name, schedule.identity]).inserted {
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
        case "MAILTO":
            // MAILTO="" asks for no mail, which is what happens.
            if assignment.value.isEmpty { return }
            if let fault = MailTo(assignment.value).fault {
                findings.warn("MAILTO: \(fault); no mail is sent", at: place)
            } else {
                findings.warn(
                    "a mail goes to MAILTO only when a command fails, not for any output",
                    at: place,
                    hint: "the output is kept; see it with 'flower logs'"
                )
            }
        case "MAILFROM", "RANDOM_DELAY", "START_HOURS_RANGE":
            if assignment.value.isEmpty { return }
            findings.warn(
                "\(name) is only a variable here: no mail is sent, no start is moved",
                at: place,
                hint: "the output is kept; see it with 'flower logs'"
            )
        case "LOGNAME": findings.warn("LOGNAME is always the user's own", at: place)
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
            text: entry.scheduleText,
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

    private func flow(
        _ name: String,
        _ entry: Crontab.Entry,
        _ setting: Setting,
        _ schedule: ScheduleSpec,
        _ place: Place
    ) -> Flow {
        if max(entry.command.utf8.count, setting.input.utf8.count) > Limit.argumentBytes {
            findings.fault("the command is longer than \(Limit.argumentBytes) bytes", at: place)
        }
        let task = TaskSpec(
            name: entry.programName,
            action: action(entry.command, setting)
        )
        return Flow(
            name: name,
            description: Text.clipped(entry.commandText),
            schedules: [schedule],
            overlap: .allow,
            environment: setting.variables,
            workingDirectory: setting.folder,
            shell: [setting.shell],
            tasks: [task],
            hooks: setting.addresses.isEmpty ? [] : [.mail(to: setting.addresses)]
        )
    }

    /// What cron does: the shell with `-c` and the command, the text after `%` as its input.
    ///
    /// printf(1) is the shell's own, so a command that does not read its input only closes a pipe.
    /// The pipe's exit status is the command's.
    private func action(_ command: String, _ setting: Setting) -> TaskAction {
        guard !setting.input.isEmpty else { return .run(command) }
        let script = #"printf %s "$1" | "$2" -c "$3""#
        return .exec(
            ["/bin/sh", "-c", script, "sh", setting.input, setting.shell, command]
                .map { Template.literal($0) }
        )
    }
}

extension CrontabFlows {
    /// What the assignments above a line make of its world.
    private struct Environment {
        let assignments: [Crontab.Assignment]
        var variables: [Variable] = []
        var addresses: [String] = []
        var shell = "/bin/sh"
        var folder: String

        init(context: FlowReader.Context, assignments: [Crontab.Assignment]) {
            self.assignments = assignments
            folder = context.home
            for assignment in assignments {
                let (name, value) = (assignment.name, assignment.value)
                if ["", "CRON_TZ", "LOGNAME"].contains(name) { continue }
                if name == "SHELL", !value.isEmpty { shell = value }
                if name == "MAILTO" { addresses = MailTo(value).addresses }
                if name == "HOME", !value.isEmpty { folder = Path.absolute(value, in: folder) }
                // `environment` is a template, a crontab's value is not.
                variables.append(Variable(name, Template.literal(value)))
            }
        }
    }

    /// All that a run of a line depends on: lines that differ in it are different flows.
    private struct Setting: Hashable {
        var command: String
        var input: String
        var shell: String
        var folder: String
        var variables: [Variable]
        /// Follow from the variables.
        var addresses: [String]

        init(_ entry: Crontab.Entry, _ environment: Environment) {
            command = entry.command
            input = entry.input ?? ""
            shell = environment.shell
            folder = environment.folder
            variables = environment.variables
            addresses = environment.addresses
        }

        var bytes: [UInt8] {
            let texts =
                [command, input, shell, folder] + variables.flatMap { [$0.name, $0.value] }
            return texts.flatMap { Array($0.utf8) + [0] }
        }
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
