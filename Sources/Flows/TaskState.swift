/// The states of a task in a run, stored as these integers and shown by these words.
///
/// ```
///             claim              succeed
///   waiting ────────▶ running ────────────▶ succeeded
///    ▲  ▲ │ ◀──────────┘ │ │
///    │  │ │  retry, unclaim │ └─ fail ─▶ failed      cancel (from waiting, running, held) ─▶ cancelled
///    │  │ └─ hold ─▶ held   skip (from waiting, held, failed, cancelled) ─▶ skipped
///    │  └─ release ───┘
///    └─ reset (from every ended state)
/// ```
///
/// Every change of state passes through `TaskState.after(_:)`; the database's triggers refuse the
/// same changes that it refuses, so that a plain `sqlite3` shell cannot do what Flower would not.
package enum TaskState: Int, Sendable, CaseIterable, Codable {
    /// Not started: needs unmet, or ready, or before its retry time.
    case waiting = 0
    /// Claimed by one runner.
    case running = 1
    /// Ended in error with no retries left: dependents wait for a person.
    case failed = 2
    case succeeded = 3
    /// Waits for a person's release.
    case held = 4
    /// Counts as failed for dependents.
    case cancelled = 8
    /// Counts as succeeded for dependents.
    case skipped = 9

    package var word: String { "\(self)" }

    package var hasEnded: Bool {
        switch self {
        case .waiting, .running, .held: false
        case .failed, .succeeded, .cancelled, .skipped: true
        }
    }

    /// Whether a task that needs this one may start.
    package var satisfiesNeed: Bool { self == .succeeded || self == .skipped }
}

/// What can happen to a task.
package enum TaskEvent: Sendable, CaseIterable {
    /// A runner takes the task, in a committed transaction, before it launches anything.
    case claim
    /// A claim that was never launched is handed back; costs no retry.
    case unclaim
    case succeed
    /// An attempt ended in error and no retries are left.
    case fail
    /// An attempt ended in error and a retry is left.
    case retry
    case cancel
    case hold
    case release
    case skip
    /// Rerun, by command or by `UPDATE task SET status = 0`.
    case reset
}

extension TaskState {
    /// The one transition function: the state after `event`, or `nil` where that is not allowed.
    package func after(_ event: TaskEvent) -> TaskState? {
        switch (event, self) {
        case (.claim, .waiting): .running
        case (.unclaim, .running), (.retry, .running), (.release, .held): .waiting
        case (.succeed, .running): .succeeded
        case (.fail, .running): .failed
        case (.cancel, .waiting), (.cancel, .running), (.cancel, .held): .cancelled
        case (.hold, .waiting): .held
        case (.skip, .waiting), (.skip, .held), (.skip, .failed), (.skip, .cancelled): .skipped
        case (.reset, .failed), (.reset, .succeeded), (.reset, .cancelled), (.reset, .skipped):
            .waiting
        default: nil
        }
    }
}
