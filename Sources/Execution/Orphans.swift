import CLinux
import Glibc
import Storage
import Synchronization

/// The processes that tasks leave behind, whatever group and session they are in.
///
/// The runner is their subreaper (prctl(2)): a process whose parent ends becomes the runner's child. So
/// whether a task has left anything is read from one small file, the list of the runner's children, and
/// `/proc` is searched only where it has. As any init, the runner waits for those that end.
///
/// Belongs to the event thread.
final class Orphans: EventLoop.Source {
    /// Of attempts that are not over.
    private var open: Set<AttemptMark> = []
    /// The attempts' own processes, of whichever runner of this process: their launcher waits for them.
    private static let tasks = Mutex<Set<pid_t>>([])
    /// By pid, which nobody else gets before it is waited for.
    private var found: [pid_t: Owner] = [:]
    /// Whether there may be new ones.
    private var isStale = false
    private var recent: (table: ProcessTable, at: MonotonicTime)?
    private let loop: EventLoop
    private var token = EventLoop.Token.none
    private let ends: Int32
    /// `/proc/self/task/PID/children`: orphans become children of the first thread, whichever made them.
    private let children: Int32

    private enum Owner: Hashable {
        case attempt(AttemptMark)
        /// Has a mark of a runner that one of these attempts has started, and that was killed: it is ended with the
        /// last of them.
        case nested(Set<AttemptMark>)
        /// Whose parent was no task's process, in the care of process 1.
        case stranger
    }

    /// Before any other thread is made: SIGCHLD is blocked in the caller's and those that it makes.
    init(_ loop: EventLoop) throws(SystemFailure) {
        self.loop = loop
        // A kernel that refuses has orphans go to process 1, as they would without.
        _ = clinux_adopt_orphans()
        let pid = getpid()
        // Missing where the kernel was made without CONFIG_PROC_CHILDREN.
        children = Glibc.open("/proc/\(pid)/task/\(pid)/children", O_RDONLY | O_CLOEXEC)
        ends = clinux_child_ends()
        guard ends >= 0 else { throw SystemFailure("cannot hear of the ends of children") }
        // Not itself: the loop, which it holds, would hold it for ever.
        token = try loop.add(ends, WeakSource(self))
    }

    deinit {
        loop.remove(token)
        if ends >= 0 { close(ends) }
        if children >= 0 { close(children) }
    }

    func began(_ pid: pid_t, _ mark: AttemptMark) {
        Self.tasks.withLock { _ = $0.insert(pid) }
        open.insert(mark)
    }

    /// The attempt's own process has been waited for: what it has left is the runner's child by now.
    func ended(_ pid: pid_t) {
        Self.tasks.withLock { _ = $0.remove(pid) }
        isStale = true
        recent = nil
    }

    /// Nothing of an attempt is left, or it cannot be ended.
    func forget(_ mark: AttemptMark) {
        // Whoever has been found and cannot be ended is waited for when it ends.
        open.remove(mark)
    }

    /// Whether anything of an attempt is left whose own process has ended.
    func isAnyLeft(of mark: AttemptMark) -> Bool {
        if isStale || !found.isEmpty { look() }
        return found.values.contains { belongs($0, to: mark) }
    }

    private func belongs(_ owner: Owner, to mark: AttemptMark) -> Bool {
        switch owner {
        case .attempt(let own): own == mark
        case .nested(let attempts): attempts.intersection(open) == [mark]
        case .stranger: false
        }
    }

    /// What is left of an attempt, and all that it has made; with its own process where that lives.
    ///
    /// It reads all of `/proc`, 3 ms on a host of some hundred processes: where nothing has ended meanwhile that is
    /// ours, once for all that are told to end together.
    func tree(of mark: AttemptMark, madeBy pid: pid_t) -> (ProcessTable, [ProcessTable.Entry]) {
        let isAnyFound = isAnyLeft(of: mark)
        let roots = isAnyFound ? found.filter { belongs($0.value, to: mark) }.map(\.key) : []
        let isAlive = Self.tasks.withLock { $0.contains(pid) }
        guard isAlive || isAnyFound else { return (ProcessTable(of: []), []) }
        let table = recentTable()
        return (table, table.trees(of: isAlive ? roots + [pid] : roots))
    }

    private func recentTable() -> ProcessTable {
        if let (table, at) = recent, MonotonicTime.now - at < .milliseconds(50) { return table }
        let table = ProcessTable()
        recent = (table, .now)
        return table
    }

    /// Some child has ended: an orphan, or a process of an attempt.
    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        clinux_child_ends_take(ends)
        look()
    }

    private func look() {
        isStale = false
        let tasks = Self.tasks.withLock { $0 }
        for pid in childPids() where !tasks.contains(pid) && found[pid] == nil {
            if let owner = owner(of: pid) { found[pid] = owner }
        }
        for pid in found.keys {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) != 0 { found[pid] = nil }
        }
    }

    /// `nil` for what a component has made, which waits for it itself.
    private func owner(of pid: pid_t) -> Owner? {
        if let mark = AttemptMark.first(of: open, on: pid) { return .attempt(mark) }
        if !open.isEmpty, AttemptMark.isForeign(on: pid) { return .nested(open) }
        return getpid() == 1 && getsid(pid) != getsid(0) ? .stranger : nil
    }

    private func childPids() -> [pid_t] {
        guard children >= 0 else {
            // Zombies are not in it: they stay until the runner ends.
            return ProcessTable().processes.filter { $0.parent == getpid() }.map(\.pid)
        }
        var pids: [pid_t] = []
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            var offset: off_t = 0
            var pid: pid_t = 0
            while true {
                let count = pread(children, buffer.baseAddress, buffer.count, offset)
                guard count > 0 else { return }
                for byte in buffer[..<count] {
                    if byte == 32 {
                        pids.append(pid)
                        pid = 0
                    } else {
                        pid = pid * 10 + pid_t(byte) - 48
                    }
                }
                offset += off_t(count)
            }
        }
        return pids
    }
}
