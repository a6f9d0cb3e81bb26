import Components
import Cron
import Flows
import Storage
import Synchronization

/// What became of a component.
struct ComponentEnd: Sendable {
    let number: Int
    let startedAt: Instant
    let started: MonotonicTime
    let endedAt: Instant
    let duration: Duration
    var outcome: Outcome
    let lines: Int
    let tail: [UInt8]
    var note: String?
    let outputs: [Variable]
    /// Whether it has begun at all: its launch could be recorded.
    var isLaunched = true
}

/// Executes attempts as Swift code in this process, off the event thread.
///
/// A component's own time-out is kept in its lane, because only that knows when it begins. One that
/// does not return when it is cancelled cannot be ended: it holds its slot until the runner ends.
final class ComponentLauncher: EventLoop.Source {
    /// Told of ends as they are taken.
    var ends: (([(ComponentEnd, ComponentJob)]) -> Void)?

    private let lanes: ComponentLanes
    private let loop: EventLoop
    private var token = EventLoop.Token.none
    /// Handed over and not ended, by number.
    private var jobs: [Int: ComponentJob] = [:]
    /// Why one that is to return was asked to, where that is not a person's cancel.
    private var verdicts: [Int: (outcome: Outcome, note: String)] = [:]
    private var nextNumber = 0

    init(
        _ loop: EventLoop,
        _ registry: ComponentRegistry,
        _ sink: any LogSink,
        _ file: RunnerFile,
        _ outputs: OutputFolder
    ) throws(SystemFailure) {
        self.loop = loop
        lanes = try ComponentLanes { job in
            await ComponentRun(job, registry, sink, file, outputs).perform()
        }
        // Not itself: the loop, which it holds, would hold it for ever, and all that the loop watches.
        token = try loop.add(lanes.ended.descriptor, WeakSource(self))
    }

    deinit { loop.remove(token) }

    var load: (queued: Int, open: Int) { lanes.load }

    /// Whether every component that was handed over has ended and been told of.
    var isEmpty: Bool { jobs.isEmpty }

    /// Queues a claim with what its run has in common.
    ///
    /// - Throws: `TaskWorld.Fault` where its `with:` cannot be filled.
    func add(
        _ claim: Claim,
        with value: JSONValue,
        of world: RunWorld,
        slot: RunnerFile.Slot
    ) throws(TaskWorld.Fault) {
        let job = ComponentJob(
            number: nextNumber,
            claim: claim,
            slot: slot,
            world: world,
            with: try world.fill(value, claim.values)
        )
        nextNumber += 1
        jobs[job.number] = job
        lanes.add([job])
    }

    func open(upTo limit: Int) { lanes.open(upTo: limit) }

    /// Takes back what has not begun: all, or that of one task.
    func recall(task: Int64? = nil) -> [Claim] {
        let taken: [ComponentJob]
        if let task {
            guard let job = jobs.values.first(where: { $0.claim.taskID == task }) else { return [] }
            taken = lanes.recall(job.number)
        } else {
            taken = lanes.recall()
        }
        for job in taken { jobs[job.number] = nil }
        return taken.map(\.claim)
    }

    /// Those that have run for a while and were not given before, and whether there are younger
    /// ones.
    func takeBegun() -> (begun: [AttemptStart], hasYoung: Bool) {
        let (begun, hasYoung) = lanes.takeBegun()
        let starts = begun.compactMap { entry in
            jobs[entry.number].map {
                AttemptStart(claim: $0.claim, startedAt: entry.at, pid: nil, sink: "")
            }
        }
        return (starts, hasYoung)
    }

    /// Asks every component to return.
    func cancelAll() {
        for number in jobs.keys { lanes.cancel(number) }
    }

    /// Gives up those that did not return: they end with the process.
    func abandon() -> [ComponentJob] {
        defer { jobs = [:] }
        return Array(jobs.values)
    }

    /// Asks the component of a task to return.
    func cancel(task: Int64) {
        for job in jobs.values where job.claim.taskID == task { lanes.cancel(job.number) }
    }

    /// The same, and what is recorded of it if it does.
    func end(task: Int64, as outcome: Outcome, _ note: String) {
        for job in jobs.values where job.claim.taskID == task {
            verdicts[job.number] = (outcome, note)
            lanes.cancel(job.number)
        }
    }

    func isReady(_ token: EventLoop.Token, isHangup: Bool) { collect() }

    /// Takes the ends that there are.
    func collect() {
        let taken = lanes.takeEnds().compactMap { end in
            jobs.removeValue(forKey: end.number).map { (judged(end), $0) }
        }
        // Also without one: a lane has closed, and its slot is free.
        ends?(taken)
    }

    private func judged(_ end: ComponentEnd) -> ComponentEnd {
        guard let verdict = verdicts.removeValue(forKey: end.number) else { return end }
        guard end.outcome == .cancelled else { return end }
        var judged = end
        judged.outcome = verdict.outcome
        judged.note = [verdict.note, end.note].compactMap { $0 }.joined(separator: "; ")
        return judged
    }
}

/// One component's run in its lane.
private struct ComponentRun: Sendable {
    let job: ComponentJob
    let registry: ComponentRegistry
    let sink: any LogSink
    let file: RunnerFile
    let folder: OutputFolder

