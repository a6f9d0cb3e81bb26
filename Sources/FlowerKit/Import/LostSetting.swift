import FlowFiles
import HostFiles

/// Why a setting of a unit is not carried over, by its key.
enum LostSetting {
    struct Reason {
        let severity: Diagnostic.Severity
        let text: String
        var hint: String?
    }

    /// Nil where nothing is lost: texts for people, how a unit is enabled, what says what is so anyway.
    static func reason(_ setting: UnitFile.Setting) -> Reason? {
        let (key, value) = (setting.key, setting.value)
        if value.isEmpty || key.hasPrefix("X-") || setting.section.hasPrefix("X-") { return nil }
        if setting.section == "Install" || silent.contains(key) { return nil }
        if !["Unit", "Timer", "Service"].contains(setting.section) {
            return Reason(severity: .warning, text: "systemd knows no section [\(setting.section)]")
        }
        if usual[key]?.contains(value) == true { return nil }
        if key.hasPrefix("Condition") || key.hasPrefix("Assert") { return condition }
        let isOff = UnitFile.boolean(value) == false
        if isOff, isSandbox(key) { return nil }
        if let reason = reasons[key] { return reason }
        if isSandbox(key) { return sandbox }
        if resourcePrefixes.contains(where: key.hasPrefix) { return resources }
        return Reason(severity: .warning, text: "Flower has nothing for it")
    }

    /// For people, or the default said once more.
    private static let silent: Set<String> = ["Description", "Documentation", "SourcePath"]
    private static let usual: [String: Set<String>] = [
        "KillMode": ["control-group"], "KillSignal": ["SIGTERM", "TERM", "15"],
        "RemainAfterExit": ["no", "false", "0", "off"], "Restart": ["no"],
        "StandardInput": ["null"], "StandardOutput": ["journal", "inherit", "syslog"],
        "StandardError": ["journal", "inherit", "syslog"], "SendSIGKILL": ["yes", "true", "1"],
        "RemainAfterElapse": ["yes", "true", "1"], "DefaultDependencies": ["yes", "true", "1"],
        "OnClockChange": ["no", "false", "0"], "OnTimezoneChange": ["no", "false", "0"],
        "WakeSystem": ["no", "false", "0"], "IgnoreSIGPIPE": ["yes", "true", "1"],
        // What every unit has of itself, and what is up before any runner.
        "Before": ["shutdown.target"], "Conflicts": ["shutdown.target"], "After": early,
        "Requires": early, "Wants": early,
    ]

    private static let early: Set<String> = ["local-fs.target", "sysinit.target", "basic.target"]

    private static let condition = Reason(
        severity: .warning,
        text: "the tasks start in any case",
        hint: "begin a task with what it says, as in: [ -e /a/path ] || exit 0"
    )
    private static let sandbox = Reason(
        severity: .warning,
        text: "a task is not shut in so",
        hint: "what shuts in flower-run.service holds for all tasks: systemctl edit"
    )
    private static let resources = Reason(
        severity: .warning,
        text: "a task has no limits or weights of its own",
        hint: "those of flower-run.service hold for all tasks; prlimit(1) sets one for a command"
    )
    private static let order = Reason(
        severity: .note,
        text: "Flower knows no order of units"
    )
    private static let others = Reason(
        severity: .warning,
        text: "Flower starts, stops and waits for no other units",
        hint: "a task before it may say: systemctl start UNIT"
    )
    private static let folder = Reason(
        severity: .warning,
        text: "the folder is not made, and its variable not set",
        hint: "make it once, or in a task before the others"
    )
    private static let ending = Reason(
        severity: .warning,
        text: "the processes that a task leaves are ended: TERM, then KILL"
    )
    private static let logging = Reason(
        severity: .note,
        text: "what tasks print is kept by Flower and has Flower's fields in the journal"
    )
    private static let again = Reason(
        severity: .warning,
        text: "a task that fails is not tried again",
        hint: "retries: {limit: 3, delay: 10s}"
    )
    private static let limit = Reason(
        severity: .note,
        text: "Flower does not count how often it starts"
    )
    private static let capabilities = Reason(
        severity: .warning,
        text: "a task has the capabilities of its runner"
    )
    private static let group = Reason(
        severity: .warning,
        text: "a task has the groups of the user as whom it runs"
    )

