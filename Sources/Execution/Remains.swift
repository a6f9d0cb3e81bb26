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
        signalOrphans(number)
    }

    /// - Returns: whether there is such a group.
    @discardableResult
    func signalGroup(_ number: Int32) -> Bool {
        guard kill(-pid, number) == 0 else { return false }
        // A stopped process would not hear it.
        if number == SIGTERM { kill(-pid, SIGCONT) }
        return true
    }

    /// Signals those that have left the group.
    ///
    /// - Returns: whether there is any.
    @discardableResult
    func signalOrphans(_ number: Int32) -> Bool {
        guard orphans.isAnyLeft(of: mark) else { return false }
        return orphans.signal(mark, number, besides: pid)
    }

    private var isGroupAlive: Bool { kill(-pid, 0) == 0 || errno == EPERM }
}
