import Cron
import Flows
import HostTime
import Storage

/// Registers every due fire once and only once.
///
/// What must not be lost is in the database: the fire's unique row is written in the same transaction as
/// its run. So a scheduler may be killed at any instruction, started twice, or run as daemon and `tick`
/// together. This class holds only what can be had again: compiled schedules, ordered by their next fire.
///
/// Not thread-safe: one thread calls it.
package final class Scheduler {
    private let store: Store
    private let zones: ZoneDirectory
    private let clock: any WallClock
    private let boot: HostBoot?

    private var entries: [ScheduleEntry] = []
    private var heap = FireHeap([])
    /// Entries of `@reboot`, until they have fired.
    private var reboots: [Int] = []
    private var version: Int64?
    private var nextPauseEnd: Instant?
    private var lastRetryAt: Instant?
    private var lastNow = Instant(milliseconds: .min)
    /// Schedules that cannot be used as they stand; told once each time they are loaded.
    package private(set) var faults: [ScheduleFault] = []

    package init(
        store: Store,
        zones: ZoneDirectory,
        clock: any WallClock = HostClock(),
        boot: HostBoot? = .current
    ) {
        self.store = store
        self.zones = zones
        self.clock = clock
        self.boot = boot
    }

    /// The least instant at which a fire comes due; `nil` where none ever does.
    package var nextFireAt: Instant? { heap.nextAt }
    /// When to turn again: the next fire, or the end of a pause; `nil` where there is neither.
    package var nextTurnAt: Instant? {
        [heap.nextAt, nextPauseEnd].compactMap { $0 }.min()
    }

    /// Registers or records all that is due now. Reads the schedules first if they have changed.
    ///
    /// After an error nothing is lost: the next call looks at the same fires again.
    package func turn() throws -> [RecordedFire] {
        let now = clock.now
        nextPauseEnd = try store.endPauses(at: now)
        let version = try store.scheduleVersion()
        if version != self.version || now < lastNow { try load(version, at: now) }
        lastNow = now
        var fires = reboots.map { fireOfBoot(entries[$0], at: now) }
        var popped: [FireHeap.Item] = []
        var considered: [Int64: Instant] = [:]
        while let item = heap.pop(dueAt: now) {
            popped.append(item)
            let entry = entries[item.entry]
            fires += plan(entry, from: item.at, at: now)
            considered[entry.stored.id] = entry.dueAt(now)
        }
        guard !fires.isEmpty else { return [] }
        do {
            let recorded = try store.record(fires, consideredUntil: considered, at: now)
            reboots = []
            for item in popped { push(item.entry, after: now) }
            return recorded
        } catch {
            for item in popped { heap.push(item) }
            throw error
        }
    }

    /// Wakes a runner for a retry that has come due: the runner whose attempt failed need not have waited.
    ///
    /// - Returns: when the next retry comes due; `nil` where none waits that is still to be woken for.
    package func wakeForRetry() throws -> Instant? {
        guard let retryAt = try store.nextRetryAt() else { return nil }
        guard retryAt <= clock.now else { return retryAt }
        // Once for each: where no runner answers, the wake file lies there all the same.
        if retryAt != lastRetryAt { store.folder.touchWake() }
        lastRetryAt = retryAt
        return nil
    }

    /// Reads the schedules and works out their next fires; a backward clock step leads here too: fires
    /// between then and now have their rows, which keep them from being registered again.
    private func load(_ version: Int64, at now: Instant) throws {
        entries = []
        faults = []
        reboots = []
        let cache = ExpressionCache()
        for stored in try store.schedules() {
            do throws(ScheduleFault) {
                entries.append(try ScheduleEntry(stored, zones: zones, cache: cache))
            } catch {
                faults.append(error)
            }
        }
        reboots = entries.indices.filter { entries[$0].isDue(in: boot) }
        heap = FireHeap(
            entries.indices.compactMap { position in
                let from = min(entries[position].stored.consideredUntil, now)
                let next = entries[position].next(after: from)
                return next.map { .init(at: entries[position].startAt(of: $0), entry: position) }
            }
        )
        self.version = version
    }

    private func push(_ position: Int, after now: Instant) {
        let entry = entries[position]
        guard let next = entry.next(after: entry.dueAt(now)) else { return }
        heap.push(.init(at: entry.startAt(of: next), entry: position))
    }

    /// - Parameter start: when the first of its due fires was to be registered.
    private func plan(_ entry: ScheduleEntry, from start: Instant, at now: Instant) -> [DueFire] {
        let before = Instant(milliseconds: entry.dueAt(start).milliseconds - 1)
        let timing = entry.stored.timing
        let plan = FirePlan(
            entry.fires(after: before, through: entry.dueAt(now)),
            at: now,
            timing: timing,
            delay: entry.delay,
            isExcepted: entry.isExcepted
        )
        return plan.items.map { item in
            DueFire(
                scheduleID: entry.stored.id,
                dueAt: item.dueAt,
                lastDueAt: item.lastDueAt,
                count: item.count,
                startBy: timing.deadline.map {
                    Instant(milliseconds: item.dueAt.milliseconds + $0.milliseconds)
                },
                timezone: entry.zone.name,
                verdict: item.isRun ? .run : item.isExcepted ? .except : .missed
            )
        }
    }

    private func fireOfBoot(_ entry: ScheduleEntry, at now: Instant) -> DueFire {
        DueFire(
            scheduleID: entry.stored.id,
            dueAt: now,
            bootID: boot?.id,
            timezone: entry.zone.name,
            verdict: .run
        )
    }
}
