import CLinux
import Glibc

/// One thread's wait for everything at once: descriptors (epoll(7)) and times.
///
/// Not safe to share: it belongs to the thread that calls `turn`. A handler may add and remove any
/// source, its own included; an event that was already fetched for a removed source is dropped.
package final class EventLoop {
    /// What is woken when a descriptor is readable or at its end.
    package protocol Source: AnyObject {
        func isReady(_ token: Token, isHangup: Bool)
    }

    /// Names one registration. A slot is used again after a removal, so the generation tells an
    /// event of the former user, still in the batch that is being handled, from the present one's.
    package struct Token: Hashable, Sendable {
        let slot: UInt32
        let generation: UInt32

        static let none = Token(slot: .max, generation: 0)
    }

    private struct Slot {
        var source: (any Source)?
        var descriptor: Int32 = -1
        var generation: UInt32 = 0
    }

    private let epoll: Int32
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var timers = TimerQueue()
    private var deferred: [() -> Void] = []
    private var events = [clinux_event](repeating: clinux_event(), count: Int(CLINUX_EVENTS))

    package init() throws(SystemFailure) {
        epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw SystemFailure("cannot create an epoll instance") }
    }

    deinit { close(epoll) }

    /// Watches `descriptor` for data and for its end; it must be removed before it is closed.
    package func add(_ descriptor: Int32, _ source: any Source) throws(SystemFailure) -> Token {
        let index = freeSlots.popLast() ?? UInt32(slots.count)
        if Int(index) == slots.count { slots.append(Slot()) }
        let token = Token(slot: index, generation: slots[Int(index)].generation)
        let data = UInt64(token.generation) << 32 | UInt64(token.slot)
        guard clinux_epoll_add(epoll, descriptor, CLINUX_READABLE, data) == 0 else {
            freeSlots.append(index)
            throw SystemFailure("cannot watch descriptor \(descriptor)")
        }
        slots[Int(index)].source = source
        slots[Int(index)].descriptor = descriptor
        return token
    }

    /// Ends a registration; calling it again with the same token does nothing.
    package func remove(_ token: Token) {
        let index = Int(token.slot)
        guard index < slots.count, slots[index].generation == token.generation,
            slots[index].source != nil
        else { return }
        clinux_epoll_remove(epoll, slots[index].descriptor)
        slots[index] = Slot(generation: token.generation &+ 1)
        freeSlots.append(token.slot)
    }

    /// Calls `action` once, at `deadline` or soon after it.
    package func schedule(
        at deadline: MonotonicTime,
        _ action: @escaping () -> Void
    ) -> TimerQueue.Timer {
        timers.add(at: deadline, action)
    }

    /// Calls `action` at the next turn, before anything is waited for: whoever turns the loop does first what
    /// others wait for.
    package func deferToNextTurn(_ action: @escaping () -> Void) { deferred.append(action) }

    /// Forgets a timer; calling it again, or after it fired, does nothing.
    package func cancel(_ timer: TimerQueue.Timer) { timers.remove(timer) }

    /// Waits until something is ready, a timer is due or `limit` has passed, and handles what there
    /// is. Where something was deferred, does that alone.
    package func turn(limit: Duration?) throws(SystemFailure) {
        guard deferred.isEmpty else {
            let actions = deferred
            deferred = []
            for action in actions { action() }
            return
        }
        let count = Int(clinux_epoll_wait(epoll, &events, timeout(limit)))
        guard count >= 0 || errno == EINTR else { throw SystemFailure("cannot wait for events") }
        for index in 0..<max(count, 0) {
            let event = events[index]
            let token = Token(
                slot: UInt32(truncatingIfNeeded: event.data),
                generation: UInt32(truncatingIfNeeded: event.data >> 32)
            )
            let slot = slots[Int(token.slot)]
            guard slot.generation == token.generation, let source = slot.source else { continue }
            source.isReady(token, isHangup: event.events & (CLINUX_HANGUP | CLINUX_ERROR) != 0)
        }
        // The clock is asked only where a timer might be due.
        if !timers.isEmpty {
            let now = MonotonicTime.now
            while let action = timers.popDue(at: now) { action() }
        }
    }

    /// In milliseconds, rounded up: waking too early would only mean to wait again.
    private func timeout(_ limit: Duration?) -> Int32 {
        var wait = limit
        if let deadline = timers.next {
            let left = max(deadline - .now, .zero)
            wait = min(wait ?? left, left)
        }
        guard let wait else { return -1 }
        let (seconds, attoseconds) = wait.components
        if seconds > 86_400 { return 86_400_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
