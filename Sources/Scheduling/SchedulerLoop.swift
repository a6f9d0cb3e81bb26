import CLinux
import Cron
import Glibc
import HostTime
import Storage
import Systemd

/// `flower scheduler`: sleeps until the next fire, registers it, and sleeps again.
///
/// It sleeps on an absolute CLOCK_REALTIME timer that the kernel cancels when the clock is set, so a step,
/// a suspend or a fire are noticed at once; on the state folder, where whoever changes a schedule touches
/// `wake`; on its folder of flow files, and on the host's zone data. Once a minute it looks in any case:
/// plain SQL touches nothing.
package final class SchedulerLoop {
    /// What the loop tells the person or the journal; one sentence a call, which must not wait.
    package typealias Report = (Bulletin) -> Void

    private let scheduler: Scheduler
    private let store: Store
    private let flows: FlowFolder?
    private let supervisor: RunnerSupervisor?
    private let clock: any WallClock
    private let notifier: any ServiceNotifier
    private let report: Report

    private let epoll: Int32
    private let timer: Int32
    private let stops: Int32
    private let asks: Int32
    private let hangups: Int32
    private let state: FolderWatch
    private let zones: ZoneWatch

    /// That the clock cannot be right.
    private var isClockTold = false
    private var areZonesStale = false
    /// When the zone files are looked at though the kernel has told nothing of them.
    private var zoneLookAt = ContinuousClock.now + SchedulerLoop.zoneLookDelay
    /// When changed files and zone data are applied: nothing more of them has come for `settleTime`.
    private var settledAt: ContinuousClock.Instant?
    /// After files could not be applied.
    private var applyAgainAt: Instant?
    /// When flow files are looked at that nobody has told of.
    private var sweepTime: SweepTime

    /// The longest sleep: a safety net, not a poll.
    private static let longestSleep: Int64 = 60_000
    /// After the database could not be used.
    private static let retryDelay: Int64 = 1_000
    /// The loop turns once a minute, and each of those turns looks.
    private static let zoneLookDelay: Duration = .seconds(30)
    /// An editor renames, writes and removes to save one file; tzdata's update writes 1,800.
    private static let settleTime: Duration = .milliseconds(250)

    private enum Source: UInt64 {
        case timer
        case stop
        case ask
        case hangup
        case state
        case flows
        case zones
        case runner
    }

    /// - Parameters:
    ///   - flows: the folder that is applied as it changes; `nil` = none.
    ///   - runner: starts `flower run` when there is work; `nil` = somebody else does.
    /// - Throws: `StorageError.unusable` where the kernel refuses a descriptor.
    package init(
        _ scheduler: Scheduler,
        store: Store,
        zones: ZoneDirectory,
        flows: FlowFolder? = nil,
        runner: RunnerSupervisor? = nil,
        clock: any WallClock = HostClock(),
        notifier: any ServiceNotifier = SilentNotifier(),
        report: @escaping Report
    ) throws {
        self.scheduler = scheduler
        self.store = store
        self.flows = flows
        supervisor = runner
        self.clock = clock
        self.notifier = notifier
        self.report = report
        sweepTime = SweepTime(clock.now)
        epoll = try Self.made(clinux_epoll_create(), "epoll_create1")
        timer = try Self.made(clinux_timerfd(), "timerfd_create")
        stops = try Self.made(clinux_eventfd(), "eventfd")
        asks = try Self.made(clinux_eventfd(), "eventfd")
        hangups = try Self.made(clinux_eventfd(), "eventfd")
        state = try FolderWatch(store.folder.path)
        self.zones = try ZoneWatch(zones)
        let sources: [(Int32, Source)] = [
            (timer, .timer), (stops, .stop), (asks, .ask), (hangups, .hangup),
            (state.descriptor, .state),
            (self.zones.descriptor, .zones),
        ]
        for (descriptor, source) in sources { try watch(descriptor, source) }
        if let flows { try watch(flows.descriptor, .flows) }
        if let supervisor { try watch(supervisor.descriptor, .runner) }
    }

    deinit { for descriptor in [epoll, timer, stops, asks, hangups] { close(descriptor) } }

    private func watch(_ descriptor: Int32, _ source: Source) throws {
        let added = clinux_epoll_add(epoll, descriptor, CLINUX_READABLE, source.rawValue)
        _ = try Self.made(added, "epoll_ctl")
    }

    /// Returns after one of `stopping` or `asking`, and then after the end of the runner that it has started. SIGHUP
    /// makes it look at everything anew.
    ///
    /// The database's failures do not end it: they are reported, and the same fires are looked at again.
    package func run() {
        let catching = listen()
        defer { for signal in catching { _ = clinux_signal_restore(signal) } }
        applyChanges()
        var events = [clinux_event](repeating: clinux_event(), count: Int(CLINUX_EVENTS))
        var isReady = false
        while true {
            let wakeAt = look()
            if !isReady { notifier.ready() }
            isReady = true
            // A fire at `t` ms is due once the clock reads `t`; below 0 would disarm the timer.
            _ = clinux_timerfd_set(timer, max(wakeAt.milliseconds, 0))
            let count = clinux_epoll_wait(epoll, &events, turnLimit(untilSettled))
            notifier.turned()
            tellDelay()
            // Whatever else has come: where the state folder is busy, there is always something.
            if untilSettled == 0 { applyChanges() }
            for event in events.prefix(max(0, Int(count))) {
                if hear(Source(rawValue: event.data)) { return end() }
            }
        }
    }

    /// The second ends tasks that run. One that is ignored when we are started stays so, but for SIGTERM and
    /// SIGINT.
    private static let stopping = [SIGTERM, SIGINT, SIGQUIT]
    /// Sent more than once for one reason: they only ever ask to stop.
    private static let asking = [SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGPWR]

    /// - Returns: the signals that are caught.
    private func listen() -> [Int32] {
        var caught: [Int32] = []
        func hear(_ number: Int32, _ descriptor: Int32) {
            _ = clinux_signal_to_eventfd(number, descriptor)
            caught.append(number)
        }
        for number in Self.stopping where number != SIGQUIT || !clinux_signal_is_ignored(number) {
            hear(number, stops)
        }
        for number in Self.asking where !clinux_signal_is_ignored(number) { hear(number, asks) }
        hear(SIGHUP, hangups)
        clinux_ignore_strays()
        return caught
    }

    private func tellDelay() {
        guard let delay = notifier.takeDelay() else { return }
        let limit = notifier.watchdog
        report(
            Bulletin(
                .heldUp("scheduler", delay, limit: limit, instance: store.instance)
            )
        )
    }

    /// - Returns: whether it is to stop.
    private func hear(_ source: Source?) -> Bool {
        switch source {
        case .timer: _ = clinux_timerfd_take(timer)
        case .state:
            let changes = state.take()
            let name = store.folder.wakeName
            if changes.isOverflow || changes.names.contains(name) { supervisor?.expectWork() }
        case .flows:
            guard flows?.takeNote() == true else { break }
            settledAt = .now + Self.settleTime
            // Whatever could not be read may be readable now.
            applyAgainAt = nil
        case .zones:
            guard zones.take() else { break }
            areZonesStale = true
            settledAt = .now + Self.settleTime
        case .hangup:
            _ = clinux_eventfd_take(hangups)
            report("looking at all flow files and zone data anew (SIGHUP)")
            notifier.reloading()
            areZonesStale = true
            flows?.expectChanges()
            applyChanges()
            notifier.ready()
        case .runner: supervisor?.hear()
        case .stop, .ask, nil: return true
        }
        return false
    }

    /// In milliseconds; `nil` where nothing has changed, or is to be tried again at `applyAgainAt`.
    private var untilSettled: Int32? {
        guard applyAgainAt == nil, areZonesStale || flows?.hasChanges == true else { return nil }
        guard let settledAt else { return 0 }
        let left = ContinuousClock.now.duration(to: settledAt) / .milliseconds(1)
        return Int32(max(0, left.rounded(.up)))
    }

    private func applyChanges() {
        if areZonesStale {
            scheduler.reloadZones()
            // A file may have been refused for a zone that was not there.
            flows?.expectChanges()
        }
        areZonesStale = false
        settledAt = nil
        applyAgainAt = nil
        guard let flows else { return }
        do {
            let isRead = try flows.apply(at: clock.now, report: report) { [unowned self] in
                if let next = scheduler.nextFireAt, next <= clock.now { _ = register() }
            }
            if !isRead { applyAgainAt = later(Self.longestSleep) }
        } catch {
            report("cannot apply the folder of flow files, trying again: \(error)")
            applyAgainAt = later(Self.retryDelay)
        }
    }

    private func later(_ milliseconds: Int64) -> Instant {
        Instant(milliseconds: clock.now.milliseconds + milliseconds)
    }

    /// Does what is due and says when to look again.
    private func look() -> Instant {
        if ContinuousClock.now >= zoneLookAt {
            zoneLookAt = .now + Self.zoneLookDelay
            areZonesStale = zones.hasChanged() || areZonesStale
        }
        if let again = applyAgainAt, again <= clock.now { applyChanges() }
        sweep()
        // Where it cannot be read, the next look asks again.
        if let flows, (try? flows.awaitsPools()) ?? false { applyChanges() }
        let wakeAt = register()
        zones.follow()
        return min(wakeAt, applyAgainAt ?? (flows == nil ? wakeAt : sweepTime.nextAt))
    }

    private func sweep() {
        guard let flows, applyAgainAt == nil, sweepTime.isDue(at: clock.now) else { return }
        let (isAny, hasYoung) = flows.sweep()
        sweepTime.didSweep(at: clock.now, hasYoung: hasYoung)
        if isAny { applyChanges() }
    }

    private func register() -> Instant {
        if let until = scheduler.leftUntil { return until }
        var wakeAt = later(Self.longestSleep)
        do {
            for fire in try scheduler.turn() { report(Self.bulletin(of: fire, store.instance)) }
            for bulletin in Self.bulletins(of: scheduler.takeFaultChanges(), store.instance) {
                report(bulletin)
            }
            let clockSentence = scheduler.clockSentence
            if let clockSentence, !isClockTold { report(Bulletin(stringLiteral: clockSentence)) }
            isClockTold = clockSentence != nil
            for event in try scheduler.checkExpectations() {
                report(Self.bulletin(of: event, store.instance))
            }
            let alarm = try scheduler.wakeForAlarm()
            if alarm.hasRung { supervisor?.expectWork() }
            let alarms = [scheduler.nextTurnAt, alarm.nextAt, scheduler.announce()]
            wakeAt = alarms.compactMap { $0 }.reduce(wakeAt) { min($0, $1) }
            if let again = try supervisor?.attend(store, at: clock.now) {
                wakeAt = min(wakeAt, again)
            }
            notifier.status(Self.status(of: scheduler))
        } catch {
            let trouble = "cannot register what is due, trying again: \(error)"
            report(Bulletin(.databaseTrouble(trouble, instance: store.instance)))
            let isLocked = (error as? StorageError)?.code == .refused
            notifier.status(isLocked ? store.lockSentence : "cannot use the database: \(error)")
            wakeAt = later(Self.retryDelay)
        }
        return wakeAt
    }

    /// The first signal lets the runner's tasks end, the second ends them.
    private func end() {
        notifier.stopping()
        scheduler.withdraw()
        guard let supervisor, supervisor.isRunning else { return }
        report("stopping when the tasks that run have ended; a second signal ends them")
        if clinux_eventfd_take(asks) > 0 { supervisor.askToStop() }
        var events = [clinux_event](repeating: clinux_event(), count: Int(CLINUX_EVENTS))
        while supervisor.isRunning {
            for _ in 0..<clinux_eventfd_take(stops) { supervisor.askToStop() }
            let count = clinux_epoll_wait(epoll, &events, turnLimit(nil))
            notifier.turned()
            for event in events.prefix(max(0, Int(count))) {
                switch Source(rawValue: event.data) {
                case .runner: supervisor.hear()
                case .timer: _ = clinux_timerfd_take(timer)
                case .state: _ = state.take()
                case .flows: _ = flows?.takeNote()
                case .zones: _ = zones.take()
                case .hangup: _ = clinux_eventfd_take(hangups)
                case .ask: _ = clinux_eventfd_take(asks)
                case .stop, nil: break
                }
            }
        }
    }

    /// For epoll_wait(2): milliseconds, -1 for ever. The watchdog wants turns also of a loop at rest.
    private func turnLimit(_ milliseconds: Int32?) -> Int32 {
        guard let limit = notifier.turnLimit else { return milliseconds ?? -1 }
        let (seconds, attoseconds) = limit.components
        let own = Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
        return min(own, milliseconds ?? own)
    }

    private static func made(_ result: Int32, _ call: String) throws -> Int32 {
        guard result < 0 else { return result }
        throw StorageError(
            .unusable,
            "the scheduler cannot wait: \(call): \(String(cString: strerror(errno)))"
        )
    }
}
