import CLinux
import Flows
import Glibc

/// A task's process, what it has made, and its two pipes.
///
/// ```
///            its process ends          the next turn            nothing is left
///   running ──────────────────▶ reaped ───────────▶ leaving ────────────────────────▶ ended
///                                  └───────── (nothing was left) ───────────────────────▲
/// ```
///
/// What is left when its process ends is given `leaveGrace` to go, then TERM, then
/// KILL: a task whose parts still run must not be tried again (promise 2).
final class ChildProcess: EventLoop.Source {
    private let launch: Launch
    private let loop: EventLoop
    /// Between TERM and KILL.
    private let killGrace: Duration
    private let pipes: [OutputPipe]
    private let remains: Remains
    private let reaped: (inout AttemptResult) -> Void
    private let concluding: () -> Void
    private let ended: (AttemptResult) -> Void
    private var token = EventLoop.Token.none

    private enum State {
        case running
        case reaped
        case leaving(Leaving)
        case ended
    }

    private struct Leaving {
        var result: AttemptResult
        var nextLook: Duration
        /// TERM is sent then, and after it KILL.
        var signalAt: MonotonicTime
        var lastSignal: Int32?
    }

    /// Looks before it ask the kernel only; later ones tell the living from zombies.
    private static let firstScan: Duration = .milliseconds(8)

    private static let note = "processes that it left behind were ended"

    private var state = State.running
    /// Whether Flower has asked it to end: what is left has had its TERM.
    private var isEnding = false
    /// Whether force was asked for before the look for what is left.
    private var isForced = false
    /// Of what has left the group, those that have had their TERM.
    private var asked: Set<pid_t> = []

    /// - Parameters:
    ///   - reaped: called at once when the process has ended; completes the result. Another may take its place.
    ///   - concluding: called at the loop's next turn: it has its place again until it has ended.
    ///   - ended: called when nothing of it runs any more.
    init(
        _ launch: Launch,
        _ pipes: [OutputPipe],
        _ remains: Remains,
        _ loop: EventLoop,
        killGrace: Duration,
        reaped: @escaping (inout AttemptResult) -> Void,
        concluding: @escaping () -> Void,
        ended: @escaping (AttemptResult) -> Void
    ) throws(SystemFailure) {
        self.launch = launch
        self.pipes = pipes
        self.remains = remains
        self.loop = loop
        self.killGrace = killGrace
        self.reaped = reaped
        self.concluding = concluding
        self.ended = ended
        token = try loop.add(launch.pidfd, self)
    }

    /// Sends TERM, or KILL, to the whole group and what has left it. A stopped process gets CONT, or TERM would wait
    /// for ever.
    func end(byForce: Bool) {
        switch state {
        case .running:
            isEnding = true
            isForced = byForce
            let number = byForce ? SIGKILL : SIGTERM
            // Before who has made it is gone.
            let others = remains.others()
            // In its first moments it leads no group yet. What it is sent then waits for its exec.
            if !remains.signalGroup(number) { clinux_pidfd_send_signal(launch.pidfd, number) }
            asked.formUnion(others.signal(number))
        case .leaving(var leaving):
            guard byForce, leaving.lastSignal != SIGKILL else { return }
            leaving.signalAt = .now
            leaving.lastSignal = SIGTERM
            state = .leaving(leaving)
            look()
        case .reaped: isForced = byForce
        case .ended: return
        }
    }

    /// The process has ended.
    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(launch.pid, &status, WNOHANG, &usage) == launch.pid else { return }
        loop.remove(token)
        remains.begin()
        if let fault = launch.fault {
            var result = AttemptResult(.notStarted(reason: fault.reason))
            result.isScarcity = fault.isScarcity
            return finish(result)
        }
        var result = AttemptResult(Outcome(waitStatus: status))
        result.usage = AttemptResult.Usage(usage)
        reaped(&result)
        state = .reaped
        loop.deferToNextTurn { self.conclude(result) }
    }

    /// What has time until the next process is started in its place: to read the rest, and to look whether
    /// something of it is left.
    private func conclude(_ result: AttemptResult) {
        concluding()
        for pipe in pipes { pipe.drain() }
        guard remains.isAny else { return finish(result) }
        // What has had its TERM from a time-out or a cancel waits for the KILL that follows it.
        let grace = isForced ? .zero : isEnding ? killGrace : RunnerLimit.leaveGrace
        var left = result
        if isEnding {
            let others = remains.others()
            if !others.isEmpty { left.notes.append(Self.note) }
            _ = others.signal(SIGTERM, but: asked)
        }
        state = .leaving(
            Leaving(
                result: left,
                nextLook: .milliseconds(1),
                signalAt: .now + grace,
                lastSignal: isEnding || isForced ? SIGTERM : nil
            )
        )
        look()
    }

    /// Looks whether it has gone. No event tells of a group's end, so it is asked: after 1 ms, 2 ms,
    /// … 64 ms.
    private func look() {
        guard case .leaving(var leaving) = state else { return }
        let isClose = leaving.nextLook < Self.firstScan
        guard isClose ? remains.isAny : remains.isAnyRunning else {
            return finish(leaving.result)
        }
        if leaving.signalAt <= .now {
            switch leaving.lastSignal {
            case nil:
                leaving.result.notes.append(Self.note)
                leaving.lastSignal = SIGTERM
                leaving.signalAt = .now + killGrace
                remains.signal(SIGTERM)
            case SIGTERM:
                leaving.lastSignal = SIGKILL
                leaving.signalAt = .now + RunnerLimit.killSettle
                remains.signal(SIGKILL)
            default:
                leaving.result.notes.append("processes that it left behind could not be ended")
                return finish(leaving.result)
            }
        }
        let wait = leaving.nextLook
        leaving.nextLook = min(wait * 2, .milliseconds(64))
        state = .leaving(leaving)
        _ = loop.schedule(at: .now + wait) { [weak self] in self?.look() }
    }

    private func finish(_ result: AttemptResult) {
        state = .ended
        remains.end()
        for pipe in pipes {
            pipe.drain()
            pipe.close()
        }
        ended(result)
    }
}

extension Outcome {
    /// As wait(2) tells it; the macros that take it apart are hidden from Swift.
    init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited(Int(status >> 8 & 0xFF)) : .signalled(Int(signal))
    }
}

extension AttemptResult.Usage {
    init(_ usage: rusage) {
        user = .seconds(usage.ru_utime.tv_sec) + .microseconds(usage.ru_utime.tv_usec)
        system = .seconds(usage.ru_stime.tv_sec) + .microseconds(usage.ru_stime.tv_usec)
        maxRSSKiB = Self.ownMaximum(usage.ru_maxrss)
    }

    /// The kernel tells of a process the greater of two: the most memory that it held, and the most that was
    /// held, until its exec, by the memory that it shared with us (`clinux_spawn_begin`), which is ours. So what
    /// is above the most that we have held is its own, and of what is not nothing is known.
    private static func ownMaximum(_ told: Int) -> Int? {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return told > usage.ru_maxrss + inexactKiB ? told : nil
    }

    /// What the kernel counts for each CPU apart is not in its sums at once.
    private static let inexactKiB = 1_024
}
