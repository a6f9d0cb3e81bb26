import CCurl
import CLinux
import Glibc
import Synchronization

/// Why there is no answer.
enum HTTPFault: Error, Sendable {
    case cancelled
    /// It did not come within the request's time.
    case late
    case failed(String)
}

/// The host's libcurl, which the components of HTTP work with.
package enum HTTPLibrary {
    /// Those that need it.
    package static let components = [HTTP.name, HTTPPost.name]

    package static let missing = "there is no libcurl on this host, or one older than 7.68"
    /// Debian's names; the second is of the authorities that certificates are judged by.
    package static let remedy = "apt install libcurl4 ca-certificates"

    /// Whether the host has it; opens it, which takes some milliseconds.
    package static var isThere: Bool { ccurl_load() != nil }
}

/// All exchanges of this process: one thread of its own has libcurl work at them, since libcurl and the names that it
/// looks up block. Connections are used again. Safe to use from any thread.
final class HTTPClient: Sendable {
    static let shared = HTTPClient()

    private struct State {
        /// Begun with the first exchange; it ends only where there is no library.
        var hasThread = false
        /// Once the thread has it.
        var library: Library?
        /// Why there will be no answer; whoever installs the library starts its runner anew.
        var refusal: String?
        var added: [HTTPExchange] = []
        var cancelled: [HTTPExchange] = []
    }

    /// libcurl's functions, and the handle of all exchanges: curl_multi_wakeup(3) alone may be called from another
    /// thread than ours.
    private struct Library: @unchecked Sendable {
        let curl: UnsafePointer<ccurl>
        let multi: UnsafeMutableRawPointer
    }

    private let state = Mutex(State())

    func answer(to request: HTTPRequest) async throws(HTTPFault) -> HTTPAnswer {
        let exchange = HTTPExchange(request)
        let answer: Result<HTTPAnswer, HTTPFault> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchange.whenEnded { continuation.resume(returning: $0) }
                add(exchange)
            }
        } onCancel: {
            exchange.cancel()
            state.withLock { $0.cancelled.append(exchange) }
            wake()
        }
        return try answer.get()
    }

    private func add(_ exchange: HTTPExchange) {
        let (refusal, isFirst) = state.withLock { state in
            defer { state.hasThread = true }
            if state.refusal == nil { state.added.append(exchange) }
            return (state.refusal, !state.hasThread)
        }
        if let refusal { return exchange.end(.failure(.failed(refusal))) }
        if isFirst, !startThread() { refuse("there are no threads left for it") }
        wake()
    }

    private func wake() {
        guard let library = state.withLock({ $0.library }) else { return }
        _ = library.curl.pointee.multi_wakeup(library.multi)
    }

    /// Ends what waits, and what is yet to come.
    private func refuse(_ reason: String) {
        let refused = state.withLock { state in
            defer { state.added = [] }
            state.refusal = reason
            return state.added
        }
        for exchange in refused { exchange.end(.failure(.failed(reason))) }
    }

    // MARK: - The thread

    /// Signals are others' to take: it blocks them all.
    private func startThread() -> Bool {
        var all = sigset_t()
        var former = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &former)
        defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { _ in
                HTTPClient.shared.work()
                return nil
            },
            nil
        )
        guard code == 0 else { return false }
        clinux_name_thread(thread, "http")
        pthread_detach(thread)
        return true
    }

    private func work() {
        guard let curl = ccurl_load(), let multi = curl.pointee.multi_init() else {
            return refuse("\(HTTPLibrary.missing): \(HTTPLibrary.remedy)")
        }
        state.withLock { $0.library = Library(curl: curl, multi: multi) }
        var running: [UnsafeMutableRawPointer: HTTPExchange] = [:]
        while true {
            take(Library(curl: curl, multi: multi), &running)
            var count: Int32 = 0
            _ = curl.pointee.multi_perform(multi, &count)
            var left: Int32 = 0
            while let message = curl.pointee.multi_info_read(multi, &left) {
                // Gone with the handle: to be read before that is removed.
                let (easy, code) = (message.pointee.easy, message.pointee.data.code)
                _ = curl.pointee.multi_remove_handle(multi, easy)
                running.removeValue(forKey: easy)?.finish(curl, code: Int(code))
            }
            _ = curl.pointee.multi_poll(multi, nil, 0, Self.pollMilliseconds, nil)
        }
    }

    /// What has come since the last time.
    private func take(
        _ library: Library,
        _ running: inout [UnsafeMutableRawPointer: HTTPExchange]
    ) {
        let (added, cancelled) = state.withLock { state in
            defer { (state.added, state.cancelled) = ([], []) }
            return (state.added, state.cancelled)
        }
        for exchange in added {
            guard let easy = exchange.start(library.curl) else { continue }
            if library.curl.pointee.multi_add_handle(library.multi, easy) == 0 {
                running[easy] = exchange
            } else {
                exchange.finish(library.curl, code: Int(CCURL_E_OUT_OF_MEMORY))
            }
        }
        for exchange in cancelled {
            guard let easy = exchange.easy, running.removeValue(forKey: easy) != nil else {
                continue
            }
            _ = library.curl.pointee.multi_remove_handle(library.multi, easy)
            exchange.finish(library.curl, code: Int(CCURL_E_OUT_OF_MEMORY))
        }
    }

    /// libcurl waits for less where one of its own times comes first, and no longer once it is woken.
    private static let pollMilliseconds: Int32 = 3_600_000
}
