import Cron
import HostTime
import Storage

/// Plans, in a runner, the fires that a scheduler has announced.
package struct AnnouncedFires {
    private let store: Store
    private let zones: ZoneDirectory

    package init(store: Store, zones: ZoneDirectory) {
        self.store = store
        self.zones = zones
    }

    /// The announced fires as far as they are plain: the one fire that its schedule has to be considered,
    /// on time. All else, and each doubt, is left to the scheduler.
    ///
    /// - Returns: `nil` where nothing is left to plan.
    package func plan(_ announcement: Announcement) throws -> PlannedFires? {
        // Before the schedules: a change between the two is seen.
        let cursor = try store.scheduleChanges(since: nil).cursor
        // A runner lives long: what it knows of zones is not told to be stale.
        zones.forget()
        let compiler = ScheduleCompiler(zones)
        let planner = SpanPlanner(store: store)
        var spans: [ScheduleSpan] = []
        for stored in try store.schedules(announcement.schedules) {
            // Of one that cannot be used, the scheduler tells.
            guard let entry = try? compiler.entry(of: stored) else { continue }
            let span = try planner.span(entry, at: announcement.at)
            let due = entry.dueAt(announcement.at)
            let isPlain = span.fires.count == 1 && span.fires[0].dueAt == due
            if isPlain, span.fires[0].verdict == .run { spans.append(span) }
        }
        return spans.isEmpty ? nil : PlannedFires(announcement, spans, cursor: cursor)
    }
}
