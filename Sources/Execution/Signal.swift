import CLinux
import Flows
import Glibc

/// Something that one thread says and another waits for, in an event loop or alone (eventfd(2)).
///
/// Raising it again before it was taken says nothing new. Safe to use from any thread.
package final class Signal: Sendable {
    package let descriptor: Int32

    package init() throws(SystemFailure) {
        descriptor = clinux_eventfd()
        guard descriptor >= 0 else { throw SystemFailure("cannot create an eventfd") }
    }

    deinit { close(descriptor) }

    package func raise() { clinux_eventfd_add(descriptor) }

    /// How often it was raised since the last call.
    @discardableResult
    package func take() -> Int { Int(clinux_eventfd_take(descriptor)) }

    /// Blocks until it is raised, or `limit` has passed; does not take it.
    package func wait(limit: Duration? = nil) -> Bool {
        let deadline = limit.map { MonotonicTime.now + $0 }
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = deadline.map { max($0 - .now, .zero).milliseconds + 1 } ?? -1
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return true }
            if let deadline, deadline <= .now { return false }
            precondition(count == 0 || errno == EINTR, "poll(2) of an eventfd cannot fail")
        }
    }
}
