import Cron
import Flows
import Storage

/// One try of a task, from its launch until its end is handed to the database.
package final class Attempt {
    package let claim: Claim
    package let startedAt: Instant
    let started: MonotonicTime
    let output: AttemptOutput
    /// Where the runner's file has its launch.
    /// `nil` for one that a dead runner launched.
    let slot: RunnerFile.Slot?
    /// `nil` until launched, and for a component.
    var pid: Int32?
    /// Whatever the launcher keeps of it.
    var handle: AnyObject?
    /// Set once Flower ends it: what its outcome then is, whatever its process says.
    var verdict: Outcome?
    /// Why Flower ended it, where the verdict alone does not say.
    var verdictNote: String?
    /// Its time-out, or the KILL that follows a TERM.
    var timer: TimerQueue.Timer?

    init(
        _ claim: Claim,
        _ output: AttemptOutput,
        slot: RunnerFile.Slot?,
        startedAt: Instant = .now,
        started: MonotonicTime = .now
    ) {
        self.claim = claim
        self.output = output
        self.slot = slot
        self.startedAt = startedAt
        self.started = started
    }

    var start: AttemptStart {
        AttemptStart(claim: claim, startedAt: startedAt, pid: pid, sink: output.place)
    }

    /// What the database is to know of its end.
    func end(_ result: AttemptResult, _ outputs: OutputFolder) -> AttemptEnd {
        var end = AttemptEnd(
            start: start,
            endedAt: result.endedAt,
            duration: result.duration,
            outcome: verdict ?? result.outcome
        )
        end.userCPU = result.usage.user
        end.systemCPU = result.usage.system
        end.maxRSSKiB = result.usage.maxRSSKiB
        end.lines = output.lines
        end.lost = output.lost
        end.tail = output.tailBytes
        let notes =
            (verdictNote.map { [$0] } ?? []) + result.notes + (output.note.map { [$0] } ?? [])
        end.note = notes.isEmpty ? nil : output.masked(notes.joined(separator: "; "))
        outputs.take(for: &end, output.mask)
        return end
    }
}

/// What a launcher tells of an attempt that has ended.
package struct AttemptResult: Sendable {
    package var outcome: Outcome
    /// When its process ended, and how long it took until then.
    package var endedAt = Instant.now
    package var duration = Duration.zero
    package var usage = Usage()
    /// What a person should know besides.
    package var notes: [String] = []
    /// Of one that was not started: whether only because the system had no room for it.
    var isScarcity = false

    package init(_ outcome: Outcome) { self.outcome = outcome }

    /// Of the process and those children of its that it waited for (wait4(2)).
    package struct Usage: Sendable, Equatable {
        package var user: Duration = .zero
        package var system: Duration = .zero
        /// `nil` where it is not known (`init(_ usage:)`).
        package var maxRSSKiB: Int?

        package init() {}
    }
}

/// What executes attempts: processes here; systemd units and Slurm jobs have their own.
///
/// The seam is *start, adopt, end, result*, not "spawn and wait", because a unit or a job outlives
/// the runner. All calls come on the event thread, and none blocks.
package protocol Launcher: AnyObject {
    /// Receives each attempt's result, once, when nothing of it runs any more.
    var result: ((Attempt, AttemptResult) -> Void)? { get set }

    /// Starts an attempt.
    ///
    /// - Throws: `LaunchFault` where it never ran; then there is no result.
    func start(_ attempt: Attempt, _ world: TaskWorld) throws(LaunchFault)

    /// Takes over what a dead runner launched: looks after it, or sees to its end. Results follow.
    func adopt(_ attempts: [Adopted])

    /// Asks an attempt to end, all its processes: politely, or by force. Its result then follows.
    func end(_ attempt: Attempt, byForce: Bool)
}

/// An attempt of a dead runner's, with what that runner's file knows of it.
package struct Adopted {
    let attempt: Attempt
    let record: LaunchRecord
    /// Whether pids of the record mean anything here and now.
    let isOwnWorld: Bool
}
