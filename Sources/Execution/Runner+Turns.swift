import Cron
import Flows
import Storage

extension Runner {
    /// Commits what is to be told and claims what fits, if it is time for it: on this thread where
    /// nothing runs that would wait for it (a chain of tasks is as fast as its commits), else on
    /// the writer's.
    ///
    /// - Returns: whether something was committed or found out on this thread.
    func record() throws -> Bool {
        guard !pace.isWriting else { return false }
        if let losses = crew?.sink.takeLosses(), !losses.isEmpty { news.losses += losses }
        let load = componentLoad
        let hasHalf = hasHalf
        tellBegunComponents()
        // Where there is nothing to be told, the next claim is the try that shows whether commits succeed.
        let isClaiming = stop == .no && (pace.fault == nil || news.isEmpty)
        let room = freeSlots + pace.ahead(growth * news.ended.count, options.workers)
        let wanted = isClaiming ? max(0, room - pending.count - load.queued) : 0
        let isLooking = pace.mayHaveMore && (wanted > 0 || pace.isWoken)
        guard !news.isEmpty || isLooking else { return false }
        let isStarving = freeSlots > 0 && pending.isEmpty && load.queued == 0 && pace.fault == nil
        let isUrgent =
            isAlone || isStarving && (isLooking || !news.ended.isEmpty) || news.planned != nil
            || hasHalf
        if pace.fault != nil || !isUrgent, pace.nextCommitAt > .now {
            setTimer(.commit, at: pace.nextCommitAt) {}
            return false
        }
        if crew == nil, news.isEmpty, !options.waitsForRetries {
            // A look that finds nothing needs neither file nor thread; only a turn tells of
            // retries.
            let hasWork = try store.hasWork(at: .now)
            if !hasWork {
                pace.didLook()
                return true
            }
        }
        return try commit(wanted: wanted, here: isAlone)
    }

    /// How many claims to have beyond the free slots for each task that has ended since the last commit: one
    /// more where a half of them is at hand already; and more still where nothing is at hand any more, because
    /// then it was too little by far.
    private var growth: Int { isAlone ? 4 : hasHalf ? 3 : 2 }

    /// About as much has ended as is claimed and has not begun: the writer commits the one half while the other
    /// is executed. Two thirds will do, or halves that are once unlike would have to wait for each other.
    var hasHalf: Bool {
        let count = news.ended.count
        return count >= RunnerLimit.endsAtOnce
            && count * 3 / 2 >= componentLoad.queued + pending.count
    }

    /// Components that run for a while are to be seen running; the moment's work of a short one is
    /// not told apart from its end.
    private func tellBegunComponents() {
        guard let (begun, hasYoung) = crew?.components.takeBegun() else { return }
        news.begunComponents += begun
        if hasYoung, timers[.begun] == nil { setTimer(.begun, after: RunnerLimit.commitGap) {} }
    }

    private func commit(wanted: Int, here: Bool) throws -> Bool {
        let crew = try readyCrew()
        var turn = news.take(wanted: wanted)
        turn.free = max(0, freeSlots - pending.count - componentLoad.queued)
        pace.willCommit(turn)
        cancelTimer(.commit)
        if here {
            try receive(crew.writer.perform(.turn(turn), meanwhile: { prepare($0) }))
            return true
        }
        try crew.writer.send(.turn(turn))
        return false
    }

    func hear(_ writer: TurnWriter) throws(SystemFailure) {
        let ear = CallbackSource { [unowned self] in
            for answer in writer.takeAnswers() {
                do { try receive(answer) } catch { pace.fatal = error }
            }
        }
        _ = try loop.add(writer.answered.descriptor, ear)
    }

    private func receive(_ answer: TurnWriter.Answer) throws {
        switch answer {
        case .turn(.success(let result)):
            let ended = news.isCommitted()
            outputs.remove(of: ended)
            news.laterLosses += result.losses
            tell(ended, result.endStates)
            for fire in result.recorded {
                if let event = event(fire) { tell { event } }
            }
            for run in result.startedRuns {
                tell { .registered(run, instance: store.instance) }
            }
            pace.didCommit(result)
            if !result.claims.isEmpty { crew?.hasClaimed = true }
            if stop > .no {
                news.returned += result.claims
            } else {
                pending.append(result.claims)
            }
            ending.count(ended, result.endStates)
            if stop >= .cancelling {
                ending.cancelledTasks += result.endStates.count { $0 == .cancelled }
            }
            noteRetry(result.nextRetryAt)
            noteLimit(result.nextLimitAt)
            for task in result.toCancel { cancel(task) }
            for task in result.toTimeOut { timeOut(task) }
            tellStatus()
        case .turn(.failure(let error)):
            news.isRefused()
            forgetPrepared()
            let isNew = pace.fault == nil
            let isLocked = (error as? StorageError)?.code == .refused
            let isPatient = isLocked && options.isPatient && stop == .no
            try pace.didFail(
                error,
                limit: isPatient ? nil : options.drain,
                isBusy: !running.isEmpty || componentLoad.open > 0
            )
            let trouble = isLocked ? store.lockSentence : "waiting for the database: \(error)"
            notifier.status(trouble)
            if isNew { tell { .databaseTrouble(trouble, instance: store.instance) } }
        case .rescue(let dead, let result):
            try rescued(dead, result)
        }
    }