    private static let reasons: [String: Reason] = {
        var reasons: [String: Reason] = [
            "AccuracySec": Reason(
                severity: .note,
                text: "Flower starts at the due time itself, not up to so much later"
            ),
            "WakeSystem": Reason(severity: .warning, text: "Flower does not wake the machine"),
            "OnClockChange": Reason(severity: .warning, text: "Flower has no such event"),
            "OnTimezoneChange": Reason(severity: .warning, text: "Flower has no such event"),
            "RemainAfterElapse": Reason(severity: .note, text: "a schedule stays"),
            "RemainAfterExit": Reason(
                severity: .warning,
                text: "systemd starts such a service once; Flower does at every due time"
            ),
            "OnFailure": Reason(
                severity: .warning,
                text: "Flower starts no other units",
                hint: "on_failure: {exec: [systemctl, start, UNIT]}"
            ),
            "OnSuccess": Reason(
                severity: .warning,
                text: "Flower starts no other units",
                hint: "on_success: {exec: [systemctl, start, UNIT]}"
            ),
            "ExecStop": Reason(
                severity: .warning,
                text: "is not executed",
                hint: "make a task of it that needs the others"
            ),
            "ExecStopPost": Reason(
                severity: .warning,
                text: "is not executed",
                hint: "always: {exec: [PROGRAM]} is executed whenever a run has ended"
            ),
            "ExecReload": Reason(severity: .note, text: "a task is never reloaded"),
            "StandardInput": Reason(severity: .warning, text: "a task reads /dev/null"),
            "PassEnvironment": Reason(
                severity: .warning,
                text: "a task sees nothing of the service manager's variables",
                hint: "write them into environment:"
            ),
            "UnsetEnvironment": Reason(
                severity: .warning,
                text: "the variables stay set where Flower sets them"
            ),
            "RootDirectory": sandbox, "RootImage": sandbox, "DynamicUser": sandbox,
        ]
        let groups: [(Reason, [String])] = [
            (order, ["After", "Before", "DefaultDependencies"]),
            (
                others,
                [
                    "Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "Conflicts",
                    "RequiresMountsFor", "Sockets", "StopWhenUnneeded", "JoinsNamespaceOf",
                ]
            ),
            (
                folder,
                [
                    "RuntimeDirectory", "StateDirectory", "CacheDirectory", "LogsDirectory",
                    "ConfigurationDirectory",
                ]
            ),
            (ending, ["KillMode", "KillSignal", "SendSIGKILL", "SendSIGHUP", "FinalKillSignal"]),
            (
                logging,
                [
                    "StandardOutput", "StandardError", "SyslogIdentifier", "SyslogFacility",
                    "SyslogLevel", "SyslogLevelPrefix", "LogExtraFields", "LogLevelMax",
                    "LogRateLimitIntervalSec", "LogRateLimitBurst", "LogNamespace",
                ]
            ),
            (
                again,
                [
                    "Restart", "RestartSec", "RestartForceExitStatus", "RestartPreventExitStatus",
                ]
            ),
            (group, ["Group", "SupplementaryGroups"]),
            (
                limit,
                [
                    "StartLimitIntervalSec", "StartLimitBurst", "StartLimitInterval",
                    "StartLimitAction",
                ]
            ),
            (capabilities, ["CapabilityBoundingSet", "AmbientCapabilities"]),
        ]
        for (reason, keys) in groups {
            for key in keys { reasons[key] = reason }
        }
        return reasons
    }()

    private static let resourcePrefixes = [
        "CPU", "Memory", "Tasks", "IO", "Limit", "Slice", "Delegate", "OOM", "Managed",
        "StartupCPU", "StartupIO", "BlockIO", "NUMA",
    ]

    private static func isSandbox(_ key: String) -> Bool {
        let prefixes = [
            "Private", "Protect", "Restrict", "ReadWrite", "ReadOnly", "Inaccessible", "Bind",
            "NoExec", "Exec", "SystemCall", "Capability", "Ambient", "Device", "IPAddress",
            "SocketBind", "TemporaryFile", "Mount", "Root", "Dynamic", "Load", "SetCredential",
        ]
        let words: Set<String> = [
            "NoNewPrivileges", "LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC",
            "SecureBits", "AppArmorProfile", "SELinuxContext", "SmackProcessLabel",
            "KeyringMode", "PAMName", "NetworkNamespacePath", "Personality",
        ]
        if key.hasPrefix("Exec") { return ["ExecPaths"].contains(key) }
        return words.contains(key)
            || prefixes.contains { key.hasPrefix($0) && key != "BindsTo" }
    }
}
