import Flows
import HostFiles

/// How a service's commands are executed, and what counts as success.
extension ServiceTasks {
    /// nice(1) and its like, which do what `Nice=` and its like say.
    func wrappers(_ findings: inout UnitFindings) -> [String] {
        var words: [String] = []
        if let setting = unit.last("Service", "UMask") {
            let isOctal = setting.value.utf8.allSatisfy { (0x30...0x37).contains($0) }
            if isOctal, (1...4).contains(setting.value.utf8.count) {
                words += ["sh", "-c", "umask \(setting.value) && exec \"$0\" \"$@\""]
            } else {
                findings.add(.fault, "UMask=\(setting.value) is no mode in octal digits", setting)
            }
        }
        if let setting = unit.last("Service", "Nice") {
            if let nice = Int(setting.value), (-20...19).contains(nice) {
                words += ["nice", "-n", String(nice)]
            } else {
                findings.add(.fault, "Nice=\(setting.value) is not of -20 to 19", setting)
            }
        }
        words += disk(&findings)
        if let setting = unit.last("Service", "CPUSchedulingPolicy") {
            switch setting.value {
            case "other": break
            case "batch", "idle": words += ["chrt", "--\(setting.value)", "0"]
            default:
                findings.add(
                    .warning,
                    "CPUSchedulingPolicy=\(setting.value): a task has the runner's",
                    setting,
                    hint: "chrt(1) before the command"
                )
            }
        }
        return words
    }

    private func disk(_ findings: inout UnitFindings) -> [String] {
        let priority = unit.last("Service", "IOSchedulingPriority")
        let kind = unit.last("Service", "IOSchedulingClass")
        guard let setting = kind ?? priority else { return [] }
        let level = priority.flatMap { Int($0.value) }
        guard priority == nil || level.map({ (0...7).contains($0) }) == true else {
            findings.add(.fault, "\(setting.key)=\(setting.value) is not of 0 to 7", setting)
            return []
        }
        switch kind?.value ?? "best-effort" {
        case "idle", "3": return ["ionice", "-c", "3"]
        case "best-effort", "2": return ["ionice", "-c", "2", "-n", String(level ?? 4)]
        case "realtime", "1": return ["ionice", "-c", "1", "-n", String(level ?? 4)]
        case "none", "0": return []
        default:
            findings.add(
                .fault,
                "\(setting.key)=\(setting.value): systemd knows no such class",
                setting
            )
            return []
        }
    }

    /// `SuccessExitStatus=`, signals as sh(1) has them in `$?`.
    func successCodes(_ findings: inout UnitFindings) -> [Int] {
        var codes: [Int] = []
        for setting in unit.all("Service", "SuccessExitStatus") {
            for word in words(setting, &findings) ?? [] {
                if let code = ServiceStatus.code(word) {
                    if code != 0, !codes.contains(code) { codes.append(code) }
                } else {
                    findings.add(
                        .fault,
                        "SuccessExitStatus: '\(word)' is neither an exit status nor a signal",
                        setting,
                        hint: "write its number, 0 to 255"
                    )
                }
            }
        }
        return codes
    }
}

/// Exit statuses by name: `systemd-analyze exit-status`.
enum ServiceStatus {
    /// Of `75`, `TEMPFAIL` or `SIGTERM`, which sh(1) has as 143; nil for what is none of them.
    static func code(_ text: String) -> Int? {
        if let code = Int(text) { return (0...255).contains(code) ? code : nil }
        if let code = names[text] { return code }
        return SignalNames.number(of: text).map { 128 + $0 }
    }

    private static let names: [String: Int] = {
        let low = [
            "SUCCESS", "FAILURE", "INVALIDARGUMENT", "NOTIMPLEMENTED", "NOPERMISSION",
            "NOTINSTALLED", "NOTCONFIGURED", "NOTRUNNING",
        ]
        let middle = [
            "USAGE", "DATAERR", "NOINPUT", "NOUSER", "NOHOST", "UNAVAILABLE", "SOFTWARE", "OSERR",
            "OSFILE", "CANTCREAT", "IOERR", "TEMPFAIL", "PROTOCOL", "NOPERM", "CONFIG",
        ]
        var names = ["EXCEPTION": 255, "EXEC": 203, "CHDIR": 200]
        for (first, list) in [(0, low), (64, middle)] {
            for (index, name) in list.enumerated() { names[name] = first + index }
        }
        return names
    }()
}
