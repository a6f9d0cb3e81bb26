/// How one attempt ended. A task that exits non-zero is not an error of Flower's: it is an outcome.
package enum Outcome: Sendable, Hashable {
    /// Exit code 0...255, or a component's return (0) or thrown error (1).
    case exited(Int)
    /// Ended by this signal number.
    case signalled(Int)
    /// Ended by Flower after its `timeout`.
    case timedOut
    /// Never ran: the program is missing, may not be executed, or the system refused. `reason` is for the person.
    case notStarted(reason: String)
    /// Its runner died, or the machine did, and what became of it is not known.
    case interrupted
    /// Ended because a person or a drain limit asked.
    case cancelled
    /// Exited with 0, but what it left cannot be taken: its outputs. `reason` is for the person.
    case refused(reason: String)

    package var isSuccess: Bool { self == .exited(0) }

    /// The stored word of `attempt.outcome`.
    package var word: String {
        switch self {
        case .exited(0): "succeeded"
        case .exited: "failed"
        case .signalled: "signalled"
        case .timedOut: "timed-out"
        case .notStarted: "not-started"
        case .interrupted: "interrupted"
        case .cancelled: "cancelled"
        case .refused: "failed"
        }
    }
}
