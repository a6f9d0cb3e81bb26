import Cron
import Execution
import FlowFiles
import Flows
import Glibc
import HostFiles

/// What one timer of systemd and the service that it starts become, and what must be said about it.
struct TimerImport {
    /// As it was named.
    let path: String
    /// Whose flow it will be.
    let account: Account
    let now: Instant
    /// Of the host.
    let zone: Zone
    private(set) var findings = UnitFindings()
    /// Why it is no flow and need not be one: a template, a masked unit.
    private(set) var passedOver: String?
    /// The timer itself is not there, or cannot be read.
    private(set) var isUnreadable = false

    init(path: String, account: Account, now: Instant, zone: Zone) {
        self.path = path
        self.account = account
        self.now = now
        self.zone = zone
    }

    static func isTimer(_ path: String) -> Bool { path.hasSuffix(".timer") }

    /// - Returns: nil where there is a fault, or it is passed over.
    mutating func flow() -> TimerFlow? {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard let name = UnitName(file) else {
            findings.add(.fault, "'\(file)' is no unit's name (systemd.unit(5))", path: path)
            return nil
        }
        guard !name.isTemplate else {
            passedOver = "a template; name its instance, as \(name.prefix)@NAME.timer"
            return nil
        }
        let place = UnitPlace(path: path, home: account.home)
        guard let timer = unit(name, in: place, at: place.file(of: name)) else { return nil }
        let specifiers = specifiers(name, timer.path, place)
        guard let serviceName = serviceName(of: timer, name, specifiers),
            let service = unit(serviceName, in: place, at: nil)
        else { return nil }
        return flow(timer, service, place)
    }

    private mutating func flow(
        _ timer: UnitFolders.Unit,
        _ service: UnitFolders.Unit,
        _ place: UnitPlace
    ) -> TimerFlow? {
        var flow = TimerFlow(name: TimerFlow.nameText(timer.name.stem, or: "timer").lowercased())
        flow.sources = [timer.path] + timer.dropIns + [service.path] + service.dropIns
        let specifiers = specifiers(service.name, service.path, place)
        flow.description =
            (service.last("Unit", "Description") ?? timer.last("Unit", "Description"))
            .map { (try? specifiers.expand($0.value)) ?? $0.value }
        for unit in [timer, service] {
            for setting in unit.all("Unit", "Documentation")
            where !flow.documentation.contains(setting.value) {
                flow.documentation.append(setting.value)
            }
        }
        var schedules = TimerSchedules(unit: timer, now: now, hostZone: zone)
        schedules.read(&findings)
        flow.schedules = schedules.schedules
        if flow.schedules.isEmpty, findings.faults == 0 {
            findings.add(.fault, "says no time at which it is due", path: timer.path)
        }
        var tasks = ServiceTasks(
            unit: service,
            specifiers: specifiers,
            home: account.home,
            isUserUnit: place.isUser,
            startsUnits: !place.isUser && account.name == "root",
            flow: flow
        )
        tasks.read(&findings)
        flow = tasks.flow
        tellUser(of: service, place, specifiers, &flow)
        if place.isUser { tellManager(of: service, Self.uid(of: account.name)) }
        // What its service asks too is asked at each start.
        let asked = timer.settings.filter { setting in
            tasks.carried.contains { $0.key == setting.key && $0.value == setting.value }
        }
        tellLost(timer, "Timer", TimerSchedules.keys, besides: Set(asked))
        tellLost(service, "Service", ServiceTasks.keys, besides: tasks.carried)
        return findings.faults == 0 ? flow : nil
    }

    // MARK: units

    /// Of a unit's lines that systemd passes over so many are told.
    private static let complaintLimit = 20

    private mutating func unit(
        _ name: UnitName,
        in place: UnitPlace,
        at path: String?
    ) -> UnitFolders.Unit? {
        do throws(UnitFolders.Fault) {
            let unit = try place.folders.unit(name, at: path)
            for (path, complaint) in unit.complaints.prefix(Self.complaintLimit) {
                findings.add(.note, complaint.message, path: path, line: complaint.line)
            }
            let left = unit.complaints.count - Self.complaintLimit
            if left > 0 {
                findings.add(
                    .note,
                    "has \(left) more lines that systemd passes over",
                    path: unit.path
                )
            }
            return unit
        } catch {
            switch error {
            case .masked(let path):
                passedOver =
                    "\(path == self.path ? "it" : path) is masked: systemd does not start it"
            case .missing where name.suffix == "timer":
                isUnreadable = true
            case .unreadable(self.path, _): isUnreadable = true
            case .missing:
                findings.add(
                    .fault,
                    "there is no \(name.text) in \(place.folders.paths.joined(separator: ", "))",
                    path: self.path,
                    hint: "put it beside the timer"
                )
            case .unreadable(let path, let code):
                findings.add(
                    .fault,
                    "\(path) cannot be read: \(String(cString: strerror(code)))",
                    path: self.path,
                    hint: code == EACCES ? "look at its permissions and its folders'" : nil
                )
            case .tooLarge(let path):
                findings.add(
                    .fault,
                    "\(path) is larger than \(UnitFolders.fileBytes) bytes",
                    path: self.path,
                    hint: "a unit's file is text of some lines: is it the right one?"
                )
            }
            return nil
        }
    }

