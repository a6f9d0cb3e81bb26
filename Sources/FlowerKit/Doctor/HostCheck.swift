import CLinux
import Components
import Cron
import Glibc
import HostTime
import Storage
import Systemd

/// What Flower needs of the host itself.
enum HostCheck {
    static var findings: [DoctorFinding] { [journal, clock, zones, inotify] }

    private static let library = "apt install libsystemd0"

    /// Whether entries can be read: `flower logs` and `journalctl` show them to those who may.
    private static var journal: DoctorFinding {
        guard access("/run/systemd/journal/socket", F_OK) == 0 else {
            return .note(
                "journal",
                "no journald runs: what tasks print is kept in files",
                "systemctl start systemd-journald, unless that is meant"
            )
        }
        do {
            let reader = try JournalReader()
            try reader.seekTail()
            guard try reader.previous() else {
                return .missing(
                    "journal",
                    "you may not read it",
                    "ask root: adduser \(User.nameOf(getuid()) ?? "YOU") systemd-journal; then log in anew"
                )
            }
            return .good("journal", "can be read")
        } catch {
            return .missing("journal", "\(error)", library)
        }
    }

    private static var clock: DoctorFinding {
        let now = HostClock().now
        guard now >= HostClock().earliest else {
            return .missing(
                "clock",
                "it says \(now.iso8601(in: .utc)): no schedule is looked at until it is right",
                "timedatectl set-time, or let NTP set it: timedatectl set-ntp true"
            )
        }
        if clinux_clock_is_kept() == 1 { return .good("clock", "kept right") }
        return .note(
            "clock",
            "nobody keeps it right: fires are as exact as it is",
            "apt install systemd-timesyncd (or chrony), then timedatectl set-ntp true"
        )
    }

    private static var zones: DoctorFinding {
        let directory = ZoneDirectory.host
        let count = directory.names().count
        guard count > 0 else {
            return .missing("zone data", "there is none in \(directory.path)", "apt install tzdata")
        }
        do throws(ZoneError) {
            let zone = try HostZone.current()
            return .good("zone data", "\(count) zones; the host's is \(zone.name)")
        } catch {
            return .missing("zone data", "\(error)", "set the zone: timedatectl set-timezone NAME")
        }
    }

    /// Each scheduler and runner takes a few, and so does each path unit.
    private static var inotify: DoctorFinding {
        let descriptors = (0..<instancesNeeded).map { _ in inotify_init1(Int32(IN_CLOEXEC)) }
        defer { for descriptor in descriptors where descriptor >= 0 { close(descriptor) } }
        let watch = descriptors.first.map { inotify_add_watch($0, "/", UInt32(IN_CREATE)) } ?? -1
        if watch >= 0, descriptors.allSatisfy({ $0 >= 0 }) {
            return .good("inotify", "the kernel has watches left")
        }
        return .missing(
            "inotify",
            "the kernel gives no more watches: wake-ups and changed files would go unseen",
            "raise fs.inotify.max_user_instances and max_user_watches: sysctl(8)"
        )
    }

    private static let instancesNeeded = 4

    /// Of programs that are not Flower: its own meet no such fault.
    static func sqlite(_ version: SQLiteVersion) -> DoctorFinding {
        guard version.hasWALResetFault else { return .good("SQLite", "\(version)") }
        return .note(
            "SQLite",
            "\(version), by its number, can lose what Flower has committed where another program copies"
                + " the WAL into the database (sqlite.org/wal.html)",
            "no PRAGMA wal_checkpoint, VACUUM or replication by others beside Flower; a shell that writes:"
                + " sqlite3 -cmd 'PRAGMA wal_autocheckpoint=0'"
        )
    }

    /// - Parameter isNeeded: whether a flow asks for mails.
    static func sendmail(_ path: String, isNeeded: Bool) -> [DoctorFinding] {
        guard isNeeded else { return [] }
        if access(path, X_OK) == 0 { return [.good("mail", path)] }
        return [
            .missing(
                "mail",
                "flows have 'notify', and there is no \(path)",
                "apt install default-mta, or set FLOWER_SENDMAIL for the runner"
            )
        ]
    }

    /// - Parameter flows: those whose components need it.
    static func libcurl(_ flows: [String], isThere: () -> Bool) -> [DoctorFinding] {
        guard !flows.isEmpty else { return [] }
        if isThere() { return [.good("HTTP", "there is a libcurl")] }
        let few = flows.prefix(5).joined(separator: ", ") + (flows.count > 5 ? ", ..." : "")
        let tasks = "tasks of \(counted(flows.count, "flow")) fail for it: \(Printable.line(few))"
        return [.missing("HTTP", "\(HTTPLibrary.missing); \(tasks)", HTTPLibrary.remedy)]
    }
}
