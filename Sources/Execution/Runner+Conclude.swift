import Cron
import Flows
import Storage

/// Claims of which something else is known than what is to be executed.
extension Runner {
    /// The run that a task has waited for is its result; nothing is launched.
    func conclude(_ claim: Claim, _ crew: Crew) {
        guard let child = claim.child else {
            let attempt = Attempt(claim, AttemptOutput(LogSource(claim), crew.sink), slot: nil)
            let reason = claim.fault ?? "the run that it waited for is not there: rerun it"
            return news.add(attempt, outputs, AttemptResult(.notStarted(reason: reason)))
        }
        let now = Instant.now
        let elapsed = now.milliseconds - child.registeredAt.milliseconds
        var end = AttemptEnd(
            start: AttemptStart(claim: claim, startedAt: child.registeredAt, pid: nil, sink: ""),
            endedAt: now,
            duration: .milliseconds(max(elapsed, 0)),
            outcome: .exited(child.state == .succeeded ? 0 : 1)
        )
        end.outputs = child.given
        end.secrets = child.secrets
        let was = child.state == .cancelled ? "was " : ""
        let result = "run \(child.id) of flow '\(child.flow)' \(was)\(child.state.rawValue)"
        end.note = ([result] + child.missing).joined(separator: "; ")
        news.ended.append(end)
    }

    /// The message of `notify: {mail: …}`; `nil` for every other task.
    func mail(
        for claim: Claim
    ) throws(TaskWorld.Fault) -> (sendmail: String, message: [UInt8])? {
        guard HookEvent(taskName: claim.name) == .notify, case .exec(let words) = claim.action
        else { return nil }
        do {
            let failures = try store.failures(
                ofRun: claim.run.runID,
                limit: FailureMail.tasksTold
            )
            let mail = FailureMail(
                host: HostName.current,
                flow: claim.run.flow,
                run: claim.run.runID,
                recipients: Array(words.dropFirst(2)),
                failures: failures
            )
            return (options.sendmail, Array(mail.text.utf8))
        } catch {
            throw TaskWorld.Fault(message: "\(error)")
        }
    }
}
