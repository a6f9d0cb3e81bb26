import CLinux
import Cron
import Glibc
import HostTime
import Storage
import Systemd

/// A `flower run` that the scheduler has started.
package protocol RunnerChild: AnyObject {
    var pid: pid_t { get }
    /// The first time lets tasks end, the second ends them.
    func askToStop()
}

/// Starts a runner when there is work, where no systemd does it: `flower scheduler --run`, a container's
/// single command.
///
/// As process 1 it also waits for orphans, as an init must.
package final class RunnerSupervisor {
    private let start: () throws -> any RunnerChild
    private let report: (Bulletin) -> Void
    private var child: (any RunnerChild)?
    private var mayHaveWork = true
    /// Somebody was woken, and has taken the wake file since: a runner that may have no room for it.
    private var expectsWork = false
    /// Dead runners for which a runner was started.
    private var dead: Set<Int64> = []
    private var lastLook = Instant(milliseconds: .min)
    private var notBefore = Instant(milliseconds: .min)
    private var failures: Int64 = 0
    private let clock: any WallClock

    /// Readable when a child has ended (SIGCHLD).
    package let descriptor: Int32

    /// Between two looks into the database for work that nobody told of.
    private static let lookEvery: Int64 = 60_000
    /// After a runner that failed to run; doubled each time, up to `lookEvery`.
    private static let retryDelay: Int64 = 1_000

    package init(
        clock: any WallClock = HostClock(),
        report: @escaping (Bulletin) -> Void,
        start: @escaping () throws -> any RunnerChild
    ) {
        self.clock = clock
        self.report = report
        self.start = start
        descriptor = clinux_eventfd()
        _ = clinux_signal_to_eventfd(SIGCHLD, descriptor)
    }

    deinit {
        _ = clinux_signal_restore(SIGCHLD)
        close(descriptor)
    }

    package var isRunning: Bool { child != nil }

    package func askToStop() { child?.askToStop() }

    /// Somebody has been woken for work: at the next call the database is asked whether it is done.
    func expectWork() { expectsWork = true }

    /// Starts a runner if there is work, or a dead one has left some, and none runs.
    ///
    /// - Returns: when to ask again; `nil` where a wake or the child's end will tell.
    func attend(_ store: Store, at now: Instant) throws -> Instant? {
        guard child == nil else { return nil }
        guard notBefore <= now else { return notBefore }
        if access(store.folder.wakePath, F_OK) == 0 { mayHaveWork = true }
        let nextLook = Instant(milliseconds: lastLook.milliseconds &+ Self.lookEvery)
        let isDue = nextLook <= now || lastLook > now
        if !mayHaveWork, isDue || expectsWork {
            if isDue { lastLook = now }
            mayHaveWork = try store.hasWork(at: now)
        }
        expectsWork = false
        let left = Set(try store.deadRunners().map(\.id))
        // One that could not be rescued is tried again at the next look, not at once.
        if isDue ? !left.isEmpty : !left.isSubset(of: dead) { mayHaveWork = true }
        dead = left
        guard mayHaveWork else { return nil }
        mayHaveWork = false
        do {
            child = try start()
        } catch {
            report("cannot start a runner, trying again: \(error)")
            return putOff(now)
        }
        return nil
    }

    private func putOff(_ now: Instant) -> Instant {
        mayHaveWork = true
        let delay = min(Self.retryDelay << min(failures, 6), Self.lookEvery)
        failures += 1
        notBefore = Instant(milliseconds: now.milliseconds + delay)
        return notBefore
    }

    /// Waits for the children that have ended: the runner, and as process 1 whoever was left behind.
    package func hear() {
        _ = clinux_eventfd_take(descriptor)
        let isInit = getpid() == 1
        var status: Int32 = 0
        while true {
            let pid = waitpid(isInit ? -1 : child?.pid ?? 0, &status, WNOHANG)
            guard pid > 0 else { return }
            if pid == child?.pid { ended(status) }
            if !isInit { return }
        }
    }

    /// 0 and 1 are a drain's ends: 1 where a task has failed.
    private func ended(_ status: Int32) {
        child = nil
        let signal = status & 0x7F
        let code = status >> 8 & 0xFF
        if signal == 0, code < 2 {
            failures = 0
            return
        }
        let how = signal == 0 ? "exited with code \(code)" : "was ended by signal \(signal)"
        let again = putOff(clock.now)
        let delay = (again.milliseconds - clock.now.milliseconds + 999) / 1000
        report("the runner \(how); the next starts in \(delay) s and rescues what it left")
    }
}
