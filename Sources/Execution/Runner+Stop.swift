import CLinux
import Cron
import Flows
import Glibc
import Storage

extension Runner {
    /// Takes up what comes from outside: a signal.
    func listen(to signals: StopSignals) throws(SystemFailure) {
        _ = try loop.add(
            signals.received.descriptor,
            CallbackSource { [unowned self] in
                for _ in 0..<signals.received.take() { askToStop() }
            }
        )
        _ = try loop.add(
            signals.hangups.descriptor,
            CallbackSource { [unowned self] in
                signals.hangups.take()
                if stop == .no { askToStop() }
            }
        )
    }

    /// The first time: begins nothing more and lets run what runs, within `Options.drain`. The
    /// second: ends it.
    func askToStop() {
        switch stop {
        case .no:
            stop = .draining
            notifier.stopping()
            news.returned += pending.remove { _ in true }
            news.returned += crew?.components.recall() ?? []
            ending.isStopped = true
            setTimer(.stop, after: options.drain) { [unowned self] in askToStop() }
        case .draining:
            stop = .cancelling
            for attempt in running.values { end(attempt, as: .cancelled) }
            crew?.components.cancelAll()
            guard let grace = options.lastGrace else {
                return abandon(after: RunnerLimit.killGrace + RunnerLimit.killSettle)
            }
            setTimer(.stop, after: grace) { [unowned self] in
                killAll()
                abandon(after: RunnerLimit.leaveGrace)
            }
        case .cancelling, .abandoning: return
        }
    }

    private func killAll() {
        for attempt in Array(running.values) + rescues.flatMap(\.open) {
            crew?.processes.end(attempt, byForce: true)
        }
    }

    /// Components that do not return when they are cancelled end with this process.
    private func abandon(after span: Duration) {
        setTimer(.stop, after: span) { [unowned self] in abandon() }
    }

    private func abandon() {
        stop = .abandoning
        for job in crew?.components.abandon() ?? [] {
            let start = AttemptStart(claim: job.claim, startedAt: .now, pid: nil, sink: "")
            var end = AttemptEnd(start: start, endedAt: .now, duration: .zero, outcome: .cancelled)
            end.note = "it did not return when it was cancelled"
            news.ended.append(end)
            news.slots.append(job.slot)
        }
    }
}

/// SIGTERM and SIGINT, counted for the event loop while a runner runs; and SIGHUP.
///
/// A terminal that is closed sends SIGHUP more than once, its shell and the kernel each: so it only ever asks
/// to stop, and ends nothing. Under nohup(1) it does not even that.
final class StopSignals {
    let received: Signal
    let hangups: Signal

    private let caught: [(number: Int32, signal: Signal)]

    init() throws(SystemFailure) {
        received = try Signal()
        hangups = try Signal()
        var caught = [(SIGTERM, received), (SIGINT, received)]
        if !clinux_signal_is_ignored(SIGHUP) { caught.append((SIGHUP, hangups)) }
        self.caught = caught
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
