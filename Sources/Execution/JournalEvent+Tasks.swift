import Flows
import Storage
import Systemd

/// What becomes of tasks, as the journal is told it.
extension JournalEvent {
    /// - Parameter pid: `nil` for a component.
    static func started(_ claim: Claim, pid: Int32?) -> JournalEvent {
        JournalEvent(
            .taskStarted,
            .info,
            sentence(claim, "started"),
            claim.journalFields + (pid.map { [JournalField("FLOWER_PID", $0)] } ?? [])
        )
    }

    /// - Parameters:
    ///   - state: what the end made of the task; `nil` where that was no longer its runner's.
    ///   - countsLines: whether `end.lines` says how many there were: a rescuer does not know.
    static func ended(
        _ end: AttemptEnd,
        _ state: TaskState?,
        countsLines: Bool = true
    ) -> JournalEvent {
        let claim = end.start.claim
        let isRetried = state == .waiting
        let (kind, priority, what) = verdict(end, isRetried: isRetried)
        let note = end.note.map { "; \($0)" } ?? ""
        var fields = claim.journalFields
        fields.append(JournalField("FLOWER_OUTCOME", end.outcome.word))
        if let state { fields.append(JournalField("FLOWER_STATE", state.word)) }
        switch end.outcome {
        case .exited(let code): fields.append(JournalField("FLOWER_EXIT_CODE", code))
        case .signalled(let number): fields.append(JournalField("FLOWER_SIGNAL", number))
        default: break
        }
        fields.append(JournalField("FLOWER_DURATION_MS", end.duration.milliseconds))
        if countsLines { fields.append(JournalField("FLOWER_LINES", end.lines)) }
        return JournalEvent(kind, priority, sentence(claim, what + note), fields)
    }

    static func registered(_ run: StartedRun, instance: String) -> JournalEvent {
        let actor = "run \(run.parentRun)"
        return JournalEvent(
            .runRegistered,
            .info,
            "run \(run.id) of flow '\(run.flow)' registered by \(actor), a task of which waits for it",
            [
                JournalField("FLOWER_INSTANCE", instance), JournalField("FLOWER_FLOW", run.flow),
                JournalField("FLOWER_RUN", run.id), JournalField("FLOWER_ACTOR", actor),
            ]
        )
    }

    /// - Parameter outcome: how its attempt ended; `nil` where it had not begun, and waits again.
    static func rescued(
        _ claim: Claim,
        from runner: RunnerIdentity,
        _ outcome: Outcome?
    ) -> JournalEvent {
        let what = outcome == nil ? "it had not begun, and waits again" : "its end is recorded now"
        return JournalEvent(
            .taskRescued,
            .warning,
            sentence(claim, "was left by a runner that died (pid \(runner.pid)): \(what)"),
            claim.journalFields + [JournalField("FLOWER_RUNNER_PID", runner.pid)]
        )
    }

    private static func sentence(_ claim: Claim, _ what: String) -> String {
        let name = TaskName(claim.name, item: claim.item == 0 ? nil : claim.item)
        let attempt = claim.attempt == 1 ? "" : " (attempt \(claim.attempt))"
        let noun = claim.isHook ? "hook" : "task"
        return
            "\(noun) '\(name)' of run \(claim.run.runID) of flow '\(claim.run.flow)'\(attempt) \(what)"
    }

    private static func verdict(
        _ end: AttemptEnd,
        isRetried: Bool
    ) -> (Kind, Priority, String) {
        let again = isRetried ? ", and is tried again" : ""
        let priority: Priority = isRetried ? .warning : .error
        let failed: Kind = isRetried ? .taskRetried : .taskFailed
        switch end.outcome {
        case .exited(0):
            return (.taskSucceeded, .info, "succeeded after \(DurationText.format(end.duration))")
        case .cancelled: return (.taskCancelled, .notice, "was cancelled")
        case .timedOut: return (.taskTimedOut, priority, "was ended after its timeout\(again)")
        case .interrupted:
            return (
                .taskInterrupted, priority,
                "was interrupted: its runner or the machine died\(again)"
            )
        case .exited(let code): return (failed, priority, "failed with exit code \(code)\(again)")
        case .signalled(let number):
            return (failed, priority, "was ended by \(SignalName.of(number))\(again)")
        case .notStarted(let reason):
            return (failed, priority, "could not be started\(again): \(reason)")
        case .refused(let reason): return (failed, priority, "is refused\(again): \(reason)")
        }
    }
}

extension Claim {
    var journalFields: [JournalField] { LogSource(self).journalFields }
}

extension LogSource {
    /// What every entry of an attempt has.
    var journalFields: [JournalField] {
        [
            JournalField("FLOWER_INSTANCE", run.instance),
            JournalField("FLOWER_FLOW", run.flow),
            JournalField("FLOWER_RUN", run.runID),
            JournalField("FLOWER_TASK", task),
            JournalField("FLOWER_ITEM", item),
            JournalField("FLOWER_ATTEMPT", attempt),
        ]
    }
}
