import CLinux
import Glibc

/// A thread of our own, for work that blocks: Swift's pool has only as many threads as the machine
/// has cores, and blocking one of those holds up every component.
final class WorkerThread: Sendable {
    private let thread: pthread_t
    private let finished: Signal

    private final class Body {
        let run: @Sendable () -> Void
        let finished: Signal

        init(_ run: @escaping @Sendable () -> Void, _ finished: Signal) {
            self.run = run
            self.finished = finished
        }
    }

    /// - Parameter name: shown by ps(1) and debuggers; at most 15 bytes.
    init(name: String, _ run: @escaping @Sendable () -> Void) throws(SystemFailure) {
        finished = try Signal()
        let body = Unmanaged.passRetained(Body(run, finished))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                body.run()
                body.finished.raise()
                return nil
            },
            body.toOpaque()
        )
        guard code == 0 else {
            body.release()
            throw SystemFailure("cannot start the thread \(name)", code: code)
        }
        clinux_name_thread(thread, name)
        self.thread = thread
    }

    /// Waits for its end, at most `limit`, without taking leave of it.
    func hasEnded(within limit: Duration) -> Bool { finished.wait(limit: limit) }

    /// Waits for its end; one that takes longer than `limit` is left to itself.
    ///
    /// - Returns: whether it ended. To be called once.
    @discardableResult
    func join(limit: Duration? = nil) -> Bool {
        guard finished.wait(limit: limit) else {
            pthread_detach(thread)
            return false
        }
        pthread_join(thread, nil)
        return true
    }
}
