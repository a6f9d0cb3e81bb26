import Cron
import HostTime
import Storage

/// The coming fires of many schedules in one order, found one after the other.
package struct TimeLine {
    package struct Fire {
        package let dueAt: Instant
        /// When it is registered: its jitter later.
        package let startAt: Instant
        package let schedule: StoredSchedule
    }

    private let entries: [(entry: ScheduleEntry, start: Instant)]
    /// Schedules that cannot be used as they stand.
    package let faults: [ScheduleFault]

    /// - Parameter start: after which a schedule's fires are looked for; `nil` = it has none to come.
    package init(
        _ schedules: [StoredSchedule],
        zones: ZoneDirectory,
        after start: (StoredSchedule) -> Instant?
    ) {
        var entries: [(entry: ScheduleEntry, start: Instant)] = []
        let compiler = ScheduleCompiler(zones)
        var faults: [ScheduleFault] = []
        for schedule in schedules {
            do throws(ScheduleFault) {
                let entry = try compiler.entry(of: schedule)
                if let start = start(schedule) { entries.append((entry, start)) }
            } catch {
                faults.append(error)
            }
        }
        self.entries = entries
        self.faults = faults
    }

    /// Ascending by due instant, those of one instant in the order of their schedules; excepted fires left
    /// out.
    package func fires(atMost count: Int, until end: Instant?) -> [Fire] {
        let latest = end ?? Instant(milliseconds: .max)
        var heap = FireHeap(
            entries.indices.compactMap { position in
                let (entry, start) = entries[position]
                return entry.next(after: start).map { .init(at: $0, id: Int64(position)) }
            }
        )
        var found: [(fire: Fire, entry: Int)] = []
        while found.count < count, let item = heap.pop(dueAt: latest) {
            let entry = entries[Int(item.id)].entry
            if !entry.isExcepted(item.at) {
                let fire = Fire(
                    dueAt: item.at,
                    startAt: entry.startAt(of: item.at),
                    schedule: entry.stored
                )
                found.append((fire, Int(item.id)))
            }
            if let next = entry.next(after: item.at) {
                heap.push(.init(at: next, id: item.id))
            }
        }
        found.sort { ($0.fire.dueAt, $0.entry) < ($1.fire.dueAt, $1.entry) }
        return found.map(\.fire)
    }
}
