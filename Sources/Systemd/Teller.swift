import Dispatch
import Glibc
import Synchronization

/// Something to tell: a sentence, and the event of the journal that says the same, if there is one.
package struct Bulletin: Sendable, ExpressibleByStringInterpolation {
    package let text: String
    package let event: JournalEvent?

    package init(_ event: JournalEvent) {
        text = event.text
        self.event = event
    }

    package init(stringLiteral text: String) {
        self.text = text
        event = nil
    }
}

/// Tells bulletins, in order, on a thread of its own: a journald that is stopped, or a terminal that
/// nobody reads, holds up that thread alone (promise 7).
///
/// Safe from any thread.
package final class Teller: Sendable {
    private struct State {
        var waiting: [Bulletin] = []
        var bytes = 0
        /// How many were not kept.
        var lost = 0
        var isStarted = false
        var isFinished = false
    }

    /// Beyond this, what comes is counted and forgotten: the database has it all.
    package static let limitBytes = 1 << 20
    /// What one costs besides its text.
    private static let cost = 512

    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let deliver: @Sendable (Bulletin) -> Void

    /// - Parameter deliver: tells one; called on the thread.
    package init(_ deliver: @escaping @Sendable (Bulletin) -> Void) { self.deliver = deliver }

    /// Events go to the journal, and what has none, or finds no journal, is printed.
    package convenience init(_ journal: Journal?, print: @escaping @Sendable (String) -> Void) {
        self.init { bulletin in
            if let journal, let event = bulletin.event {
                // What the journal does not take is printed instead.
                if (try? journal.write(event.entry)) != nil { return }
            }
            print(bulletin.text)
        }
    }

    /// Does not wait; starts the thread with the first.
    package func tell(_ bulletin: Bulletin) {
        let (isKept, isFirst) = state.withLock { state in
            let cost = Self.cost + bulletin.text.utf8.count
            guard state.bytes + cost <= Self.limitBytes, !state.isFinished else {
                state.lost += 1
                return (false, false)
            }
            state.waiting.append(bulletin)
            state.bytes += cost
            defer { state.isStarted = true }
            return (true, !state.isStarted)
        }
        if isFirst { start() }
        if isKept { work.signal() }
    }

    /// Waits until all is told, at most `limit`. Nothing is kept after it.
    package func finish(limit: Duration) {
        let isStarted = state.withLock { state in
            state.isFinished = true
            return state.isStarted
        }
        guard isStarted else { return }
        work.signal()
        let (seconds, attoseconds) = limit.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        _ = ended.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
    }

    private func start() {
        var thread = pthread_t()
        let own = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Teller>.fromOpaque(argument).takeRetainedValue().deliverAll()
                return nil
            },
            own.toOpaque()
        )
        guard code == 0 else {
            // A process that gets no thread has worse to tell, and cannot: nobody waits for this one.
            own.release()
            ended.signal()
            return
        }
        pthread_detach(thread)
    }

    private func deliverAll() {
        var isFinished = false
        while !isFinished {
            work.wait()
            let waiting: [Bulletin]
            let lost: Int
            (waiting, lost, isFinished) = state.withLock { state in
                defer { (state.waiting, state.lost) = ([], 0) }
                return (state.waiting, state.lost, state.isFinished)
            }
            for bulletin in waiting {
                deliver(bulletin)
                state.withLock { $0.bytes -= Self.cost + bulletin.text.utf8.count }
            }
            if lost > 0 { deliver(Bulletin(.lost(lost))) }
        }
        ended.signal()
    }
}
