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
        guard !CrontabReading.setsTooMuch(bytes, findings) else { return [] }
        let world = CrontabWorld(
            host: context.crontabHost ?? .unknown(in: context),
            zoneExists: context.zoneExists,
            zoneHint: context.zoneHint,
            now: context.now,
            lint: context.lint
        )
        let commands = CrontabReading(world: world, findings: findings)
            .commands(of: Crontab(bytes, form: .user), stem: context.stem, owner: nil)
        return commands.map { command in
            FlowReader.Declared(
                name: command.name,
                place: command.place,
                flow: findings.faultCount == 0 ? flow(command) : nil
            )
        }
    }

    private func flow(_ command: CrontabCommandLines) -> Flow {
        let (entry, setting) = (command.job.entry, command.job.setting)
        return Flow(
            name: command.name,
            description: Text.clipped(entry.commandText),
            schedules: command.lines.map(\.schedule),
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
}

extension CrontabReading {
    /// Looked at before reading, whose time and memory go with the square of the assignments.
    static func setsTooMuch(_ bytes: [UInt8], _ findings: Findings) -> Bool {
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
