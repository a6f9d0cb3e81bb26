import Cron
import Flows
import HostTime
import Storage

/// Registers every due fire once and only once.
///
/// What must not be lost is in the database: the fire's unique row is written in the same transaction as
/// its run. So a scheduler may be killed at any instruction, started twice, or run as daemon and `tick`
/// together. This class holds only what can be had again, and of each schedule only its next fire: a
/// schedule is read from the database when it is due, and 100,000 of them are 1.6 MB.
///
/// Not thread-safe: one thread calls it.
package final class Scheduler {
    private let store: Store
    private let zones: ZoneDirectory
    private let clock: any WallClock
    private let boot: HostBoot?

    /// A schedule that has changed may stand in it more than once: one turn takes all that are due.
    private var heap = FireHeap([])
    /// Schedules of `@reboot`, until they have fired.
    private var reboots: Set<Int64> = []
    /// Up to which change the schedules have been read.
    private var cursor: Int64?
    private var nextPauseEnd: Instant?
    private var nextExpectation: Instant?
    private var lastRetryAt: Instant?
    private var lastNow = Instant(milliseconds: .min)
    /// The zone rules have changed: what would have been due by the new ones before now is no misfire.
    private var zonesChangedAt: Instant?
    /// The clock was set back: alarms set by it before mean nothing.
    private var hasSteppedBack = false
    private var faultsByID: [Int64: ScheduleFault] = [:]

    /// Fires that one transaction records: so many that a commit is cheap for each, and so few that
    /// runners begin with the first while the last of a thousand are still registered.
    private static let batch = 200

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

    /// Schedules that cannot be used as they stand; by flow.
    package var faults: [ScheduleFault] { faultsByID.values.sorted { $0.flow < $1.flow } }

    /// The least instant at which a fire comes due; `nil` where none ever does.
    package var nextFireAt: Instant? { heap.nextAt }
    /// When to turn again: the next fire, the end of a pause or an expectation; `nil` where there is none.
    package var nextTurnAt: Instant? {
        [heap.nextAt, nextPauseEnd, nextExpectation].compactMap { $0 }.min()
    }

    /// Registers or records all that is due now. Reads first what has changed in the schedules.
    ///
    /// After an error nothing is lost: the next call looks at the same fires again.
    package func turn() throws -> [RecordedFire] {
        let now = clock.now
        nextPauseEnd = try store.endPauses(at: now)
        try readChanges(at: now)
        lastNow = now
        var recorded = try recordReboots(at: now)
        while let due = try takeDue(at: now) {
            do {
                if !due.fires.isEmpty {
                    recorded += try store.record(
                        due.fires,
                        consideredUntil: due.considered,
                        at: now
                    )
                }
                for id in due.considered.keys { push(due.entries[id], after: now) }
            } catch {
                for item in due.items { heap.push(item) }
                throw error
            }
        }
        return recorded
    }

    /// What was expected of flows (`expect:`) and has not come, or has come at last. After `turn`.
    package func checkExpectations() throws -> [ExpectationEvent] {
        let (events, next) = try store.checkExpectations(at: clock.now, all: hasSteppedBack)
        nextExpectation = next
        hasSteppedBack = false
        return events
    }

    /// The host's zone files have changed: all next fires are worked out anew.
    ///
    /// What would have been due by the new rules before now is no misfire: nothing fires retroactively.
    package func reloadZones() {
        zones.forget()
        zonesChangedAt = lastNow
        cursor = nil
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

    // MARK: - Reading schedules

    /// A backward clock step leads to reading all anew: fires between then and now have their rows, which
    /// keep them from being registered again.
    private func readChanges(at now: Instant) throws {
        let isStepBack = now < lastNow
        if isStepBack { (hasSteppedBack, zonesChangedAt) = (true, nil) }
        let (cursor, changes) = try store.scheduleChanges(since: isStepBack ? nil : cursor)
        switch changes {
        case .some(let ids):
            guard !ids.isEmpty else { break }
            for id in ids { (faultsByID[id], _) = (nil, reboots.remove(id)) }
            let compiler = ScheduleCompiler(zones)
            for stored in try store.schedules(ids) {
                if let item = item(for: stored, compiler, at: now) { heap.push(item) }
            }
        case .all:
            faultsByID = [:]
            reboots = []
            var items: [FireHeap.Item] = []
            let compiler = ScheduleCompiler(zones)
            try store.eachSchedule { stored in
                if let item = item(for: stored, compiler, at: now) { items.append(item) }
            }
            heap = FireHeap(items)
            zonesChangedAt = nil
        }
        self.cursor = cursor
    }

    /// When `stored` is to be registered next; notes faults and what is due at this boot.
    private func item(
        for stored: StoredSchedule,
        _ compiler: ScheduleCompiler,
        at now: Instant
    ) -> FireHeap.Item? {
        do throws(ScheduleFault) {
            let entry = try compiler.entry(of: stored)
            if entry.isDue(in: boot) { reboots.insert(stored.id) }
            var from = min(stored.consideredUntil, now)
            if let zonesChangedAt { from = max(from, entry.dueAt(zonesChangedAt)) }
            return entry.next(after: from).map { .init(at: entry.startAt(of: $0), id: stored.id) }
        } catch {
            faultsByID[stored.id] = error
            return nil
        }
    }

    // MARK: - Due fires

    private struct Due {
        var items: [FireHeap.Item] = []
        var entries: [Int64: ScheduleEntry] = [:]
        var fires: [DueFire] = []
        var considered: [Int64: Instant] = [:]
    }

    /// The next schedules that are due, some `batch` fires; `nil` where none is.
    private func takeDue(at now: Instant) throws -> Due? {
        var due = Due()
        var starts: [Int64: Instant] = [:]
        while due.items.count < Self.batch, let item = heap.pop(dueAt: now) {
            due.items.append(item)
            starts[item.id] = min(starts[item.id] ?? item.at, item.at)
        }
        guard !due.items.isEmpty else { return nil }
        do {
            let compiler = ScheduleCompiler(zones)
            for stored in try store.schedules(starts.keys) {
                guard let start = starts[stored.id] else { continue }
                do throws(ScheduleFault) {
                    let entry = try compiler.entry(of: stored)
                    due.entries[stored.id] = entry
                    due.fires += plan(entry, from: start, at: now)
                    due.considered[stored.id] = entry.dueAt(now)
                } catch {
                    faultsByID[stored.id] = error
                }
            }
        } catch {
            for item in due.items { heap.push(item) }
            throw error
        }
        due.fires.sort { $0.dueAt < $1.dueAt }
        return due
    }

    private func recordReboots(at now: Instant) throws -> [RecordedFire] {
        guard !reboots.isEmpty else { return [] }
        let compiler = ScheduleCompiler(zones)
        var fires: [DueFire] = []
        for stored in try store.schedules(reboots.sorted()) {
            do throws(ScheduleFault) {
                fires.append(fireOfBoot(try compiler.entry(of: stored), at: now))
            } catch {
                faultsByID[stored.id] = error
            }
        }
        let recorded = try store.record(fires, consideredUntil: [:], at: now)
        reboots = []
        return recorded
    }

    private func push(_ entry: ScheduleEntry?, after now: Instant) {
        guard let entry, let next = entry.next(after: entry.dueAt(now)) else { return }
        heap.push(.init(at: entry.startAt(of: next), id: entry.stored.id))
    }

    /// - Parameter start: when the first of its due fires was to be registered.
    private func plan(_ entry: ScheduleEntry, from start: Instant, at now: Instant) -> [DueFire] {
        // Its life may have begun anew since it was put on the heap.
        let before = max(
            Instant(milliseconds: entry.dueAt(start).milliseconds - 1),
            entry.stored.begunAt
        )
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
