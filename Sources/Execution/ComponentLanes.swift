import Components
import Cron
import Flows
import Storage
import Synchronization

/// A component that is to run. A class, because it passes from hand to hand, and has a dozen parts to retain.
final class ComponentJob: Sendable {
    /// Known by the event thread; unique.
    let number: Int
    let claim: Claim
    let source: LogSource
    let slot: RunnerFile.Slot
    let parameters: [String: String]
    let dueAt: String
    let with: JSONValue
    let mask: Mask

    init(
        number: Int,
        claim: Claim,
        slot: RunnerFile.Slot,
        world: RunWorld,
        with: JSONValue
    ) {
        self.number = number
        self.claim = claim
        source = LogSource(claim)
        self.slot = slot
        parameters = world.parametersByName
        dueAt = world.dueAt
        self.with = with
        mask = world.mask.adding(claim.secrets)
    }
}

/// Runs components on Swift's thread pool, some at a time: a lane takes one after the other from a
/// queue.
///
/// Measured (`execution-notes.md`): a Swift task per component reaches 0.60 of the floor where few
/// long-lived ones that share the queue reach 0.72 to 0.96. Cancelling a component cancels its
/// lane's task, which then takes no other; a new lane is opened in its place. Safe to use from any
/// thread.
final class ComponentLanes: Sendable {
    typealias Perform = @Sendable (ComponentJob) async -> ComponentEnd

    /// Raised when there are ends to take.
    let ended: Signal

    /// Touched with the lock held alone.
    private final class Lane: @unchecked Sendable {
        var task: Task<Void, Never>?
        /// The number of the job in it.
        var current: Int?
        var begunAt = (instant: Instant.now, time: MonotonicTime.now)
        /// Whether the event thread knows that the job has begun.
        var isTold = false
    }

    private struct State {
        var queue = ClaimQueue<ComponentJob>()
        var ends: [ComponentEnd] = []
        var lanes: [ObjectIdentifier: Lane] = [:]
    }

    private let state = Mutex(State())
    private let perform: Perform

    init(_ perform: @escaping Perform) throws(SystemFailure) {
        ended = try Signal()
        self.perform = perform
    }

    /// Jobs that wait, and lanes that are open.
    var load: (queued: Int, open: Int) { state.withLock { ($0.queue.count, $0.lanes.count) } }

    func add(_ jobs: [ComponentJob]) { state.withLock { $0.queue.append(jobs) } }

    /// Opens lanes for what is queued, until `limit` are open.
    func open(upTo limit: Int) {
        state.withLock { state in
            var count = min(limit - state.lanes.count, state.queue.count)
            while count > 0 {
                count -= 1
                let lane = Lane()
                state.lanes[ObjectIdentifier(lane)] = lane
                // It waits for the lock before it takes its first job. The main thread's own priority, which it
                // would have, is a higher one, which libdispatch asks the kernel for: only root may have it.
                lane.task = Task(priority: .medium) { await self.work(lane) }
            }
        }
    }

    /// The ends since the last call.
    func takeEnds() -> [ComponentEnd] {
        ended.take()
        return state.withLock { state in
            defer { state.ends = [] }
            return state.ends
        }
    }

    /// The jobs that have run for `commitGap` and were not given before, and whether there are
    /// younger ones.
    func takeBegun() -> (begun: [(number: Int, at: Instant)], hasYoung: Bool) {
        state.withLock { state in
            var begun: [(number: Int, at: Instant)] = []
            var hasYoung = false
            let limit = MonotonicTime.now
            for lane in state.lanes.values where !lane.isTold {
                guard let number = lane.current else { continue }
                if lane.begunAt.time + RunnerLimit.commitGap > limit {
                    hasYoung = true
                } else {
                    begun.append((number, lane.begunAt.instant))
                    lane.isTold = true
                }
            }
            return (begun, hasYoung)
        }
    }

    /// Takes back what has not begun: all, or the job of one number.
    func recall(_ number: Int? = nil) -> [ComponentJob] {
        state.withLock { state in
            state.queue.remove(where: { number == nil || $0.number == number })
        }
    }

    /// Asks a job that has begun to return; one that has ended meanwhile is let be.
    func cancel(_ number: Int) {
        state.withLock { state in
            state.lanes.values.first { $0.current == number }?.task?.cancel()
        }
    }

    private func work(_ lane: Lane) async {
        while let job = next(lane) {
            let end = await perform(job)
            finish(end, lane)
            // Cancelled was the job, and with it this task.
            if Task.isCancelled { break }
        }
        state.withLock { $0.lanes[ObjectIdentifier(lane)] = nil }
        ended.raise()
    }

    private func next(_ lane: Lane) -> ComponentJob? {
        state.withLock { state in
            let job = state.queue.popFirst()
            if let job {
                lane.current = job.number
                lane.begunAt = (.now, .now)
                lane.isTold = false
            }
            return job
        }
    }

    /// Waking the event thread for each end would cost more than most of them: while others follow
    /// in this lane, it looks by itself every `commitGap`.
    private func finish(_ end: ComponentEnd, _ lane: Lane) {
        let isTold = state.withLock { state in
            lane.current = nil
            state.ends.append(end)
            return state.queue.isEmpty || state.ends.count % RunnerLimit.endsAtOnce == 0
        }
        if isTold { ended.raise() }
    }
}

/// First in, first out, in an array.
struct ClaimQueue<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ new: [Element]) { elements += new }

    mutating func putBack(_ element: Element) {
        elements.insert(element, at: head)
    }

    mutating func popFirst() -> Element? {
        guard let element = first else { return nil }
        head += 1
        // Dropped in bulk: what has been taken is at most half of the array.
        if head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes out those that `isWanted`, in order.
    mutating func remove(where isWanted: (Element) -> Bool) -> [Element] {
        let waiting = elements[head...]
        let taken = waiting.filter(isWanted)
        elements = waiting.filter { !isWanted($0) }
        head = 0
        return taken
    }
}
