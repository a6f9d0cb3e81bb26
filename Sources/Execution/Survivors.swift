import CLinux
import Flows
import Glibc

/// The processes of an attempt whose runner is dead, on their way to their end.
///
/// They are known by the recorded group and by the attempt's mark: a daemon leaves the group, and who changes its
/// limits and its environment loses the mark. They get TERM, after `killGrace` KILL, and it is looked
/// again until none is found.
final class Survivors: EventLoop.Source {
    private let adopted: Adopted
    private let mark: AttemptMark
    private let loop: EventLoop
    private let ended: (AttemptResult) -> Void
    /// Those that have been signalled and still live, by their registration in the loop.
    private var watched: [EventLoop.Token: Int32] = [:]
    private var isForced = false
    private var found = 0
    private var timer: TimerQueue.Timer?

    init(
        _ adopted: Adopted,
        _ loop: EventLoop,
        ended: @escaping (AttemptResult) -> Void
    ) {
        self.adopted = adopted
        self.loop = loop
        self.ended = ended
        mark = AttemptMark(adopted.attempt.claim)
    }

    deinit { unwatch() }

    func begin(with table: ProcessTable) { look(table) }

    func end(byForce: Bool) {
        guard byForce, !isForced else { return }
        isForced = true
        look(ProcessTable())
    }

    /// One of them has ended.
    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        forget(token)
        if watched.isEmpty { look(ProcessTable()) }
    }

    private func look(_ table: ProcessTable) {
        unwatch()
        if let timer { loop.cancel(timer) }
        let pids = pids(table)
        guard !pids.isEmpty else { return finish() }
        found += pids.count
        for pid in pids { signal(pid, table) }
        // Watching may fail, a process may ignore TERM and a new one may have been made: looked
        // again in any case.
        let wait = isForced ? RunnerLimit.killSettle : adopted.attempt.claim.killGrace
        timer = loop.schedule(at: .now + (watched.isEmpty ? .milliseconds(50) : wait)) {
            [weak self] in
            guard let self else { return }
            if !watched.isEmpty { isForced = true }
            look(ProcessTable())
        }
    }

    private func pids(_ table: ProcessTable) -> [pid_t] {
        table.processes.filter { process in
            isOfGroup(process, table) || mark.isOn(process.pid)
        }
        .map(\.pid)
    }

    /// Whether it belongs to the recorded group, and that still is the one that was recorded: its
    /// leader lives and was made in the recorded span. Members without their leader might be
    /// another group's of the same number, so that they are known by their environment alone.
    private func isOfGroup(_ process: ProcessTable.Entry, _ table: ProcessTable) -> Bool {
        let record = adopted.record
        guard adopted.isOwnWorld, record.pid > 0, process.group == record.pid else { return false }
        guard let leader = table[pid_t(record.pid)] else { return false }
        return leader.isMade(from: record.launchedFrom, until: record.launchedUntil)
    }

    private func signal(_ pid: pid_t, _ table: ProcessTable) {
        guard let pidfd = table.pidfd(of: pid) else { return }
        clinux_pidfd_send_signal(pidfd, isForced ? SIGKILL : SIGTERM)
        if !isForced { clinux_pidfd_send_signal(pidfd, SIGCONT) }
        do {
            watched[try loop.add(pidfd, self)] = pidfd
        } catch {
            // Unwatched, it is found by the next look.
            close(pidfd)
        }
    }

    private func forget(_ token: EventLoop.Token) {
        guard let pidfd = watched.removeValue(forKey: token) else { return }
        loop.remove(token)
        close(pidfd)
    }

    private func unwatch() {
        for token in Array(watched.keys) { forget(token) }
    }

    private func finish() {
        let known = adopted.record.result
        var result = known ?? AttemptResult(.interrupted)
        if known == nil {
            let elapsed = result.endedAt.milliseconds - adopted.attempt.startedAt.milliseconds
            result.duration = .milliseconds(max(elapsed, 0))
        }
        if result.outcome == .interrupted { result.notes.append("its runner was killed") }
        if found > 0 { result.notes.append("processes that it left running were ended") }
        ended(result)
    }
}