    /// A person cancelled a task that this runner holds.
    private func cancel(_ task: Int64) {
        if let attempt = running[task] { return end(attempt, as: .cancelled) }
        recall(task)
        crew?.components.cancel(task: task)
    }

    /// The run of a task that this runner holds is over its `run_timeout`.
    private func timeOut(_ task: Int64) {
        let note = "its run \(LateRun.words)"
        if let attempt = running[task] { return end(attempt, as: .timedOut, note: note) }
        recall(task)
        crew?.components.end(task: task, as: .timedOut, note)
    }

    /// Takes back what has not begun.
    private func recall(_ task: Int64) {
        news.cancelled += pending.remove { $0.taskID == task }
        if let components = crew?.components {
            news.cancelled += components.recall(task: task)
        }
    }

    /// Looks again when a retry comes due. A step of the clock is noticed a minute later at most.
    private func noteRetry(_ instant: Instant?) {
        ending.nextRetryAt = instant
        cancelTimer(.retry)
        guard let instant else { return }
        let wait = Duration.milliseconds(instant.milliseconds - Instant.now.milliseconds)
        // One that is due, with no slot free, is promoted by the turn that records an end.
        if wait <= .zero, freeSlots <= 0 { return }
        setTimer(.retry, after: min(max(wait, .zero), .seconds(60))) { [unowned self] in
            guard instant <= .now else { return noteRetry(instant) }
            pace.mayHaveMore = true
            // Another runner may have room, or be started.
            if freeSlots <= 0 { store.folder.touchWake() }
        }
    }

    /// Looks again when the next run is over its `run_timeout`, or too late for its start: whoever looks
    /// first ends it.
    private func noteLimit(_ instant: Instant?) {
        nextLimitAt = instant
        cancelTimer(.limit)
        guard let instant else { return }
        let wait = Duration.milliseconds(instant.milliseconds - Instant.now.milliseconds)
        setTimer(.limit, after: min(max(wait, .zero), .seconds(60))) { [unowned self] in
            pace.wake()
        }
    }

    /// Whether something is still to come that the runner stays for.
    var isStaying: Bool {
        if options.waitsForRetries, ending.nextRetryAt != nil { return true }
        guard let until = lingerUntil, until > .now else { return false }
        let wait = Duration.milliseconds(until.milliseconds - Instant.now.milliseconds)
        setTimer(.linger, after: min(wait, .seconds(60))) {}
        return true
    }

    private func tellStatus() {
        let waiting = pending.count + componentLoad.queued
        let count = running.count + componentLoad.open
        notifier.status("\(count) running, \(waiting) claimed, \(ending.failures) failed")
    }

    // MARK: - Timers

    func setTimer(
        _ purpose: TimerPurpose,
        after span: Duration,
        _ action: @escaping () -> Void
    ) {
        setTimer(purpose, at: .now + span, action)
    }

    /// One timer for each purpose: a new one takes the place of the old.
    func setTimer(
        _ purpose: TimerPurpose,
        at time: MonotonicTime,
        _ action: @escaping () -> Void
    ) {
        cancelTimer(purpose)
        timers[purpose] = loop.schedule(at: time) { [unowned self] in
            timers[purpose] = nil
            action()
        }
    }

    func cancelTimer(_ purpose: TimerPurpose) {
        if let timer = timers.removeValue(forKey: purpose) { loop.cancel(timer) }
    }
}

/// What happened since the last turn, until a commit has it.
struct TurnNews {
    /// Launched and still running, by task.
    var begun: [Int64: Attempt] = [:]
    /// And starts whose commit was refused.
    var begunComponents: [AttemptStart] = []
    var ended: [AttemptEnd] = []
    /// Where the ended are recorded in the runner's file, kept until the database has them.
    var slots: [RunnerFile.Slot] = []
    var returned: [Claim] = []
    var cancelled: [Claim] = []
    /// Fires whose instant has come.
    var planned: PlannedFires?
    /// Lines that could not be kept of attempts that have ended.
    var losses: [LogLoss] = []
    /// The same of those whose end is still to be recorded: told with what is told next.
    var laterLosses: [LogLoss] = []
    private var sent: (turn: Turn, slots: [RunnerFile.Slot])?

