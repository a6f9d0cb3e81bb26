import CLinux
import Glibc

/// The signals that ask a runner to stop, counted for its event loop while it runs; and those that would end it
/// and leave its tasks unwatched.
///
/// - SIGTERM, SIGINT and SIGQUIT count: the second ends what runs.
/// - Others are sent more than once for one reason: SIGHUP by a terminal that is closed, by its shell and by the
///   kernel; SIGXCPU each second; the timers' (SIGALRM, SIGVTALRM, SIGPROF), which outlive an exec, and SIGPWR. They
///   only ever ask to stop, and end nothing. One that is ignored, as SIGHUP is under nohup(1), stays so.
/// - SIGUSR1 and its like ask nothing of us, and do nothing.
final class StopSignals {
    private static let asking = [SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGPWR]

    let received: Signal
    let hangups: Signal

    private let caught: [(number: Int32, signal: Signal)]

    init() throws(SystemFailure) {
        received = try Signal()
        hangups = try Signal()
        var caught = [(SIGTERM, received), (SIGINT, received)]
        if !clinux_signal_is_ignored(SIGQUIT) { caught.append((SIGQUIT, received)) }
        for number in [SIGHUP] + Self.asking where !clinux_signal_is_ignored(number) {
            caught.append((number, hangups))
        }
        self.caught = caught
        clinux_ignore_strays()
        for (number, signal) in caught {
            guard clinux_signal_to_eventfd(number, signal.descriptor) == 0 else {
                throw SystemFailure("cannot catch signal \(number)")
            }
        }
    }

    /// Gives the signals back to what they did before.
    func restore() {
        for (number, _) in caught { clinux_signal_restore(number) }
    }
}
