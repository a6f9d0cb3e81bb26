import CLinux
import Glibc

/// What of an attempt may go on when its process has ended: its group, and what has left that (setsid(1), a
/// daemon).
struct Remains {
    /// The process that has ended, and the group that it has led.
    let pid: pid_t
    private let mark: AttemptMark
    private let orphans: Orphans

    init(of pid: pid_t, _ mark: AttemptMark, _ orphans: Orphans) {
        self.pid = pid
        self.mark = mark
        self.orphans = orphans
    }

    /// The process has been waited for.
    func begin() { orphans.ended(pid) }

    /// Nothing is left, or it cannot be ended.
    func end() { orphans.forget(mark) }

    var isAny: Bool {
        // Asked first: it waits for those that have ended, which are of the group until then.
        let isAnyOrphan = orphans.isAnyLeft(of: mark)
        return isAnyOrphan || isGroupAlive
    }

    /// The same, but a group of zombies alone does not count: whoever made them may never wait for them. It
    /// reads all of `/proc`, so it is asked late and seldom.
    var isAnyRunning: Bool {
        guard isAny else { return false }
        return orphans.isAnyLeft(of: mark)
            || ProcessTable().processes.contains { $0.group == Int64(pid) }
    }

    func signal(_ number: Int32) {
        signalGroup(number)
        _ = others().signal(number)
    }

    /// - Returns: whether there is such a group.
    @discardableResult
    func signalGroup(_ number: Int32) -> Bool {
        guard kill(-pid, number) == 0 else { return false }
        // A stopped process would not hear it.
        if number == SIGTERM { kill(-pid, SIGCONT) }
        return true
    }

    /// Those that have left the group.
    func others() -> Others { Others(orphans.tree(of: mark, madeBy: pid), besides: pid) }

    struct Others {
        private let table: ProcessTable
        private let pids: [pid_t]

        fileprivate init(
            _ found: (table: ProcessTable, entries: [ProcessTable.Entry]),
            besides group: pid_t
        ) {
            table = found.table
            pids = found.entries.filter { $0.group != Int64(group) }.map(\.pid)
        }

        var isEmpty: Bool { pids.isEmpty }

        /// - Parameter asked: are not signalled again.
        /// - Returns: those that were.
        func signal(_ number: Int32, but asked: Set<pid_t> = []) -> [pid_t] {
            pids.filter { pid in
                guard !asked.contains(pid), let pidfd = table.pidfd(of: pid) else { return false }
                clinux_pidfd_send_signal(pidfd, number)
                // A stopped process would not hear it.
                if number == SIGTERM { clinux_pidfd_send_signal(pidfd, SIGCONT) }
                close(pidfd)
                return true
            }
        }
    }

    private var isGroupAlive: Bool { kill(-pid, 0) == 0 || errno == EPERM }
}