    /// What the timer starts: `Unit=`, else the service of its name.
    private mutating func serviceName(
        of timer: UnitFolders.Unit,
        _ name: UnitName,
        _ specifiers: UnitSpecifiers
    ) -> UnitName? {
        guard let setting = timer.last("Timer", "Unit") else { return name.with(suffix: "service") }
        let text = (try? specifiers.expand(setting.value)) ?? setting.value
        guard let named = UnitName(text), named.suffix == "service", !named.isTemplate else {
            findings.add(
                .fault,
                "Unit=\(text) is no service: a flow has commands, and starts no units",
                setting,
                hint: "a flow of your own may say: exec: [systemctl, start, \(text)]"
            )
            return nil
        }
        return named
    }

    private func specifiers(
        _ name: UnitName,
        _ fragment: String,
        _ place: UnitPlace
    ) -> UnitSpecifiers {
        UnitSpecifiers(
            name: name,
            fragment: fragment,
            isUserUnit: place.isUser,
            userName: place.isUser ? account.name : "root",
            uid: place.isUser ? Self.uid(of: account.name) : 0,
            home: place.isUser ? account.home : "/root"
        )
    }

    /// A user without an entry in passwd(5) is named by its number.
    private static func uid(of name: String) -> UInt32 {
        getpwnam(name)?.pointee.pw_uid ?? UInt32(name) ?? geteuid()
    }

    // MARK: what is said

    private mutating func tellManager(of service: UnitFolders.Unit, _ uid: UInt32) {
        findings.add(
            .note,
            "a user's manager gives its services XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS and a PATH"
                + " of its own, which no task gets",
            path: service.path,
            hint:
                "environment: {XDG_RUNTIME_DIR: /run/user/\(uid)}, for systemctl --user and its like"
        )
    }

    private mutating func tellUser(
        of service: UnitFolders.Unit,
        _ place: UnitPlace,
        _ specifiers: UnitSpecifiers,
        _ flow: inout TimerFlow
    ) {
        let setting = service.last("Service", "User")
        let user = setting.map { (try? specifiers.expand($0.value)) ?? $0.value }
        let former = user ?? (place.isUser ? account.name : "root")
        guard former != account.name else { return }
        flow.formerUser = former
        findings.add(
            .warning,
            "ran as \(former) and will run as \(account.name), whose flow it becomes",
            path: setting?.path ?? service.path,
            line: setting?.line ?? 0
        )
    }

    private mutating func tellLost(
        _ unit: UnitFolders.Unit,
        _ section: String,
        _ keys: Set<String>,
        besides carried: Set<UnitFile.Setting> = []
    ) {
        for (index, setting) in unit.settings.enumerated() where !carried.contains(setting) {
            if setting.section == section, keys.contains(setting.key) { continue }
            // An empty value takes back what was before it, one of a condition all conditions.
            let kind = ["Condition", "Assert"].first { setting.key.hasPrefix($0) } ?? setting.key
            let isTakenBack = unit.settings[index...].contains {
                $0.section == setting.section && $0.value.isEmpty
                    && ($0.key == setting.key || $0.key.hasPrefix(kind) && kind != setting.key)
            }
            if !isTakenBack { findings.addLost(setting) }
        }
    }
}

/// Where a timer's file lies, and where the units are that belong to it.
struct UnitPlace {
    let folders: UnitFolders
    /// Of a user's manager, not the system's.
    let isUser: Bool
    private let folder: String

    init(path: String, home: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
        self.folder = folder
        let here = Self.resolved(folder)
        let user = UnitFolders.user(home: home)
        let isIn = { (folders: UnitFolders) in
            folders.paths.contains { Self.resolved($0) == here }
        }
        if isIn(.system) {
            folders = .system
            isUser = false
        } else if isIn(user) {
            folders = user
            isUser = true
        } else {
            // Elsewhere: what belongs together lies side by side.
            folders = UnitFolders(paths: [folder])
            isUser = here.hasSuffix("/systemd/user")
        }
    }

    /// The timer's own file, or its template's where the named one is not there.
    func file(of name: UnitName) -> String? {
        let own = "\(folder)/\(name.text)"
        if access(own, F_OK) == 0 || name.template == nil { return own }
        let template = name.template.map { "\(folder)/\($0.text)" } ?? own
        return access(template, F_OK) == 0 ? template : nil
    }

    /// As it is where it leads nowhere.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