    var isEmpty: Bool {
        begun.isEmpty && begunComponents.isEmpty && ended.isEmpty && returned.isEmpty
            && cancelled.isEmpty && planned == nil && losses.isEmpty
    }

    mutating func add(_ attempt: Attempt, _ outputs: OutputFolder, _ result: AttemptResult) {
        ended.append(attempt.end(result, outputs))
        if let slot = attempt.slot { slots.append(slot) }
    }

    mutating func take(wanted: Int) -> Turn {
        var turn = Turn()
        turn.started = begun.values.map(\.start) + begunComponents
        turn.ended = ended
        turn.returned = returned
        turn.cancelled = cancelled
        turn.wanted = wanted
        turn.planned = planned
        turn.losses = losses + laterLosses
        planned = nil
        losses = []
        laterLosses = []
        sent = (turn, slots)
        begun = [:]
        begunComponents = []
        ended = []
        slots = []
        returned = []
        cancelled = []
        return turn
    }

    /// The database has what was taken.
    ///
    /// - Returns: the ends that it has.
    mutating func isCommitted() -> [AttemptEnd] {
        defer { sent = nil }
        return sent?.turn.ended ?? []
    }

    /// It has not: what was taken is told again, before what came since. What was planned is the
    /// scheduler's now.
    mutating func isRefused() {
        guard let (turn, slots) = sent else { return }
        sent = nil
        begunComponents = turn.started + begunComponents
        ended = turn.ended + ended
        self.slots = slots + self.slots
        returned = turn.returned + returned
        cancelled = turn.cancelled + cancelled
        losses = turn.losses + losses
    }
}

/// When the next turn is due, and how much it asks for.
struct TurnPace {
    /// Whether there may be a ready task that this runner has not seen.
    var mayHaveMore = true
    /// Whether somebody has touched `wake`: then a turn is made also where no task is wanted,
    /// because a cancel comes the same way.
    var isWoken = false
    /// Whether the look that precedes the end has been made, and nothing came since.
    var hasLookedLast = false
    private(set) var isWriting = false
    private var writingSince = MonotonicTime.now
    private(set) var nextCommitAt = MonotonicTime.now
    /// Why the last commit failed.
    private(set) var fault: (any Error)?
    private var faultSince: MonotonicTime?
    /// What `run` is to throw.
    var fatal: (any Error)?
    private var wanted = 0
    private var isFirst = true

    /// Between two tries of a commit that failed.
    private static let retryGap: Duration = .seconds(1)

    /// So many claims beyond the free slots, if `wanted` would be good to have.
    func ahead(_ wanted: Int, _ workers: Int) -> Int {
        min(isFirst ? workers : wanted, RunnerLimit.claimsAhead)
    }

    mutating func willCommit(_ turn: Turn) {
        isWriting = true
        writingSince = .now
        isWoken = false
        wanted = turn.wanted
        if wanted > 0 { mayHaveMore = false }
        nextCommitAt = .now + RunnerLimit.commitGap
    }

    mutating func didCommit(_ result: TurnResult) {
        isWriting = false
        isFirst = false
        fault = nil
        faultSince = nil
        if wanted > 0, result.claims.count == wanted { mayHaveMore = true }
        if !result.claims.isEmpty { hasLookedLast = false }
    }

    /// - Throws: `error` where it has been so for longer than `limit` and no child needs us any
    ///   more.
    mutating func didFail(_ error: any Error, limit: Duration?, isBusy: Bool) throws {
        isWriting = false
        fault = error
        nextCommitAt = .now + Self.retryGap
        let since = faultSince ?? .now
        faultSince = since
        mayHaveMore = true
        if let limit, !isBusy, MonotonicTime.now - since > limit { throw error }
    }

    /// Claims nothing until a commit has succeeded, which is tried when a failed one would be.
    mutating func hold(_ error: any Error) {
        if fault == nil { fault = error }
        nextCommitAt = .now + Self.retryGap
        mayHaveMore = true
    }

    /// Whether a commit takes longer than any that will return.
    var isStuck: Bool { isWriting && MonotonicTime.now - writingSince > RunnerLimit.commit }

    private var wasStuck = false
    /// `true` once for each commit that is stuck.
    var isNewlyStuck: Bool {
        mutating get {
            defer { wasStuck = isStuck }
            return isStuck && !wasStuck
        }
    }

    mutating func didLook() {
        mayHaveMore = false
        isWoken = false
    }

    mutating func wake() {
        mayHaveMore = true
        isWoken = true
        hasLookedLast = false
    }
}

/// Calls a function when its descriptor is ready.
final class CallbackSource: EventLoop.Source {
    private let action: () -> Void

    init(_ action: @escaping () -> Void) { self.action = action }

    func isReady(_ token: EventLoop.Token, isHangup: Bool) { action() }
}
