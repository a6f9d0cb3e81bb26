import Cron
import Flows
import Storage

extension Runner {
    /// Begins what is claimed, in order, as far as slots are free.
    func launch() throws(SystemFailure) {
        guard stop == .no, !pending.isEmpty else { return }
        let crew = try readyCrew()
        var hasLaunched = false
        while let claim = pending.first {
            if case .flow = claim.action {
                _ = pending.popFirst()
                conclude(claim, crew)
            } else if case .component(_, let with) = claim.action {
                // Queued even without a free slot while lanes are open: they take them as they come
                // free.
                let load = crew.components.load
                guard freeSlots > 0 || load.open > 0 else { break }
                _ = pending.popFirst()
                hand(claim, with, to: crew)
            } else {
                crew.components.open(upTo: crew.components.load.open + max(freeSlots, 0))
                guard freeSlots > 0 else { break }
                _ = pending.popFirst()
                start(claim, crew)
            }
            hasLaunched = true
        }
        crew.components.open(upTo: crew.components.load.open + max(freeSlots, 0))
        if hasLaunched || pending.isEmpty { cancelTimer(.patience) }
        if !pending.isEmpty, timers[.patience] == nil {
            // Tasks that run long have taken every slot: another runner may be free.
            setTimer(.patience, after: RunnerLimit.claimPatience) { [unowned self] in
                news.returned += pending.remove { _ in true }
            }
        }
    }

    /// The crew, made with the first claim or rescue.
    func readyCrew() throws(SystemFailure) -> Crew {
        if let crew { return crew }
        outputs.make(like: store.folder.logsPath)
        let made = try Crew(
            store,
            loop,
            registry,
            outputs,
            workers: options.workers,
            sink: givenSink
        )
        made.processes.result = { [unowned self] in ended($0, $1) }
        made.components.ends = { [unowned self] in ended($0) }
        try hear(made.writer)
        crew = made
        return made
    }

    private func start(_ claim: Claim, _ crew: Crew) {
        let output = AttemptOutput(LogSource(claim), crew.sink)
        let attempt = Attempt(claim, output, slot: crew.file.takeSlot())
        ending.launchedTasks += 1
        do {
            let world = try worlds.world(of: claim.run)
            try crew.processes.start(
                attempt,
                try TaskWorld(claim, of: world, mail: try mail(for: claim))
            )
        } catch let fault as LaunchFault {
            return news.add(attempt, outputs, AttemptResult(.notStarted(reason: fault.reason)))
        } catch let fault as TaskWorld.Fault {
            return news.add(attempt, outputs, AttemptResult(.notStarted(reason: fault.message)))
        } catch {
            return news.add(attempt, outputs, AttemptResult(.notStarted(reason: "\(error)")))
        }
        running[claim.taskID] = attempt
        news.begun[claim.taskID] = attempt
        if let timeout = claim.timeout {
            attempt.timer = loop.schedule(at: attempt.started + timeout) { [unowned self] in
                end(attempt, as: .timedOut)
            }
        }
    }

    /// The run that a task has waited for is its result; nothing is launched.
    private func conclude(_ claim: Claim, _ crew: Crew) {
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
        let was = child.state == .cancelled ? "was " : ""
        end.note = "run \(child.id) of flow '\(child.flow)' \(was)\(child.state.rawValue)"
        news.ended.append(end)
    }

    /// The message of `notify: {mail: …}`; `nil` for every other task.
    private func mail(for claim: Claim) throws -> (sendmail: String, message: [UInt8])? {
        guard HookEvent(taskName: claim.name) == .notify, case .exec(let words) = claim.action
        else { return nil }
        let failures = try store.failures(ofRun: claim.run.runID, limit: FailureMail.tasksTold)
        let mail = FailureMail(
            host: HostName.current,
            flow: claim.run.flow,
            run: claim.run.runID,
            recipients: Array(words.dropFirst(2)),
            failures: failures.shown,
            count: failures.count
        )
        return (options.sendmail, Array(mail.text.utf8))
    }

    private func hand(_ claim: Claim, _ with: JSONValue, to crew: Crew) {
        let slot = crew.file.takeSlot()
        ending.launchedTasks += 1
        do throws(TaskWorld.Fault) {
            if let fault = claim.fault { throw TaskWorld.Fault(message: fault) }
            let world = try worlds.world(of: claim.run)
            try crew.components.add(claim, with: with, of: world, slot: slot)
        } catch {
            let output = AttemptOutput(LogSource(claim), crew.sink)
            let attempt = Attempt(claim, output, slot: slot)
            news.add(attempt, outputs, AttemptResult(.notStarted(reason: error.message)))
        }
    }

    /// TERM now, KILL after `killGrace`; `outcome` is then its end, whatever its process says.
    func end(_ attempt: Attempt, as outcome: Outcome) {
        guard attempt.verdict == nil, let crew else { return }
        attempt.verdict = outcome
        if let timer = attempt.timer { loop.cancel(timer) }
        crew.processes.end(attempt, byForce: false)
        attempt.timer = loop.schedule(at: .now + RunnerLimit.killGrace) {
            crew.processes.end(attempt, byForce: true)
        }
    }

    /// A process, and all that was left of it, has ended.
    private func ended(_ attempt: Attempt, _ result: AttemptResult) {
        if let timer = attempt.timer { loop.cancel(timer) }
        if let rescue = rescues.first(where: { $0.take(attempt, result) }) {
            return finishRescueIfDone(rescue)
        }
        attempt.output.close()
        running[attempt.claim.taskID] = nil
        news.begun[attempt.claim.taskID] = nil
        news.add(attempt, outputs, result)
    }

    /// Components have ended.
    private func ended(_ taken: [(ComponentEnd, ComponentJob)]) {
        for (end, job) in taken {
            let start = AttemptStart(
                claim: job.claim,
                startedAt: end.startedAt,
                pid: nil,
                sink: end.lines == 0 ? "" : (crew?.sink.place(of: job.source) ?? "")
            )
            var recorded = AttemptEnd(
                start: start,
                endedAt: end.endedAt,
                duration: end.duration,
                outcome: end.outcome
            )
            recorded.lines = end.lines
            recorded.tail = end.tail
            recorded.note = end.note
            recorded.outputs = end.outputs
            news.ended.append(recorded)
            news.slots.append(job.slot)
        }
    }
}
