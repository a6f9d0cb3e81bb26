import Cron
import Flows

/// What becomes of the fires of one schedule that are due: on time, caught up, or missed. Pure.
struct FirePlan {
    struct Item: Equatable {
        var dueAt: Instant
        var isRun: Bool
        var isExcepted = false
        /// Of a row that stands for several missed fires: the last of them, and how many.
        var lastDueAt: Instant?
        var count = 1
    }

    /// A fire registered later than this after its due instant is a misfire (`design.md`, Time).
    static let onTime: Int64 = 60_000
    /// Missed fires that get a row each; the older ones of an absence share one.
    static let missedRows = 1_000

    /// Ascending by due instant.
    let items: [Item]

    /// - Parameters:
    ///   - fires: ascending, all of them due: at `now` or before.
    ///   - delay: the schedule's jitter, by which a fire is on time so much later.
    ///   - isExcepted: whether `except:` names a fire.
    init(
        _ fires: some Sequence<Instant>,
        at now: Instant,
        timing: ScheduleTiming = ScheduleTiming(),
        delay: Duration = .zero,
        isExcepted: (Instant) -> Bool = { _ in false }
    ) {
        let onTime = Self.onTime + delay.milliseconds
        let oldest = now.milliseconds - max(timing.catchUpWindow.milliseconds, onTime)
        let catchUp = timing.catchUp
        var old: Item?
        var missed: [Item] = []
        var timely: [Item] = []
        for fire in fires {
            let isTimely = now.milliseconds - fire.milliseconds <= onTime
            let isCaughtUp = catchUp == .all && fire.milliseconds >= oldest
            if isExcepted(fire) {
                // It keeps its place among the others, and is neither run nor caught up.
                let item = Item(dueAt: fire, isRun: false, isExcepted: true)
                if isTimely { timely.append(item) } else { missed.append(item) }
            } else if isTimely {
                timely.append(Item(dueAt: fire, isRun: true))
            } else {
                missed.append(Item(dueAt: fire, isRun: isCaughtUp))
            }
            if missed.count >= 2 * Self.missedRows { Self.fold(&missed, into: &old) }
        }
        Self.fold(&missed, into: &old)
        let isNewestRun = catchUp == .latest && !timely.contains(where: \.isRun)
        if isNewestRun, let last = missed.lastIndex(where: { !$0.isExcepted }),
            missed[last].dueAt.milliseconds >= oldest
        {
            missed[last].isRun = true
        }
        items = (old.map { [$0] } ?? []) + missed + timely
    }

    /// Folds all but the newest `missedRows` into one item; those to be run stay as they are.
    private static func fold(_ missed: inout [Item], into old: inout Item?) {
        let surplus = missed.count - missedRows
        guard surplus > 0 else { return }
        for item in missed.prefix(surplus) where !item.isRun {
            if old == nil {
                old = item
                old?.isExcepted = false
            } else {
                old?.lastDueAt = item.dueAt
                old?.count += 1
            }
        }
        missed = missed.prefix(surplus).filter(\.isRun) + missed.dropFirst(surplus)
    }
}