    init(
        _ job: ComponentJob,
        _ registry: ComponentRegistry,
        _ sink: any LogSink,
        _ file: RunnerFile,
        _ folder: OutputFolder
    ) {
        self.job = job
        self.registry = registry
        self.sink = sink
        self.file = file
        self.folder = folder
    }

    private enum Ending: Sendable {
        case returned
        case timeIsOver
    }

    func perform() async -> ComponentEnd {
        let startedAt = Instant.now
        let started = MonotonicTime.now
        guard file.willLaunch(job.claim, at: startedAt, in: job.slot) else {
            return unlaunched(startedAt, started)
        }
        if sink.takesEvents { sink.tell(.started(job.claim, pid: nil)) }
        let output = ComponentOutput(job.source, sink, job.mask)
        var outcome = await outcome(output)
        var outputs = output.outputs
        var loss: String?
        if !outputs.isEmpty, let fault = keep(outputs) {
            outputs = []
            if outcome.isSuccess { outcome = .refused(reason: fault) } else { loss = fault }
        }
        let duration = MonotonicTime.now - started
        var result = AttemptResult(outcome)
        result.duration = duration
        file.didEnd(result, in: job.slot)
        let printed = output.finish()
        let notes = [loss, printed.note].compactMap { $0 }
        return ComponentEnd(
            number: job.number,
            startedAt: startedAt,
            started: started,
            endedAt: .now,
            duration: duration,
            outcome: outcome,
            lines: printed.lines,
            tail: printed.tail,
            note: notes.isEmpty ? nil : notes.joined(separator: "; "),
            outputs: outputs
        )
    }

    private func unlaunched(_ startedAt: Instant, _ started: MonotonicTime) -> ComponentEnd {
        ComponentEnd(
            number: job.number,
            startedAt: startedAt,
            started: started,
            endedAt: startedAt,
            duration: .zero,
            outcome: .interrupted,
            lines: 0,
            tail: [],
            note: nil,
            outputs: [],
            isLaunched: false
        )
    }

    /// Puts them where a rescue finds them, before the end is recorded.
    ///
    /// - Returns: why they cannot be kept; `nil` once they are.
    private func keep(_ outputs: [Variable]) -> String? {
        do {
            let text = Array(OutputText.format(outputs).utf8)
            _ = try OutputText.parse(text, hiding: job.mask.applied(to:))
            try folder.keep(outputs, of: job.claim)
            return nil
        } catch let fault as OutputText.Fault {
            return job.mask.applied(to: fault.description)
        } catch {
            return "its outputs cannot be kept: \(error)"
        }
    }

    private func outcome(_ output: ComponentOutput) async -> Outcome {
        guard case .component(let name, _) = job.claim.action else {
            return .notStarted(reason: "the task is no component")
        }
        do {
            let component = try registry.make(name, job.with)
            let ending = try await run(component, output)
            return ending == .returned ? .exited(0) : .timedOut
        } catch let fault as ComponentFault {
            return .notStarted(reason: job.mask.applied(to: fault.message))
        } catch {
            if Task.isCancelled { return .cancelled }
            output.print("\(error)", .errors)
            return .exited(1)
        }
    }

    private func run(_ component: any Component, _ output: ComponentOutput) async throws -> Ending {
        let claim = job.claim
        let context = ComponentContext(
            flow: claim.run.flow,
            run: claim.run.runID,
            task: claim.name,
            item: claim.item,
            attempt: claim.attempt,
            parameters: job.parameters,
            dueAt: job.dueAt,
            giver: { output.give($0) },
            printer: { output.print($0, .output) }
        )
        guard let timeout = claim.timeout else {
            try await component.run(in: context)
            return .returned
        }
        return try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask {
                try await component.run(in: context)
                return .returned
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                return .timeIsOver
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { return .returned }
            if first == .timeIsOver {
                group.cancelAll()
                // What it throws now is the cancellation.
                while let result = await group.nextResult() { _ = result }
            }
            return first
        }
    }
}

/// What a component prints; made with its first line, because most print nothing.
private final class ComponentOutput: Sendable {
    private let source: LogSource
    private let sink: any LogSink
    private let mask: Mask
    private let output = Mutex<AttemptOutput?>(nil)
    private let given = Mutex<[Variable]>([])

    init(_ source: LogSource, _ sink: any LogSink, _ mask: Mask) {
        self.source = source
        self.sink = sink
        self.mask = mask
    }

    func print(_ text: String, _ stream: OutputStream) {
        var bytes = Array(text.utf8)
        if bytes.last != 10 { bytes.append(10) }
        output.withLock { output in
            let present = output ?? AttemptOutput(source, sink, mask: mask)
            output = present
            var splitter = LineSplitter()
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(RunnerLimit.lineBytes)
                if let lines = piece.withUnsafeBytes({ splitter.take($0) }) {
                    present.take(lines, stream)
                }
                rest = rest.dropFirst(piece.count)
            }
        }
    }

    func give(_ output: Variable) { given.withLock { $0.append(output) } }

    var outputs: [Variable] { given.withLock { $0 } }

    func finish() -> (lines: Int, tail: [UInt8], note: String?) {
        output.withLock { output in
            guard let output else { return (0, [], nil) }
            output.close()
            return (output.lines, output.tailBytes, output.note)
        }
    }
}
