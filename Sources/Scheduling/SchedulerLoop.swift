import CLinux
import Cron
import Glibc
import HostTime
import Storage

/// `flower scheduler`: sleeps until the next fire, registers it, and sleeps again.
///
/// It sleeps on an absolute CLOCK_REALTIME timer that the kernel cancels when the clock is set, so a step,
/// a suspend or a fire are noticed at once; and on the state folder, where whoever changes a schedule
/// touches `wake`. Once a minute it looks in any case: plain SQL touches nothing.
package final class SchedulerLoop {
    /// What the loop tells the person or the journal; one sentence a call.
    package typealias Report = (String) -> Void

    private let scheduler: Scheduler
    private let folder: StateFolder
    private let clock: any WallClock
    private let report: Report

    private let epoll: Int32
    private let timer: Int32
    private let signals: Int32
    private let watch: Int32

    /// The longest sleep: a safety net, not a poll.
    private static let longestSleep: Int64 = 60_000
    /// After the database could not be used.
    private static let retryDelay: Int64 = 1_000

    private enum Source: UInt64 {
        case timer
        case signals
        case watch
    }

    /// - Throws: `StorageError.unusable` where the kernel refuses a descriptor.
    package init(
        _ scheduler: Scheduler,
        folder: StateFolder,
        clock: any WallClock = HostClock(),
        report: @escaping Report
    ) throws {
        self.scheduler = scheduler
        self.folder = folder
        self.clock = clock
        self.report = report
        epoll = try Self.made(clinux_epoll_create(), "epoll_create1")
        timer = try Self.made(clinux_timerfd(), "timerfd_create")
        signals = try Self.made(clinux_eventfd(), "eventfd")
        watch = try Self.made(inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)), "inotify_init1")
        let mask = UInt32(IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO)
        _ = try Self.made(inotify_add_watch(watch, folder.path, mask), "inotify_add_watch")
        for (descriptor, source) in [(timer, Source.timer), (signals, .signals), (watch, .watch)] {
            let added = clinux_epoll_add(epoll, descriptor, CLINUX_READABLE, source.rawValue)
            _ = try Self.made(added, "epoll_ctl")
        }
    }

    deinit { for descriptor in [epoll, timer, signals, watch] { close(descriptor) } }

    /// Returns after SIGTERM or SIGINT. SIGHUP makes it look at everything anew.
    ///
    /// The database's failures do not end it: they are reported, and the same fires are looked at again.
    package func run() {
        for signal in [SIGTERM, SIGINT] { _ = clinux_signal_to_eventfd(signal, signals) }
        defer { for signal in [SIGTERM, SIGINT] { _ = clinux_signal_restore(signal) } }
        var events = [clinux_event](repeating: clinux_event(), count: Int(CLINUX_EVENTS))
        while true {
            let wakeAt = look()
            // A fire at `t` ms is due once the clock reads `t`; below 0 would disarm the timer.
            _ = clinux_timerfd_set(timer, max(wakeAt.milliseconds, 0))
            let count = clinux_epoll_wait(epoll, &events, -1)
            for event in events.prefix(max(0, Int(count))) {
                switch Source(rawValue: event.data) {
                case .timer: _ = clinux_timerfd_take(timer)
                case .watch: drainWatch()
                case .signals, nil: return
                }
            }
        }
    }

    /// Registers what is due and says when to look again.
    private func look() -> Instant {
        let latest = Instant(milliseconds: clock.now.milliseconds + Self.longestSleep)
        do {
            let known = Set(scheduler.faults)
            for fire in try scheduler.turn() { report(Self.sentence(of: fire)) }
            for fault in scheduler.faults where !known.contains(fault) { report("\(fault)") }
            let alarms = [latest, scheduler.nextTurnAt, try scheduler.wakeForRetry()]
            return alarms.compactMap { $0 }.min() ?? latest
        } catch {
            report("cannot register what is due, trying again: \(error)")
            return Instant(milliseconds: clock.now.milliseconds + Self.retryDelay)
        }
    }

    package static func sentence(of fire: RecordedFire, in zone: Zone = .utc) -> String {
        let due = fire.dueAt.iso8601(in: zone)
        switch fire.outcome {
        case .registered:
            return "run \(fire.runID ?? 0) of flow '\(fire.flow)' registered, due \(due)"
        default:
            let reason =
                fire.note.map { "\(fire.outcome.rawValue): \($0)" } ?? fire.outcome.rawValue
            return "flow '\(fire.flow)' was not run, due \(due): \(reason)"
        }
    }

    private func drainWatch() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(watch, &buffer, buffer.count) > 0 {}
    }

    private static func made(_ result: Int32, _ call: String) throws -> Int32 {
        guard result < 0 else { return result }
        throw StorageError(
            .unusable,
            "the scheduler cannot wait: \(call): \(String(cString: strerror(errno)))"
        )
    }
}
