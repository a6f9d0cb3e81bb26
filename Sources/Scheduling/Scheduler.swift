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
    private var nextExpectation: Instant?
    private var lastRetryAt: Instant?
    private var lastNow = Instant(milliseconds: .min)
    /// When the zone rules last changed: what would have been due by the new ones before is no misfire.
    private var zonesChangedAt: Instant?
    /// The clock was set back: alarms set by it before mean nothing.
    private var hasSteppedBack = false
    private var faultsByID: [Int64: ScheduleFault] = [:]

    /// Fires that one transaction records: so many that a commit is cheap for each, and so few that
    /// runners begin with the first while the last of a thousand are still registered.
    private static let batch = 200
    /// So often one turn plans anew what other schedulers or steps of the clock have made stale.
    private static let staleRounds = 8

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
    /// When to turn again: the next fire or expectation; `nil` where there is none. A pause ends by itself.
    package var nextTurnAt: Instant? {
        [heap.nextAt, nextExpectation].compactMap { $0 }.min()
    }

    /// Registers or records all that is due now. Reads first what has changed in the schedules.
    ///
    /// After an error nothing is lost: the next call looks at the same fires again.
    package func turn() throws -> [RecordedFire] {
        try readChanges(at: clock.now)
        var recorded = try recordReboots(at: clock.now)
        var staleRounds = 0
        while staleRounds < Self.staleRounds, let due = try takeDue(at: clock.now) {
            do {
                var recording = Recording()
                if !due.spans.isEmpty {
                    recording = try store.record(due.spans, plannedAt: due.now) { clock.now }
                }
                recorded += recording.fires
                if !recording.stale.isEmpty { staleRounds += 1 }
                for entry in due.entries {
                    let id = entry.stored.id
                    push(entry, after: recording.stale[id] ?? entry.dueAt(due.now))
                }
            } catch {
                for item in due.items { heap.push(item) }
                // What is recorded is to be told; the next call meets the error again.
                guard recorded.isEmpty else { break }
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
    func reloadZones() {
        zones.forget()
        zonesChangedAt = lastNow
        cursor = nil
    }

    /// Wakes a runner for a retry that has come due, or a run that is over its `run_timeout`: the runner
    /// that worked on it need not have waited.
    ///
    /// - Returns: when the next of them comes; `nil` where none does that is still to be woken for.
    func wakeForRetry() throws -> Instant? {
        guard let retryAt = try store.nextAlarmAt() else { return nil }
        guard retryAt <= clock.now else { return retryAt }
        // Once for each: where no runner answers, the wake file lies there all the same.
        if retryAt != lastRetryAt { store.folder.touchWake() }
        lastRetryAt = retryAt
        return nil
    }

    // MARK: - Reading schedules

    /// Where the clock was set back, and at the start, what was recorded of times that have not come is
    /// taken back first; those schedules count as changed.
    private func readChanges(at now: Instant) throws {
        let isStepBack = now < lastNow
        if isStepBack { (hasSteppedBack, zonesChangedAt) = (true, nil) }
        if isStepBack || cursor == nil { try store.takeBack { clock.now } }
        lastNow = now
        let (cursor, changes) = try store.scheduleChanges(since: cursor)
        switch changes {
        case .some(let ids):
            guard !ids.isEmpty else { break }
            for id in ids { (faultsByID[id], _) = (nil, reboots.remove(id)) }
            let compiler = ScheduleCompiler(zones)
            for stored in try store.schedules(ids) {
                if let item = item(for: stored, compiler) { heap.push(item) }
            }
        case .all:
            faultsByID = [:]
            reboots = []
            var items: [FireHeap.Item] = []
            let compiler = ScheduleCompiler(zones)
            try store.eachSchedule { stored in
                if let item = item(for: stored, compiler) { items.append(item) }
            }
            heap = FireHeap(items)
        }
        self.cursor = cursor
    }

    /// When `stored` is to be registered next; notes faults and what is due at this boot.
    private func item(
        for stored: StoredSchedule,
        _ compiler: ScheduleCompiler
    ) -> FireHeap.Item? {
        do throws(ScheduleFault) {
            let entry = try compiler.entry(of: stored)
            if entry.isDue(in: boot) { reboots.insert(stored.id) }
            return entry.next(after: start(of: entry)).map {
                .init(at: entry.startAt(of: $0), id: stored.id)
            }
        } catch {
            faultsByID[stored.id] = error
            return nil
        }
    }

    /// After which its fires are looked for.
    private func start(of entry: ScheduleEntry) -> Instant {
        let considered = entry.stored.consideredUntil
        return zonesChangedAt.map { max(considered, entry.dueAt($0)) } ?? considered
    }

    // MARK: - Due fires

    private struct Due {
        let now: Instant
        var items: [FireHeap.Item] = []
        var entries: [ScheduleEntry] = []
        var spans: [ScheduleSpan] = []
    }

    /// The next schedules that are due, some `batch` fires; `nil` where none is.
    private func takeDue(at now: Instant) throws -> Due? {
        var due = Due(now: now)
        var ids: Set<Int64> = []
        while due.items.count < Self.batch, let item = heap.pop(dueAt: now) {
            due.items.append(item)
            ids.insert(item.id)
        }
        guard !due.items.isEmpty else { return nil }
        do {
            let compiler = ScheduleCompiler(zones)
            for stored in try store.schedules(ids.sorted()) {
                let entry: ScheduleEntry
                do throws(ScheduleFault) {
                    entry = try compiler.entry(of: stored)
                } catch {
                    faultsByID[stored.id] = error
                    continue
                }
                due.entries.append(entry)
                let span = try span(entry, at: now)
                // Another scheduler was here before; there is nothing to be written.
                if !span.fires.isEmpty { due.spans.append(span) }
            }
        } catch {
            for item in due.items { heap.push(item) }
            throw error
        }
        return due
    }

    private func recordReboots(at now: Instant) throws -> [RecordedFire] {
        guard !reboots.isEmpty else { return [] }
        let compiler = ScheduleCompiler(zones)
        var spans: [ScheduleSpan] = []
        for stored in try store.schedules(reboots.sorted()) {
            do throws(ScheduleFault) {
                spans.append(spanOfBoot(try compiler.entry(of: stored), at: now))
            } catch {
                faultsByID[stored.id] = error
            }
        }
        let recording = try store.record(spans, plannedAt: now) { clock.now }
        reboots = reboots.filter { recording.stale[$0] != nil }
        return recording.fires
    }

    private func push(_ entry: ScheduleEntry, after considered: Instant) {
        guard let next = entry.next(after: considered) else { return }
        heap.push(.init(at: entry.startAt(of: next), id: entry.stored.id))
    }

    private func span(_ entry: ScheduleEntry, at now: Instant) throws -> ScheduleSpan {
        let (after, through) = (entry.stored.consideredUntil, entry.dueAt(now))
        let fires = entry.fires(after: start(of: entry), through: through)
        // Asked only where fires are to share a row: of all else the database sees for itself.
        let isLong = fires.dropFirst(FirePlan.missedRows).first { _ in true } != nil
        let past =
            try isLong
            ? store.past(ofSchedule: entry.stored.id, after: after, through: through) : FirePast()
        let timing = entry.stored.timing
        let plan = FirePlan(
            fires,
            at: now,
            timing: timing,
            delay: entry.delay,
            begunAt: entry.stored.begunAt(seenAt: now),
            past: past,
            isExcepted: entry.isExcepted
        )
        let isSeries = plan.isSeries(timing.catchUp, at: now, delay: entry.delay)
        let last = plan.items.last(where: \.isRun)?.dueAt
        let due = plan.items.map { item in
            DueFire(
                scheduleID: entry.stored.id,
                dueAt: item.dueAt,
                lastDueAt: item.lastDueAt,
                count: item.count,
                knownRows: item.lastDueAt.map { last in
                    past.recorded.count { item.dueAt <= $0 && $0 <= last }
                } ?? 0,
                note: item.isBeyondLimit ? FirePlan.limitNote : nil,
                startBy: timing.deadline.map {
                    Instant(milliseconds: item.dueAt.milliseconds + $0.milliseconds)
                },
                timezone: entry.zone.name,
                verdict: verdict(of: item, series: isSeries ? last : nil)
            )
        }
        return ScheduleSpan(
            scheduleID: entry.stored.id,
            after: after,
            // A start that lies ahead (the zone rules changed) is no reason to go back.
            through: max(after, through),
            fires: due
        )
    }

    /// - Parameter series: the last fire of the series that `item` is one of.
    private func verdict(of item: FirePlan.Item, series last: Instant?) -> DueFire.Verdict {
        guard item.isRun else { return item.isExcepted ? .except : .missed }
        return last.map { .series(isLast: item.dueAt == $0) } ?? .run
    }

    private func spanOfBoot(_ entry: ScheduleEntry, at now: Instant) -> ScheduleSpan {
        let fire = DueFire(
            scheduleID: entry.stored.id,
            dueAt: now,
            bootID: boot?.id,
            timezone: entry.zone.name,
            verdict: .run
        )
        return ScheduleSpan(scheduleID: entry.stored.id, after: nil, through: now, fires: [fire])
    }
}
