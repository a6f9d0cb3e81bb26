import Glibc
import Storage

/// The processes of the machine at one moment (proc(5)), zombies left out.
struct ProcessTable {
    struct Entry: Equatable {
        let pid: pid_t
        let group: Int64
        /// In clock ticks since the machine started.
        let startTicks: Int64

        /// Whether it was made in a span of boot time, in nanoseconds. `until` is 0 where the
        /// runner died before it could write it; then the span is open.
        func isMade(from: Int64, until: Int64) -> Bool {
            let tick = 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
            return startTicks >= from / tick && (until == 0 || startTicks <= until / tick)
        }

        /// Whether its environment, as it was given to it, has all of `variables`.
        ///
        /// That of another user's process cannot be read, and is none of ours.
        func environmentHolds(_ variables: [String]) -> Bool {
            guard let bytes = ProcFile.bytes("/proc/\(pid)/environ") else { return false }
            let found = Set(bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            return variables.allSatisfy(found.contains)
        }
    }

    private var byPid: [pid_t: Entry] = [:]

    init() {
        for name in folderNames("/proc") {
            guard let pid = pid_t(name), pid != getpid(), let entry = Self.entry(pid) else {
                continue
            }
            byPid[pid] = entry
        }
    }

    var processes: [Entry] { byPid.values.sorted { $0.pid < $1.pid } }

    subscript(pid: pid_t) -> Entry? { byPid[pid] }

    /// The process as it is now; `nil` if there is none, or only its zombie.
    static func entry(_ pid: pid_t) -> Entry? {
        guard let bytes = ProcFile.bytes("/proc/\(pid)/stat"),
            // The name is in parentheses and may hold anything, parentheses too.
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: 32).map {
            String(decoding: $0, as: UTF8.self)
        }
        // proc(5) counts from 1 and from the pid: here 0 is field 3, the state.
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let group = Int64(fields[2]),
            let start = Int64(fields[19])
        else { return nil }
        return Entry(pid: pid, group: group, startTicks: start)
    }
}
