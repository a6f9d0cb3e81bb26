/// The state of a run. It is derived from its tasks and never stored.
package enum RunState: String, Sendable, CaseIterable, Codable {
    /// A task runs.
    case running
    /// A task can start without a person, retries included.
    case waiting
    /// Held back until an earlier run of its flow has settled.
    case queued
    /// What is left waits for a person's `release`.
    case held
    /// Settled, and a task failed.
    case failed
    /// Settled, none failed, and a task was cancelled.
    case cancelled
    /// Settled, and every task succeeded or was skipped.
    case succeeded

    /// Whether an overlap policy must reckon with it.
    package var isActive: Bool {
        switch self {
        case .running, .waiting, .queued, .held: true
        case .failed, .cancelled, .succeeded: false
        }
    }
}
