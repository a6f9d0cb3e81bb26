import Cron
import Flows
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
