import Cron
import HostTime
import Storage

/// The coming fires of many schedules in one order, found one after the other.
package struct TimeLine {
    package struct Fire {
        package let dueAt: Instant
        package let schedule: StoredSchedule
    }

    private let entries: [ScheduleEntry]
    private let start: Instant
    /// Schedules that cannot be used as they stand.
    package let faults: [ScheduleFault]

    package init(_ schedules: [StoredSchedule], after start: Instant, zones: ZoneDirectory) {
        var entries: [ScheduleEntry] = []
        let compiler = ScheduleCompiler(zones)
        var faults: [ScheduleFault] = []
        for schedule in schedules {
            do throws(ScheduleFault) {
                entries.append(try compiler.entry(of: schedule))
            } catch {
                faults.append(error)
            }
        }
        self.entries = entries
        self.faults = faults
        self.start = start
    }

    /// Ascending by due instant; excepted fires left out.
    package func fires(atMost count: Int, until end: Instant?) -> [Fire] {
        let latest = end ?? Instant(milliseconds: .max)
        var heap = FireHeap(
            entries.indices.compactMap { position in
                entries[position].next(after: start).map { .init(at: $0, id: Int64(position)) }
            }
        )
        var found: [Fire] = []
        while found.count < count, let item = heap.pop(dueAt: latest) {
            let entry = entries[Int(item.id)]
            if !entry.isExcepted(item.at) {
                found.append(Fire(dueAt: item.at, schedule: entry.stored))
            }
            if let next = entry.next(after: item.at) {
                heap.push(.init(at: next, id: item.id))
            }
        }
        return found
    }
}
