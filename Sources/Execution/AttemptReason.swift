import Storage

extension AttemptDetail {
    /// How it ended, in words.
    package var reason: String {
        let words: String
        switch outcome {
        case nil: words = "still running"
        case "failed" where exitCode == 0: words = "exit code 0, but it is refused"
        case "failed": words = exitCode.map { "exit code \($0)" } ?? "failed"
        case "signalled": words = "ended by \(signal.map { SignalName.of($0) } ?? "a signal")"
        case "timed-out": words = "ended after its timeout"
        case "not-started": words = "could not be started"
        case "interrupted": words = "interrupted: its runner or the machine died"
        case let outcome?: words = outcome
        }
        return note.map { "\(words); \($0)" } ?? words
    }
}

/// The words of a run that was over its `run_timeout`, the same wherever it is told.
package enum LateRun {
    package static let words = "took longer than its run_timeout"

    /// Why a task of it was cancelled.
    ///
    /// - Parameter attempt: its last; `nil` where none was begun.
    package static func reason(after attempt: AttemptDetail?) -> String {
        let late = "its run \(words)"
        return attempt.map { "\($0.reason); not tried again: \(late)" } ?? "not started: \(late)"
    }
}
