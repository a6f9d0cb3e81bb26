/// What systemd says of Flower's units, judged.
struct UnitCheck {
    /// For `systemctl`, with a blank before it: ` --user`, or nothing.
    let option: String
    /// Whose wake file the runner's path unit is to watch.
    let wakePath: String
    /// Each unit's properties by its name.
    let units: [String: [String: String]]
    /// The text of a unit with its drop-ins, `systemctl cat`: of one that does not run, no property tells
    /// its watchdog (seen with systemd 252).
    let settings: [String: String]

    static let services = ["flower-run.service", "flower-scheduler.service"]

    static let names = [
        "flower.target", "flower-scheduler.service", "flower-run.path", "flower-run.timer",
        "flower-run.service", "flower-tick.timer",
    ]

    /// - Parameter text: of `systemctl show`: a block of `Name=value` lines for each unit, with its `Id`.
    init(option: String, wakePath: String, text: String, settings: [String: String]) {
        self.option = option
        self.settings = settings
        self.wakePath = wakePath
        var units: [String: [String: String]] = [:]
        for block in text.split(separator: "\n\n") {
            var properties: [String: String] = [:]
            for line in block.split(separator: "\n") {
                guard let equals = line.firstIndex(of: "=") else { continue }
                properties[String(line[..<equals])] = String(line[line.index(after: equals)...])
            }
            if let name = properties["Id"] { units[name] = properties }
        }
        self.units = units
    }

    private func value(_ property: String, of unit: String) -> String {
        units[unit]?[property] ?? ""
    }

    private func isActive(_ unit: String) -> Bool {
        ["active", "reloading"].contains(value("ActiveState", of: unit))
    }

    private var usesTicks: Bool { isActive("flower-tick.timer") }

    var findings: [DoctorFinding] {
        let absent = Self.names.filter { value("LoadState", of: $0) == "not-found" }
        guard absent.isEmpty else {
            return [
                .missing(
                    "units",
                    "systemd does not know \(absent.joined(separator: ", "))",
                    "install Flower (its package, or make install), then"
                        + " systemctl\(option) daemon-reload"
                )
            ]
        }
        var findings: [DoctorFinding] = [.good("units", "installed")]
        if Self.names.contains(where: { value("NeedDaemonReload", of: $0) == "yes" }) {
            let remedy = "systemctl\(option) daemon-reload"
            findings = [.missing("units", "changed since systemd has read them", remedy)]
        }
        findings += [enabled] + active + watchdog + [wake]
        return findings
    }

    private var enabled: DoctorFinding {
        let state = value("UnitFileState", of: "flower.target")
        guard state != "enabled" else { return .good("enabled", "flower.target starts at boot") }
        let when = isAtRest ? "nothing of it runs, now or after a boot" : "nothing starts at boot"
        return .missing(
            "enabled",
            "flower.target is \(state.isEmpty ? "not enabled" : state): \(when)",
            "systemctl\(option) enable --now flower.target"
        )
    }

    /// As after an installation: nobody has started it, or it was stopped.
    private var isAtRest: Bool {
        value("ActiveState", of: "flower.target") == "inactive"
            && value("LoadState", of: "flower.target") != "masked"
    }

    private var active: [DoctorFinding] {
        var needed = ["flower.target", "flower-run.path", "flower-run.timer"]
        needed.append(usesTicks ? "flower-tick.timer" : "flower-scheduler.service")
        var stopped = needed.filter { !isActive($0) }
        if isAtRest {
            // One command starts them all, and enables them where they are not.
            let isEnabled = value("UnitFileState", of: "flower.target") == "enabled"
            stopped.removeAll {
                value("ActiveState", of: $0) == "inactive" && !(isEnabled && $0 == "flower.target")
            }
            if stopped.isEmpty { return [] }
        }
        if stopped.isEmpty {
            let registrar = usesTicks ? "flower-tick.timer" : "the scheduler"
            return [.good("active", "\(registrar) and the runner's wake-up and timer")]
        }
        return stopped.map { unit in
            if value("ActiveState", of: unit) == "failed" {
                return .missing(
                    "active",
                    "\(unit) has failed (\(value("Result", of: unit)))",
                    "journalctl\(option) -u \(unit) -n 20 tells why;"
                        + " then systemctl\(option) restart \(unit)"
                )
            }
            if value("LoadState", of: unit) == "masked" {
                return .note(
                    "active",
                    "\(unit) is masked"
                        + (unit == "flower-run.path" ? ": work waits up to a minute" : ""),
                    "systemctl\(option) unmask \(unit)"
                )
            }
            return .missing(
                "active",
                "\(unit) is not active",
                "systemctl\(option) start flower.target"
            )
        }
    }

    private var watchdog: [DoctorFinding] {
        let unwatched = Self.services.filter { unit in
            if usesTicks, unit == "flower-scheduler.service" { return false }
            // Of several assignments the last counts.
            let lines = settings[unit, default: ""].split(separator: "\n")
            let set = lines.last { $0.hasPrefix("WatchdogSec=") }?.dropFirst("WatchdogSec=".count)
            return ["", "0", "infinity"].contains(set ?? "")
        }
        if unwatched.isEmpty {
            return [.good("watchdog", "one that makes no progress is restarted")]
        }
        return unwatched.map { unit in
            .missing(
                "watchdog",
                "\(unit) is not watched: one that hangs stays so",
                "take WatchdogSec= out of its drop-ins: systemctl\(option) cat \(unit)"
            )
        }
    }

    /// `Paths=/var/lib/flower/wake (PathExists)`, several separated by blanks.
    private var wake: DoctorFinding {
        let paths = value("Paths", of: "flower-run.path")
        if paths.split(separator: " ").contains(Substring(wakePath)) {
            return .good("wake-up", "\(wakePath) starts the runner")
        }
        return .missing(
            "wake-up",
            "flower-run.path watches \(paths.isEmpty ? "nothing" : paths), not \(wakePath)",
            "systemctl\(option) edit flower-run.path: [Path], PathExists=, PathExists=\(wakePath)"
        )
    }
}
