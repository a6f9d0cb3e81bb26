import Cron
import Flows
import Storage

/// What becomes of the fires of one schedule that are due: on time, caught up, or missed. Pure.
///
/// On time is a fire registered within 60 s of its due instant (`design.md`, Time); every other is a misfire.
/// Where no `catchup_window` is written, a misfire is within it for a day, and until the next fire is due: the
/// newest always is, however seldom the schedule is due.
///
/// | `catchup` | of the misfires within `catchup_window` are run |
/// | --- | --- |
/// | `skip` | none |
/// | `latest` | the newest, unless a fire is on time |
/// | `all` | each, but of one absence at most the newest 100 |
///
/// What several made-up runs are to each other and to the runs that are active, the flow's `overlap` says:
///
/// | `overlap` | `latest`, or one fire | `all`, for several at once |
/// | --- | --- | --- |
/// | `skip` | as any fire: not run while a run is active | one after another, after the active one |
/// | `queue` | as any fire: waits its turn | likewise, as many as `queue_limit` lets wait |
/// | `allow` | starts | all start |
/// | `replace` | as any fire: ends the active run | the newest alone, as any fire |
///
/// A fire on time that the same look finds behind made-up ones is one of them.
struct FirePlan {
    struct Item: Equatable {
        var dueAt: Instant
        var isRun: Bool
        var isExcepted = false
        /// Why it is not made up for, where `catchup` does not say it all.
        var reason: Reason?
        /// Of a row that stands for several missed fires: the last of them, and how many.
        var lastDueAt: Instant?
        var count = 1
    }

    /// Why a misfire that `catchup` would make up for is not.
    enum Reason: Hashable {
        /// In the window of `catchup: all`, and too old to be one of those it makes up for.
        case limit
        /// Older than `catchup_window`.
        case window

        func note(_ timing: ScheduleTiming) -> String {
            switch self {
            case .limit: return limitNote
            case .window:
                let window = DurationText.format(timing.catchUpWindow ?? FirePlan.defaultWindow)
                return
                    "no scheduler looked within its catchup_window (\(window)): make that longer, "
                    + "and run this one with flower backfill"
            }
        }
    }

    /// Where the schedule has no `catchup_window`, and at least until the next fire is due.
    static let defaultWindow = Duration.seconds(86_400)
    /// A fire registered later than this after its due instant is a misfire.
    static let onTime: Int64 = 60_000
    /// Missed fires that get a row each; the older ones of an absence share one for each reason.
    static let missedRows = 1_000
    /// Of one absence of one schedule: more would be a stampede.
    static let madeUpRuns = 100
    static let limitNote = "catchup: all makes up for at most \(madeUpRuns) fires of an absence"

    /// Rows for many first, then the others ascending by due instant.
    let items: [Item]

    /// - Parameters:
    ///   - fires: ascending, all of them due: at `now` or before.
    ///   - delay: the schedule's jitter, by which a fire is on time so much later.
    ///   - begunAt: no fire at or before it is run.
    ///   - past: what is known already of the span that the fires are in.
    ///   - isExcepted: whether `except:` names a fire.
    init(
        _ fires: some Sequence<Instant>,
        at now: Instant,
        timing: ScheduleTiming = ScheduleTiming(),
        delay: Duration = .zero,
        begunAt: Instant = Instant(milliseconds: .min),
        past: FirePast = FirePast(),
        isExcepted: (Instant) -> Bool = { _ in false }
    ) {
        let onTime = Self.onTime + delay.milliseconds
        let window = timing.catchUpWindow ?? Self.defaultWindow
        let oldest = now.milliseconds - max(window.milliseconds, onTime)
        var missed = Missed(timing.catchUp, limit: Self.limit(of: timing.catchUp), past: past)
        var timely: [Item] = []
        for fire in fires {
            let isExcepted = isExcepted(fire)
            let canRun = !isExcepted && fire > begunAt
            if now.milliseconds - fire.milliseconds <= onTime {
                timely.append(Item(dueAt: fire, isRun: canRun, isExcepted: isExcepted))
            } else {
                let isOld = fire.milliseconds < oldest
                var item = Item(dueAt: fire, isRun: canRun && !isOld, isExcepted: isExcepted)
                if canRun, isOld { item.reason = .window }
                missed.append(item)
            }
        }
        if timely.isEmpty, timing.catchUpWindow == nil { missed.keepNewest() }
        if timing.catchUp == .latest, timely.contains(where: \.isRun) { missed.limit = 0 }
        items = missed.finished() + timely
    }

