import Cron
import Execution
import Flows
import Foundation
import Storage
import Synchronization

/// Stays until a run has settled, draining what is ready where no runner is alive to do it.
struct RunWaiter {
    private let store: Store
    private let run: Int64
    private let session: Session

    /// Longest wait without a look; a safety net.
    private static let longestWait: Int64 = 60_000
    /// From the end of a runner, of which its file's close tells, to the look at its lock.
    private static let runnerEnd: Int64 = 50

    init(_ store: Store, _ run: Int64, _ session: Session) {
        self.store = store
        self.run = run
        self.session = session
    }

    /// - Returns: 0 where the run succeeded, else 1; or 75 where it was left before it settled.
    func waiting() throws -> ExitCode {
        guard let state = try settled() else {
            throw Failure(
                .refused,
                "stopped before run \(run) has settled",
                hint: "the next flower run carries on with it"
            )
        }
        try tellHooks()
        if state == .succeeded { return .success }
        session.note("run \(run) \(try reason(state))", hint: "flower status \(run) shows it")
        return .taskFailed
    }

    /// The same, with all that its tasks print.
    func following() throws -> ExitCode {
        let view = LogView(
            try store.taskNames(ofRun: run),
            isNamed: true,
            terminal: session.terminal
        )
        let follower = try LogFollower(store, run, view, session.output)
        let result = Result { try waiting() }
        let hasSettled = if case .success = result { true } else { false }
        if let words = try follower.finish(hasSettled: hasSettled).words {
            session.note("of run \(run) \(words)", hint: "flower status \(run) tells why")
        }
        return try result.get()
    }

    /// - Returns: `nil` where a signal asked to stop.
    private func settled() throws -> RunState? {
        let watch = try StateWatch(store.folder)
        var alarm = WorkAlarm(store)
        while true {
            let state = try store.stateAfterWrite(ofRun: run)
            guard state.isActive else { return state }
            let hasRunner = store.folder.hasLivingRunner
            if !hasRunner {
                var options = session.runnerOptions
                options.linger = .zero
                let runner = try Runner(store, options: options, registry: session.registry)
                let ending = try runner.run()
                if let fault = ending.logFault {
                    session.note("some output was not kept: \(fault)")
                }
                let state = try store.state(ofRun: run)
                // Also after a second signal, which ends what runs.
                if !state.isActive { return state }
                if ending.isStopped { return nil }
            }
            let look = try alarm.look(at: .now)
            if look.hasRung {
                // A runner that works on something else has not been told of it.
                guard hasRunner else { continue }
                store.folder.touchWake()
            }
            let limit = watch.sawRunner ? Self.runnerEnd : Self.longestWait
            let left =
                look.nextAt.map { max($0.milliseconds - Instant.now.milliseconds, 0) } ?? limit
            watch.wait(limitMilliseconds: Int32(min(left, limit)))
        }
    }

    /// What became of its hooks so far: they do not count for the run.
    private func tellHooks() throws {
        for hook in try store.run(run).tasks where hook.isHook && hook.state == .failed {
            session.note(
                "hook \(hook.name) of run \(run) failed"
                    + (hook.attempts.last.map { ": \($0.reason)" } ?? ""),
                hint: "flower logs \(run) \(hook.name); the run is as its tasks made it"
            )
        }
    }

    private func reason(_ state: RunState) throws -> String {
        let detail = try store.run(run)
        if detail.summary.timedOutAt != nil { return LateRun.words }
        let failed = detail.tasks.first { $0.state == .failed }
        guard state == .failed, let failed, let attempt = failed.attempts.last else {
            return "was cancelled"
        }
        return "failed: task \(failed.shownName): \(attempt.reason)"
    }
}

/// Prints a run's lines on a thread of its own, while this one works or waits.
final class LogFollower: Sendable {
    private let isLeft = Mutex(false)
    private let result = Mutex<Result<LogGoal.Lack, any Error>>(.success(LogGoal.Lack()))
    private let finished = DispatchSemaphore(value: 0)
    private let end: Signal

    init(_ store: Store, _ run: Int64, _ view: LogView, _ output: Output) throws {
        end = try Signal()
        Thread.detachNewThread { [self] in
            let query = LogQuery(run: run)
            let goal = LogGoal(store: store, query: query) { [self] in isLeft.withLock { $0 } }
            let reader = LogReader(store.folder, query)
            var printer = LogPrinter(reader, view, output: output)
            let ending = Result {
                try printer.follow(try StateWatch(store.folder), end: end, to: goal)
            }
            result.withLock { $0 = ending }
            finished.signal()
        }
    }

    /// Prints what is left and ends. To be called once.
    ///
    /// - Parameter hasSettled: whether the run has; else nothing more is waited for.
    /// - Returns: what was not there to be printed.
    /// - Throws: why it could not print all of it; a reader that went away is none.
    func finish(hasSettled: Bool) throws -> LogGoal.Lack {
        if !hasSettled { isLeft.withLock { $0 = true } }
        end.raise()
        finished.wait()
        do {
            return try result.withLock { $0 }.get()
        } catch is Output.ReaderGone {
            return LogGoal.Lack()
        }
    }
}
