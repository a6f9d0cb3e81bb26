import Components
import Cron
import Flows
import Storage

extension Runner {
    /// Begins what is claimed, in order, as far as slots are free.
    func launch() throws(SystemFailure) {
        // A claim that is launched later may be of another attempt.
        defer { prepared = [:] }
        guard stop == .no, !pending.isEmpty else { return }
        if pace.fault is LaunchFault {
            // None of the others could be recorded either.
            news.returned += pending.remove { _ in true }
            return
        }
        let crew = try readyCrew()
        var hasLaunched = false
        while let claim = pending.first {
            if case .flow = claim.action {
                _ = pending.popFirst()
                conclude(claim, crew)
            } else if case .component(_, let with) = claim.action, !claim.isIsolated {
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
            toJournal: options.toJournal,
            sink: givenSink
        )
        made.processes.result = { [unowned self] in ended($0, $1) }
        made.components.ends = { [unowned self] in ended($0) }
        try hear(made.writer)
        crew = made
        return made
    }

    private func start(_ claim: Claim, _ crew: Crew) {
        let slot = crew.file.takeSlot()
        ending.launchedTasks += 1
        let own: TaskWorld
        do throws(TaskWorld.Fault) {
            if let ready = prepared[claim.taskID] {
                own = ready
            } else {
                own = try world(of: claim)
            }
        } catch {
            let attempt = Attempt(claim, AttemptOutput(LogSource(claim), crew.sink), slot: slot)
            return news.add(attempt, outputs, AttemptResult(.notStarted(reason: error.message)))
        }
        let output = AttemptOutput(LogSource(claim), crew.sink, mask: own.mask)
        let attempt = Attempt(claim, output, slot: slot)
        do throws(LaunchFault) {
            try crew.processes.start(attempt, own)
        } catch {
            if error == .unrecorded { return giveBack(claim) }
            if error.isScarcity { return putOff(claim, in: slot, error.reason) }
            let reason = own.mask.applied(to: error.reason)
            return news.add(attempt, outputs, AttemptResult(.notStarted(reason: reason)))
        }
        running[claim.taskID] = attempt
        tellRoom()
        news.begun[claim.taskID] = attempt
        tell { .started(claim, pid: attempt.pid) }
        if let timeout = claim.timeout {
            attempt.timer = loop.schedule(at: attempt.started + timeout) { [unowned self] in
                end(attempt, as: .timedOut)
            }
        }
    }

    /// A claim whose launch cannot be recorded: it may be executed when the disk takes writes again.
    private func giveBack(_ claim: Claim) {
        ending.launchedTasks -= 1
        news.returned.append(claim)
        pace.hold(LaunchFault.unrecorded)
    }

    /// What a claim's process gets; a component in a process of its own is first made here, so that
    /// what is wrong with it is told as of any other.
    func world(of claim: Claim) throws(TaskWorld.Fault) -> TaskWorld {
        if let fault = claim.fault { throw TaskWorld.Fault(message: fault) }
        let run = try worlds.world(of: claim.run)
        guard case .component(let name, let with) = claim.action else {
            return try TaskWorld(claim, of: run, mail: try mail(for: claim))
        }
        let filled = try run.fill(with, claim.values)
        do throws(ComponentFault) {
            _ = try registry.make(name, filled)
        } catch {
            throw TaskWorld.Fault(
                message: run.mask.adding(claim.secrets).applied(to: error.message)
            )
        }
        return try TaskWorld(isolated: ComponentCall(name, filled, claim, run), claim, of: run)
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

    /// TERM now, KILL after its `kill_grace`; `outcome` is then its end, whatever its process says.
    func end(_ attempt: Attempt, as outcome: Outcome, note: String? = nil) {
        guard attempt.verdict == nil, let crew else { return }
        attempt.verdict = outcome
        attempt.verdictNote = note
        if let timer = attempt.timer { loop.cancel(timer) }
        crew.processes.end(attempt, byForce: false)
        attempt.timer = loop.schedule(at: .now + attempt.claim.killGrace) {
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
        var result = result
        if case .notStarted(let reason) = result.outcome {
            if result.isScarcity, news.begun[attempt.claim.taskID] === attempt,
                let slot = attempt.slot
            {
                // Nobody was told that it had begun.
                running[attempt.claim.taskID] = nil
                news.begun[attempt.claim.taskID] = nil
                return putOff(attempt.claim, in: slot, reason)
            }
            // It had a process, which found no program to become.
            result.outcome = .notStarted(reason: attempt.output.masked(reason))
            attempt.pid = nil
        }
        if attempt.claim.isIsolated, case .signalled = attempt.verdict ?? result.outcome {
            attempt.verdictNote = ComponentCall.trap(in: attempt.output.tailBytes)
        }
        running[attempt.claim.taskID] = nil
        news.begun[attempt.claim.taskID] = nil
        news.add(attempt, outputs, result)
    }

    /// Components have ended.
    private func ended(_ taken: [(ComponentEnd, ComponentJob)]) {
        for (end, job) in taken {
            guard end.isLaunched else {
                giveBack(job.claim)
                continue
            }
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
            if !end.outputs.isEmpty { recorded.secrets = job.mask.texts }
            news.ended.append(recorded)
            news.slots.append(job.slot)
        }
    }
}
