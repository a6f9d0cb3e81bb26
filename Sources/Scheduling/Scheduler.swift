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
    let store: Store
    private let zones: ZoneDirectory
    let clock: any WallClock
    private let makeBoot: () -> HostBoot?
    /// Asked for while the clock is right: when the boot began is reckoned from it.
    private var boot: HostBoot?

    /// A schedule that has changed may stand in it more than once: one turn takes all that are due.
    private(set) var heap = FireHeap([])
    /// Schedules of `@reboot`, until they have fired.
    private var reboots: Set<Int64> = []
    /// Up to which change the schedules have been read.
    private var cursor: Int64?
    private var nextExpectation: Instant?
    private var alarm: WorkAlarm
    private var lastNow = Instant(milliseconds: .min)
    private let planner: SpanPlanner
    /// The fire that runners have been told of, and may register themselves.
    var announced: Announcement?
    /// The clock was set back: alarms set by it before mean nothing.
    private var hasSteppedBack = false
    private var faultsByID: [Int64: ScheduleFault] = [:]
    /// Those that have been told.
    private var toldFaults: [Int64: ScheduleFault] = [:]
    private var mendedFaults: [ScheduleFault] = []

    /// Fires that one transaction records: so many that a commit is cheap for each, and so few that
    /// runners begin with the first while the last of a thousand are still registered.
    private static let batch = 200
    /// So often one turn plans anew what other schedulers or steps of the clock have made stale.
    private static let staleRounds = 8

    package init(
        store: Store,
        zones: ZoneDirectory,
        clock: any WallClock = HostClock(),
        boot: @autoclosure @escaping () -> HostBoot? = .current
    ) {
        self.store = store
        self.zones = zones
        self.clock = clock
        makeBoot = boot
        planner = SpanPlanner(store: store)
        alarm = WorkAlarm(store)
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
        guard clockSentence == nil else {
            // Once it is right, what was written by it is known by its instants.
            cursor = nil
            return []
        }
        try readChanges(at: clock.now)
        var recorded = try recordReboots(at: clock.now)
        var staleRounds = 0
        while staleRounds < Self.staleRounds, let due = try takeDue(at: clock.now) {
            do {
                var recording = Recording()
                if !due.spans.isEmpty {
                    recording = try store.record(due.spans, plannedAt: due.now) { clock.now }
                }
                recorded += recording.fires + (try store.recordedFires(due.taken))
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

    /// Why nothing is registered: the clock cannot be right; `nil` where it may be.
    package var clockSentence: String? {
        let now = clock.now
        guard now < clock.earliest else { return nil }
        return "the clock says \(now.iso8601(in: .utc)): nothing is registered until it is set"
    }

    /// What was expected of flows (`expect:`) and has not come, or has come at last. After `turn`.
    package func checkExpectations() throws -> [ExpectationEvent] {
        guard clockSentence == nil else { return [] }
        let (events, next) = try store.checkExpectations(at: clock.now, all: hasSteppedBack) {
            (try? HostZone.current(in: zones).name) ?? Zone.utc.name
        }
        nextExpectation = next
        hasSteppedBack = false
        return events
    }

    /// The schedules that have become unusable since the last call, and those that can be used again.
    package func takeFaultChanges() -> (faulty: [ScheduleFault], mended: [ScheduleFault]) {
        defer { (toldFaults, mendedFaults) = (faultsByID, []) }
        let faulty = faultsByID.filter { toldFaults[$0.key] != $0.value }.values
        return (faulty.sorted { $0.flow < $1.flow }, mendedFaults)
    }

    /// The host's zone files have changed: all next fires are worked out anew, from where each schedule has
    /// been considered, as by a scheduler that starts now: what by the new rules was due since is a misfire.
    func reloadZones() {
        zones.forget()
        cursor = nil
    }

    /// Wakes a runner for what has come due by the clock alone: see `WorkAlarm`. The runner that worked on
    /// it need not have waited.
    ///
    /// Once for each time that something comes due: where no runner answers, the wake file lies there all the
    /// same.
    @discardableResult
    package func wakeForAlarm() throws -> WorkAlarm.Look {
        let found = try alarm.look(at: clock.now)
        if found.hasRung { store.folder.touchWake() }
        return found
    }

    // MARK: - Reading schedules

    /// Where the clock was set back, and at the start, what was recorded of times that have not come is
    /// taken back first; those schedules count as changed. So do those that began by a clock that was not
    /// right.
    private func readChanges(at now: Instant) throws {
        let isStepBack = now < lastNow
        if isStepBack { hasSteppedBack = true }
        if isStepBack || cursor == nil { try store.takeBack { clock.now } }
        if cursor == nil {
            try store.beginLives(appliedBefore: clock.earliest) { clock.now }
            boot = makeBoot()
        }
        lastNow = now
        let (cursor, changes) = try store.scheduleChanges(since: cursor)
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
            if let fault = toldFaults.removeValue(forKey: stored.id) { mendedFaults.append(fault) }
            if entry.isDue(in: boot, at: now) { reboots.insert(stored.id) }
            return entry.next(after: stored.lookedAtFrom(seenAt: now)).map {
                .init(at: entry.startAt(of: $0), id: stored.id)
            }
        } catch {
            faultsByID[stored.id] = error
            return nil
        }
    }

    // MARK: - Due fires

    private struct Due {
        let now: Instant
        var items: [FireHeap.Item] = []
        var entries: [ScheduleEntry] = []
        var spans: [ScheduleSpan] = []
        /// What the runner that was told of it has registered: to be told by us.
        var taken: [(schedule: Int64, at: Instant)] = []
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
        let taken = isAccepted ? Set(due.items.filter { $0.at == announced?.at }.map(\.id)) : []
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
                let span = try planner.span(entry, at: now)
                // Somebody else was here before; there is nothing to be written.
                if !span.fires.isEmpty {
                    due.spans.append(span)
                } else if let announced, taken.contains(stored.id) {
                    due.taken.append((stored.id, entry.dueAt(announced.at)))
                }
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
