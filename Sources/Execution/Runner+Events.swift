import Flows
import Storage
import Systemd

/// What the journal is told. None of it waits, and what the database refused is not told.
extension Runner {
    /// - Parameter event: asked for only where there is somebody to tell.
    func tell(_ event: () -> JournalEvent) {
        guard let sink = crew?.sink, sink.takesEvents else { return }
        sink.tell(event())
    }

    /// Committed ends, and what each made of its task.
    func tell(_ ends: [AttemptEnd], _ states: [TaskState?]) {
        for (end, state) in zip(ends, states) { tell { .ended(end, state) } }
    }

    /// What was taken over from a dead runner is recorded.
    func tell(_ rescue: Rescue, _ states: [TaskState?]) {
        let dead = rescue.identity
        for claim in rescue.returned { tell { .rescued(claim, from: dead, nil) } }
        for (end, state) in zip(rescue.ended, states) {
            tell { .rescued(end.start.claim, from: dead, end.outcome) }
            tell { .ended(end, state, countsLines: false) }
        }
    }

    /// Whether the loop, or a commit, was held up; told once for each time.
    func tellDelays() {
        if let delay = notifier.takeDelay() {
            tell { .heldUp("runner", delay, limit: notifier.watchdog, instance: store.instance) }
        }
        if pace.isNewlyStuck {
            let limit = notifier.watchdog
            tell {
                .heldUp(
                    "runner's commit",
                    RunnerLimit.commit,
                    limit: limit,
                    instance: store.instance
                )
            }
        }
    }
}
