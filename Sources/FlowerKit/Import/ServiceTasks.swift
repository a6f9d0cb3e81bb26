import FlowFiles
import Flows
import Glibc
import HostFiles

/// What a service's section `[Service]` does, as tasks one after another: systemd.service(5), systemd.exec(5).
struct ServiceTasks {
    let unit: UnitFolders.Unit
    let specifiers: UnitSpecifiers
    /// Of the user as whom the flow will run.
    let home: String
    let isUserUnit: Bool
    /// Tasks may start units as the service manager does.
    let startsUnits: Bool
    private(set) var flow: TimerFlow
    /// Settings of `[Unit]` that are carried over.
    var carried: Set<UnitFile.Setting> = []

    /// - Parameter flow: to which the tasks and their world are added.
    init(
        unit: UnitFolders.Unit,
        specifiers: UnitSpecifiers,
        home: String,
        isUserUnit: Bool,
        startsUnits: Bool,
        flow: TimerFlow
    ) {
        self.unit = unit
        self.specifiers = specifiers
        self.home = home
        self.isUserUnit = isUserUnit
        self.startsUnits = startsUnits
        self.flow = flow
    }

    /// What is read here; all other keys of the section are lost.
    static let keys: Set<String> = [
        "CPUSchedulingPolicy", "Environment", "EnvironmentFile", "ExecCondition", "ExecStart",
        "ExecStartPost", "ExecStartPre", "IOSchedulingClass", "IOSchedulingPriority", "Nice",
        "RuntimeMaxSec", "SuccessExitStatus", "TimeoutSec", "TimeoutStartSec", "TimeoutStopSec",
        "Type", "UMask", "User", "WorkingDirectory",
    ]

