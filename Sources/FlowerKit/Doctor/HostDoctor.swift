import Components
import Execution
import Glibc
import Storage

/// Looks at all that Flower needs on this host, and changes nothing but what every command does.
struct HostDoctor {
    let folder: StateFolder
    let session: Session

    /// Whose units work with the folder.
    private enum Units {
        case system
        case user
        case none
    }

    private var units: Units {
        if folder.path == StateFolder.systemPath { return .system }
        let own = StateChoice.user.folder(session.environment)
        return folder == own ? .user : .none
    }

    /// The database last: root becomes the folder's owner by opening it.
    func findings() -> [DoctorFinding] {
        systemd + account + FolderCheck(folder: folder, isSystem: units == .system).findings
            + flowFiles + HostCheck.findings + database
    }

    // MARK: - systemd

    private var systemd: [DoctorFinding] {
        guard units != .none else {
            return [
                .note(
                    "units",
                    "none of Flower's works with \(folder.path)",
                    "leave out --state and $FLOWER_STATE, or start flower scheduler --run yourself"
                )
            ]
        }
        // sd_booted(3).
        guard access("/run/systemd/system", F_OK) == 0 else {
            return [
                .missing(
                    "systemd",
                    "it is not this host's service manager",
                    "flower scheduler --run does without it, as a container's command"
                )
            ]
        }
        let option = units == .user ? " --user" : ""
        let text = SystemProgram.output(of: "systemctl\(option) \(Self.question)")
        guard let text else {
            let name = units == .user ? "your service manager (systemctl --user)" : "systemd"
            return [
                .missing(
                    "systemd",
                    "\(name) does not answer",
                    units == .user
                        ? "log in as yourself, not by su(1) or sudo(8); --system looks at the host's"
                        : "systemctl status tells why"
                )
            ]
        }
        var settings: [String: String] = [:]
        for service in UnitCheck.services {
            settings[service] = SystemProgram.output(of: "systemctl\(option) cat \(service)")
        }
        let check = UnitCheck(
            option: option,
            wakePath: folder.wakePath,
            text: text,
            settings: settings
        )
        return check.findings + (units == .user ? lingering : [])
    }

    private static let question =
        "show --property=Id,LoadState,UnitFileState,ActiveState,Result,NeedDaemonReload,Paths "
        + UnitCheck.names.joined(separator: " ")

    private var lingering: [DoctorFinding] {
        guard let name = User.nameOf(getuid()) else { return [] }
        if access("/var/lib/systemd/linger/\(name)", F_OK) == 0 { return [] }
        return [
            .note("units", "they end when you log out", "loginctl enable-linger keeps them at work")
        ]
    }

    // MARK: - Whose tasks these are

    private var account: [DoctorFinding] {
        guard units == .system else { return [] }
        if getpwnam("flower") != nil, getgrnam("flower") != nil {
            return [.good("user", "flower, as whom tasks run")]
        }
        return [.missing("user", "there is no user and group flower", "systemd-sysusers")]
    }

    private var flowFiles: [DoctorFinding] {
        guard units != .none else { return [] }
        let path = FolderPath.flowFiles(of: folder, session.environment)
        guard FolderPath.isFolder(path) else {
            let remedy = "mkdir -p \(path), and put flow files into it"
            return [.note("flow files", "there is no folder \(path)", remedy)]
        }
        guard access(path, R_OK | X_OK) == 0 else {
            return [.missing("flow files", "\(path) cannot be read", "chmod a+rX \(path)")]
        }
        return [.good("flow files", path)] + formerUsers(path)
    }

    /// Flows whose tasks ran as somebody else where they come from, of the files that have no fault.
    private func formerUsers(_ path: String) -> [DoctorFinding] {
        let (files, _) = session.makeLoader(at: session.now, for: folder).load(paths: [path])
        let runner = Account.ofRunner(in: folder).name
        let others = files.flatMap(\.formerUsers).filter { $0.value != runner }
        guard !others.isEmpty else { return [] }
        let users = Set(others.map(\.value)).sorted().prefix(5).joined(separator: ", ")
        return [
            .note(
                "flow files",
                "\(counted(others.count, "flow")) ran as \(Printable.line(users)) before,"
                    + " and will run as \(runner)",
                "flower validate \(path) names each ('ran_as')"
            )
        ]
    }

    // MARK: - Who is alive

    private func attendance(_ store: Store) throws -> [DoctorFinding] {
        let trouble = try Trouble(in: store, session)
        var findings: [DoctorFinding] = []
        if let text = trouble.scheduler {
            findings.append(.missing("scheduler", text, Trouble.schedulerRemedy))
        } else if try store.outlook(at: session.now).hasSchedule {
            findings.append(.good("scheduler", "alive"))
        }
        if let runs = trouble.runsOfDeadRunners {
            let message = "\(runs): \(Trouble.deadRunner)"
            findings.append(.missing("runner", message, Trouble.runnerRemedy))
        } else if let text = trouble.runner, try store.hasWork(at: session.now) {
            findings.append(.missing("runner", text, Trouble.runnerRemedy))
        }
        return findings
    }

    // MARK: - The database

    private var database: [DoctorFinding] {
        guard folder.exists else { return [] }
        do {
            let store = try Store.open(folder, create: false)
            var findings: [DoctorFinding] = [
                .good("database", "of this version, and answers"), HostCheck.sqlite(.present),
            ]
            let refused = try store.refusedFiles()
            if !refused.isEmpty {
                let message = "\(counted(refused.count, "file")) refused by the scheduler"
                findings.append(.missing("flow files", message, "flower flows tells why"))
            }
            findings += try ScheduleCheck.findings(store)
            findings += HostCheck.libcurl(try store.flows(using: HTTPLibrary.components)) {
                HTTPLibrary.isThere
            }
            return try findings + attendance(store)
                + HostCheck.sendmail(session.runnerOptions.sendmail, isNeeded: try store.usesMail())
        } catch {
            let failure = Failure(error)
            return [.missing("database", failure.message, failure.hint ?? "flower check")]
        }
    }
}
