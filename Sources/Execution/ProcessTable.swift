import CLinux
import Glibc
import Storage

/// The processes of the machine at one moment (proc(5)), zombies left out.
struct ProcessTable {
    struct Entry: Equatable {
        let pid: pid_t
        let parent: pid_t
        let group: Int64
        /// In clock ticks since the machine started.
        let startTicks: Int64

        /// Whether it was made in a span of boot time, in nanoseconds. `until` is 0 where the
        /// runner died before it could write it; then the span is open.
        func isMade(from: Int64, until: Int64) -> Bool {
            let tick = 1_000_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
            return startTicks >= from / tick && (until == 0 || startTicks <= until / tick)
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

    init(of entries: [Entry]) {
        for entry in entries { byPid[entry.pid] = entry }
    }

    var processes: [Entry] { byPid.values.sorted { $0.pid < $1.pid } }

    subscript(pid: pid_t) -> Entry? { byPid[pid] }

    /// These and all that they have made, as far as its makers live.
    func trees(of roots: some Collection<pid_t>) -> [Entry] {
        var children: [pid_t: [pid_t]] = [:]
        for entry in byPid.values { children[entry.parent, default: []].append(entry.pid) }
        var pids = Array(roots)
        var seen = Set(pids)
        var next = 0
        while next < pids.count {
            pids += (children[pids[next]] ?? []).filter { seen.insert($0).inserted }
            next += 1
        }
        return pids.compactMap { byPid[$0] }
    }

    /// A close-on-exec descriptor of a process of this table; `nil` where its pid is another's by now.
    func pidfd(of pid: pid_t) -> Int32? {
        let pidfd = clinux_pidfd_open(pid)
        guard pidfd >= 0 else { return nil }
        // Between the look and the open the pid may have passed to another process.
        guard let seen = byPid[pid], let now = Self.entry(pid), now.startTicks == seen.startTicks
        else {
            close(pidfd)
            return nil
        }
        return pidfd
    }

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
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let parent = pid_t(fields[1]),
            let group = Int64(fields[2]), let start = Int64(fields[19])
        else { return nil }
        return Entry(pid: pid, parent: parent, group: group, startTicks: start)
    }
}