    /// Where systemd looks for programs, and what tasks have as `PATH`: environment.d(5), with Debian's `/bin`.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    mutating func read(_ findings: inout UnitFindings) {
        readType(&findings)
        readEnvironment(&findings)
        readFolder(&findings)
        let condition = readConditions()
        readCommands(after: condition, &findings)
        readHooks()
    }

    private var isOneshot: Bool { unit.last("Service", "Type")?.value == "oneshot" }

    private func readType(_ findings: inout UnitFindings) {
        guard let setting = unit.last("Service", "Type") else { return }
        switch setting.value {
        case "simple", "exec", "oneshot", "idle": break
        case "forking":
            findings.add(
                .warning,
                "Type=forking: what the command leaves running is ended when it has ended",
                setting,
                hint: "a daemon stays a unit of systemd's"
            )
        default:
            findings.add(
                .warning,
                "Type=\(setting.value): a task runs until its command ends, and is told nothing",
                setting
            )
        }
    }

    // MARK: the world

    private mutating func readEnvironment(_ findings: inout UnitFindings) {
        var variables: [(name: String, value: String)] = [("PATH", Self.path)]
        for setting in unit.all("Service", "Environment") {
            guard let words = words(setting, &findings) else { continue }
            for word in words {
                guard let text = expanded(word, setting, &findings) else { continue }
                let parts = text.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                guard parts.count == 2, ServiceVariable.isName(String(parts[0])) else {
                    findings.add(
                        .note,
                        "Environment: '\(text)' is no NAME=VALUE; systemd passes it over",
                        setting
                    )
                    continue
                }
                let name = String(parts[0])
                if let problem = Names.faultOfVariable(name) {
                    findings.add(.fault, "Environment: \(problem)", setting)
                    continue
                }
                variables.removeAll { $0.name == name }
                variables.append((name, String(parts[1])))
            }
        }
        flow.environment = variables
        for setting in unit.all("Service", "EnvironmentFile") {
            guard let text = expanded(setting.value, setting, &findings) else { continue }
            let path = text.hasPrefix("-") ? String(text.dropFirst()) : text
            guard path.hasPrefix("/"), !path.contains(where: { "*?[".contains($0) }) else {
                findings.add(
                    .fault,
                    "EnvironmentFile=\(setting.value): a flow names files by their whole paths,"
                        + " without wildcards",
                    setting
                )
                continue
            }
            flow.environmentFiles.append(text)
        }
    }

    private mutating func readFolder(_ findings: inout UnitFindings) {
        flow.folder = isUserUnit ? home : "/"
        guard let setting = unit.last("Service", "WorkingDirectory"),
            var text = expanded(setting.value, setting, &findings)
        else { return }
        if text.hasPrefix("-") {
            text.removeFirst()
            findings.add(
                .warning,
                "WorkingDirectory=\(setting.value): a task does not start where the folder is missing",
                setting
            )
        }
        if text == "~" { text = home }
        guard text.hasPrefix("/") else {
            findings.add(
                .fault,
                "WorkingDirectory=\(setting.value) is no whole path: systemd refuses it",
                setting
            )
            return
        }
        flow.folder = text
    }

    // MARK: times

    private func length(
        _ keys: [String],
        _ findings: inout UnitFindings
    ) -> (text: String?, setting: UnitFile.Setting)? {
        let found = unit.settings.last { $0.section == "Service" && keys.contains($0.key) }
        guard let setting = found else { return nil }
        guard let length = UnitDuration(setting.value) else {
            findings.add(
                .fault,
                "\(setting.key)=\(setting.value) is no length of time: systemd passes it over",
                setting
            )
            return nil
        }
        // Zero switches it off, as infinity does.
        guard let milliseconds = length.milliseconds, milliseconds > 0 else {
            return (nil, setting)
        }
        guard milliseconds <= Limit.durationMilliseconds else { return (nil, setting) }
        return (DurationText.format(.milliseconds(milliseconds)), setting)
    }

    private struct Times {
        /// Of what is executed before and after the service's own command.
        var start: String?
        var main: String?
    }

    private mutating func times(_ findings: inout UnitFindings) -> Times {
        var times = Times()
        let start = length(["TimeoutSec", "TimeoutStartSec"], &findings)
        // Without a word of it a oneshot service may take for ever, others 90 s to start.
        times.start = start.map(\.text) ?? (isOneshot ? nil : "1m30s")
        let most = length(["RuntimeMaxSec"], &findings)
        times.main = isOneshot ? times.start : most?.text
        if isOneshot, let most, most.text != nil {
            findings.add(
                .note,
                "RuntimeMaxSec=\(most.setting.value) means nothing to a oneshot service",
                most.setting
            )
        }
        if let stop = length(["TimeoutSec", "TimeoutStopSec"], &findings) {
            flow.killGrace = stop.text ?? DurationText.format(.milliseconds(Self.forEver))
        }
        return times
    }

    /// In the place of `infinity` for `kill_grace`, in milliseconds.
    private static let forEver: Int64 = 366 * 86_400_000

    // MARK: commands

    /// - Parameter first: the task on whose output all others depend.
    private mutating func readCommands(
        after first: String?,
        _ findings: inout UnitFindings
    ) {
        let times = times(&findings)
        let before = wrappers(&findings)
        let codes = successCodes(&findings)
        var last = flow.tasks.last?.name
        var condition = first
        for key in ["ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost"] {
            let isMain = key == "ExecStart"
            for setting in unit.all("Service", key) {
                for parsed in commands(setting, &findings) {
                    let command = located(parsed, setting, &findings)
                    var manner = ServiceCommand.Manner(before: before)
                    if isMain { manner.successCodes = codes }
                    manner.isCondition = key == "ExecCondition"
                    tell(command, setting, &findings)
                    var step = TimerFlow.Step(
                        name: freeName(command.taskName),
                        action: command.action(manner)
                    )
                    step.timeout = isMain ? times.main : times.start
                    var needs: [String] = []
                    if let condition, condition != last { needs.append(condition) }
                    if let last { needs.append(last) }
                    step.needs = needs
                    step.when = condition.map { Self.when($0) }
                    flow.tasks.append(step)
                    last = step.name
                    if manner.isCondition { condition = step.name }
                }
            }
        }
        let starts = unit.all("Service", "ExecStart")
        if starts.isEmpty {
            findings.add(.fault, "has no ExecStart=: there is nothing to execute", path: unit.path)
        }
        if !isOneshot, let post = unit.all("Service", "ExecStartPost").first {
            findings.add(
                .warning,
                "ExecStartPost= is executed when ExecStart= has ended, not when it has begun",
                post
            )
        }
    }

    private func commands(
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) -> [ServiceCommand] {
        do throws(ServiceCommand.Problem) {
            return try ServiceCommand.parse(setting.value, specifiers)
        } catch {
            findings.add(.fault, "\(setting.key)=: \(error.message)", setting, hint: error.hint)
            return []
        }
    }

    /// systemd looks for a program in its own folders, whatever `PATH` the service sets.
    private func located(
        _ command: ServiceCommand,
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) -> ServiceCommand {
        let hasOwnPath = flow.environment.contains { $0.name == "PATH" && $0.value != Self.path }
        guard hasOwnPath, !command.path.hasPrefix("/") else { return command }
        let places = Self.path.split(separator: ":").map { "\($0)/\(command.path)" }
        if let place = places.first(where: { access($0, X_OK) == 0 }) {
            var found = command
            found.path = place
            return found
        }
        findings.add(
            .warning,
            "\(setting.key)=\(command.path): is looked for in the service's own PATH",
            setting,
            hint: "write its whole path"
        )
        return command
    }

    private func tell(
        _ command: ServiceCommand,
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) {
        if !command.privileges.isEmpty {
            findings.add(
                .warning,
                "\(setting.key)=\(command.privileges)\(command.path): all tasks run as one user,"
                    + " this one too",
                setting
            )
        }
        for word in command.lostWords {
            findings.add(
                .note,
                "\(setting.key)=: '\(word)' names no variable; systemd leaves the word out",
                setting
            )
        }
        if let name = command.hasSplitVariable, isQuoted(name) {
            findings.add(
                .warning,
                "\(setting.key)=: quotes in $\(name) do not keep words together in a task",
                setting,
                hint: "write the words into the command"
            )
        }
    }

    /// Whether a variable's value may have quotes, which systemd reads and sh(1) does not.
    private func isQuoted(_ name: String) -> Bool {
        if !flow.environmentFiles.isEmpty { return true }
        let value = flow.environment.last { $0.name == name }?.value ?? ""
        return value.contains { "\"'\\".contains($0) }
    }

    mutating func add(_ step: TimerFlow.Step) { flow.tasks.append(step) }

    mutating func add(_ hook: String, _ words: [String]) { flow.hooks.append((hook, words)) }

    private func freeName(_ wanted: String) -> String {
        let text = TimerFlow.nameText(wanted, or: "command")
        let taken = Set(flow.tasks.map(\.name))
        if !taken.contains(text) { return text }
        var number = 2
        while taken.contains("\(text)-\(number)") { number += 1 }
        return "\(text)-\(number)"
    }

    func words(
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) -> [String]? {
        do throws(UnitWords.Fault) {
            return try UnitWords.split(setting.value).map(\.text)
        } catch {
            findings.add(
                .fault,
                "\(setting.key)=: a quote or escape that does not end: systemd passes the line over",
                setting
            )
            return nil
        }
    }

    private func expanded(
        _ text: String,
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) -> String? {
        do throws(UnitSpecifiers.Fault) {
            return try specifiers.expand(text)
        } catch {
            findings.add(
                .fault,
                "\(setting.key)=: what stands for \(error.specifier) is not known here",
                setting,
                hint: "write it out in a drop-in, and import again"
            )
            return nil
        }
    }
}
