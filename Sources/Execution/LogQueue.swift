import Flows
import Storage
import Synchronization
import Systemd

/// The thread of a log sink, and what waits for it.
///
/// It takes what it is given; that no more is brought while it is full is the caller's part (promise 7).
final class LogQueue: Sendable {
    let room: Signal

    private enum Item: Sendable {
        case chunk(LogChunk)
        case close(LogSource)
        case event(JournalEvent)
    }

    private struct State {
        var items: [Item] = []
        var bytes = 0
        var isFinished = false
        /// Whether somebody was told that it is full and waits for `room`.
        var isRoomAwaited = false
        var fault: String?
        /// Of `bytes`, those of events.
        var eventBytes = 0
        /// Events that were not kept.
        var lostEvents = 0
        /// Of sources that were closed.
        var losses: [LogLoss] = []
    }

    /// What a line costs besides its bytes.
    private let lineCost: Int
    private let state = Mutex(State())
    private let work: Signal
    private let thread = Mutex<WorkerThread?>(nil)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - lineCost: bytes that each line counts for besides its own, where lines are dear.
    ///   - makeWriter: called on the thread.
    init(
        name: String,
        room: Signal,
        lineCost: Int = 0,
        _ makeWriter: @escaping @Sendable () -> any LogWriter
    ) throws(SystemFailure) {
        self.room = room
        self.lineCost = lineCost
        work = try Signal()
        let started = try WorkerThread(name: name) { [weak self] in self?.writeAll(makeWriter()) }
        thread.withLock { $0 = started }
    }

    var isFull: Bool {
        state.withLock { state in
            let isFull = state.bytes >= RunnerLimit.logQueueBytes
            if isFull { state.isRoomAwaited = true }
            return isFull
        }
    }

    func write(_ chunk: LogChunk) { add(.chunk(chunk), bytes: cost(of: chunk)) }

    private func cost(of chunk: LogChunk) -> Int {
        guard lineCost > 0 else { return chunk.lines.count }
        return chunk.lines.count + lineCost * chunk.lines.count { $0 == 0x0A }
    }

    func close(_ source: LogSource) { add(.close(source), bytes: 0) }

    /// Takes it unless too many of them wait: nothing holds up tasks that print nothing.
    func tell(_ event: JournalEvent) {
        let cost = Self.cost(of: event)
        let isKept = state.withLock { state in
            guard state.eventBytes < RunnerLimit.logQueueBytes else {
                state.lostEvents += 1
                return false
            }
            state.eventBytes += cost
            return true
        }
        if isKept { add(.event(event), bytes: cost) }
    }

    /// About what it holds in memory.
    private static func cost(of event: JournalEvent) -> Int { 1_024 + event.text.utf8.count }

    /// Waits until all is written: as long as something is, in each `limit`, and not longer than
    /// `RunnerLimit.logFinishInAll`.
    ///
    /// - Returns: why something was not written; `nil` where all was.
    func finish(limit: Duration, what: String) -> String? {
        state.withLock { $0.isFinished = true }
        work.raise()
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        var left = state.withLock { $0.bytes }
        let end = MonotonicTime.now + RunnerLimit.logFinishInAll
        while let thread, !thread.hasEnded(within: limit), .now < end {
            let now = state.withLock { $0.bytes }
            if now == left { break }
            left = now
        }
        if let thread, !thread.join(limit: .zero) {
            return "\(what) could not be written before the end"
        }
        return state.withLock { $0.fault }
    }

    func takeLosses() -> [LogLoss] {
        state.withLock { state in
            guard !state.losses.isEmpty else { return [] }
            defer { state.losses = [] }
            return state.losses
        }
    }

    private func add(_ item: Item, bytes: Int) {
        let wasEmpty = state.withLock { state in
            state.items.append(item)
            state.bytes += bytes
            return state.items.count == 1
        }
        if wasEmpty { work.raise() }
    }

    /// The thread: writes what has come until it is told that no more will.
    private func writeAll(_ made: any LogWriter) {
        var writer = made
        var isFinished = false
        while !isFinished {
            _ = work.wait()
            work.take()
            let items: [Item]
            let lostEvents: Int
            (items, lostEvents, isFinished) = state.withLock { state in
                defer { (state.items, state.lostEvents) = ([], 0) }
                return (state.items, state.lostEvents, state.isFinished)
            }
            for item in items { write(item, to: &writer) }
            // Where not even that can be written, there is nobody to be told.
            if lostEvents > 0 { try? writer.tell(.lost(lostEvents)) }
        }
        writer.closeAll()
    }

    private func write(_ item: Item, to writer: inout any LogWriter) {
        var (cost, eventCost) = (0, 0)
        var fault: String?
        do {
            switch item {
            case .close(let source):
                guard let loss = writer.close(source) else { return }
                state.withLock { $0.losses.append(loss) }
                return room.raise()
            case .chunk(let chunk):
                cost = self.cost(of: chunk)
                try writer.write(chunk)
            case .event(let event):
                cost = Self.cost(of: event)
                eventCost = cost
                try writer.tell(event)
            }
        } catch {
            fault = "\(error)"
        }
        let isRoomMade = state.withLock { state in
            state.bytes -= cost
            state.eventBytes -= eventCost
            if let fault, state.fault == nil { state.fault = fault }
            guard state.isRoomAwaited, state.bytes < RunnerLimit.logQueueBytes / 2 else {
                return false
            }
            state.isRoomAwaited = false
            return true
        }
        if isRoomMade { room.raise() }
    }
}
