import Cron
import GRDB

/// What a runner must know before its turn does anything: one statement, answered from indexes alone.
struct Pulse {
    /// A task is ready.
    let isReady: Bool
    let isQueued: Bool
    /// The soonest retry of any run.
    let nextRetryAt: Instant?
    /// A task of this runner is to be ended.
    let isCancelled: Bool
    /// A ready task is to be judged: `when:`, `for_each:`.
    let isUnjudged: Bool
    /// A run may have settled that somebody waits for.
    let isSettling: Bool
    /// The soonest moment at which a run's time is over.
    private let nextRunEndAt: Instant?
    /// The latest start of the run that must start first.
    private let nextStartBy: Instant?
    /// How many tasks may run at once over all runners; `nil` = no limit.
    let workers: Int?

    private let now: Instant

    init(_ db: Database, _ hot: HotStatements, runner: Int64, at now: Instant) throws {
        let select = try hot[
            db,
            """
            SELECT EXISTS (SELECT 1 FROM task WHERE rank_ms IS NOT NULL),
              (SELECT min(start_by_ms) FROM run WHERE start_by_ms IS NOT NULL),
              EXISTS (SELECT 1 FROM run WHERE queued = 1),
              (SELECT min(retry_at_ms) FROM task WHERE retry_at_ms IS NOT NULL),
              EXISTS (SELECT 1 FROM task WHERE runner_id = ?1 AND cancel_at_ms IS NOT NULL),
              (SELECT min(end_by_ms) FROM run WHERE end_by_ms IS NOT NULL),
              (SELECT slots FROM pool WHERE name = 'workers'),
              EXISTS (SELECT 1 FROM task WHERE judged_ms IS NOT NULL AND rank_ms IS NOT NULL
                AND rank_ms <> judged_ms),
              EXISTS (SELECT 1 FROM settling)
            """
        ]
        select.bind(1, runner)
        let seen = try select.row(db) {
            (
                select.integer(0) != 0, select.optionalInteger(1), select.integer(2) != 0,
                select.optionalInteger(3), select.integer(4) != 0, select.optionalInteger(5),
                select.optionalInteger(6), select.integer(7) != 0, select.integer(8) != 0
            )
        }
        guard let seen else { preconditionFailure("a SELECT without FROM has one row") }
        (isReady, isQueued) = (seen.0, seen.2)
        nextStartBy = seen.1.map { Instant(stored: $0) }
        nextRetryAt = seen.3.flatMap { Store.retry(atMilliseconds: $0) }
        isCancelled = seen.4
        nextRunEndAt = seen.5.map { Instant(stored: $0) }
        workers = seen.6.map { Int($0) }
        isUnjudged = seen.7
        isSettling = seen.8
        self.now = now
    }

    var isRetryDue: Bool { nextRetryAt.map { $0 <= now } ?? false }
    /// A run has passed its deadline with nothing started.
    var isLate: Bool { nextStartBy.map { $0 < now } ?? false }
    /// The soonest moment at which a run's time is over, or it is too late for its start.
    var nextLimitAt: Instant? {
        let tooLate = nextStartBy.map { Instant(milliseconds: $0.milliseconds + 1) }
        return [nextRunEndAt, tooLate].compactMap { $0 }.min()
    }
    /// A run's time is over.
    var isOverdue: Bool { nextRunEndAt.map { $0 <= now } ?? false }
    /// Whether the graph may go on without a runner: `Store.advance`.
    var mayAdvance: Bool {
        isUnjudged || isSettling || isQueued || isLate || isRetryDue || isOverdue
    }
    /// Whether a turn could change something for whoever waits.
    var hasWork: Bool {
        isReady || isLate || isQueued || isRetryDue || isOverdue || isSettling
    }
}