    private static func limit(of catchUp: CatchUp) -> Int {
        switch catchUp {
        case .skip: 0
        case .latest: 1
        case .all: madeUpRuns
        }
    }

    /// Whether several of the fires run because `catchup: all` makes up for them.
    func isSeries(_ catchUp: CatchUp, at now: Instant, delay: Duration) -> Bool {
        let runs = items.filter(\.isRun)
        guard catchUp == .all, runs.count > 1, let first = runs.first else { return false }
        return now.milliseconds - first.dueAt.milliseconds > Self.onTime + delay.milliseconds
    }
}

/// The misfires of a plan, of which only so many are held in memory as may get a row.
private struct Missed {
    let catchUp: CatchUp
    /// Of those that may run, so many of the newest do.
    var limit: Int
    let past: FirePast

    private var items: [FirePlan.Item] = []
    /// The last of `items` is beyond the window.
    private var newestIsOld = false
    private var folded: [Kind: FirePlan.Item] = [:]

    /// What one row can stand for.
    private struct Kind: Hashable {
        /// How many pauses have begun or ended before.
        let segment: Int
        let isExcepted: Bool
        let reason: FirePlan.Reason?
    }

    init(_ catchUp: CatchUp, limit: Int, past: FirePast) {
        self.catchUp = catchUp
        self.limit = limit
        self.past = past
    }

    mutating func append(_ item: FirePlan.Item) {
        newestIsOld = item.reason == .window
        items.append(item)
        // Of those that `latest` and `skip` would make up for in no case the window is not the reason.
        if catchUp != .all { items[items.count - 1].reason = nil }
        if items.count >= 2 * (FirePlan.missedRows + limit) { fold() }
    }

    /// The newest is run however old it is: the next is still to come.
    mutating func keepNewest() {
        guard newestIsOld, limit > 0, let last = items.indices.last else { return }
        newestIsOld = false
        items[last].reason = nil
        items[last].isRun = true
    }

    mutating func finished() -> [FirePlan.Item] {
        if catchUp == .latest, newestIsOld, limit > 0 { items[items.count - 1].reason = .window }
        fold()
        return folded.values.sorted { $0.dueAt < $1.dueAt } + items
    }

    /// Folds all but the newest `missedRows`; those to be run stay as they are.
    private mutating func fold() {
        var runs = 0
        for index in items.indices.reversed() where items[index].isRun {
            runs += 1
            if runs > limit {
                items[index].isRun = false
                if catchUp == .all { items[index].reason = .limit }
            }
        }
        let surplus = items.count - FirePlan.missedRows
        guard surplus > 0 else { return }
        for item in items.prefix(surplus) where !item.isRun { fold(item) }
        items = items.prefix(surplus).filter(\.isRun) + items.dropFirst(surplus)
    }

    private mutating func fold(_ item: FirePlan.Item) {
        // It has its row, which needs no other.
        if past.recorded.contains(item.dueAt) { return }
        let kind = Kind(
            segment: past.pauseBounds.prefix { $0 <= item.dueAt }.count,
            isExcepted: item.isExcepted,
            reason: item.reason
        )
        guard var row = folded[kind] else {
            folded[kind] = item
            return
        }
        row.lastDueAt = item.dueAt
        row.count += 1
        folded[kind] = row
    }
}
