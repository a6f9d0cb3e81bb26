/// What a schedule says of its fires beyond when they are due.
package struct ScheduleTiming: Sendable, Hashable {
    package var catchUp: CatchUp
    /// How far back a misfire may be caught up, more than zero; `nil` = for a day, and at least until the next
    /// fire is due.
    package var catchUpWindow: Duration?
    /// The latest start after the due instant, queueing included; `nil` = none. More than zero.
    package var deadline: Duration?
    /// Up to how much later a run is registered than it is due, the same for every fire of a schedule.
    package var jitter: Duration
    /// Fires that are recorded as excepted and not run. In the file's order.
    package var exceptions: [FireException]

    package init(
        catchUp: CatchUp = .latest,
        catchUpWindow: Duration? = nil,
        deadline: Duration? = nil,
        jitter: Duration = .zero,
        exceptions: [FireException] = []
    ) {
        self.catchUp = catchUp
        self.catchUpWindow = catchUpWindow
        self.deadline = deadline
        self.jitter = jitter
        self.exceptions = exceptions
    }
}

/// What is done about fires that passed while nobody watched.
package enum CatchUp: String, Sendable, CaseIterable, Codable {
    /// Each is recorded as missed.
    case skip
    /// The newest runs, unless a later fire is on time; the others are recorded as missed.
    case latest
    /// Each runs.
    case all
}

/// One entry under `except:`. The stored text is the entry as written.
package enum FireException: Sendable, Hashable {
    /// A cron expression: its own fires, in the schedule's zone.
    case expression(String)
    /// A day, `2026-12-24`, in the schedule's zone.
    case date(String)

    package var text: String {
        switch self {
        case .expression(let text), .date(let text): text
        }
    }
}
