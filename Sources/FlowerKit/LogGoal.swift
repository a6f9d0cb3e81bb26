import Execution
import Flows
import Storage

/// What somebody who follows a run's lines waits for: that it has settled, and that every line which its
/// attempts count has come.
struct LogGoal: Sendable {
    let store: Store
    let query: LogQuery
    /// Asked at each look: whether what has come by now is enough.
    var isLeft: @Sendable () -> Bool = { false }

    enum Stage {
        /// More may come at any time.
        case running
        /// These lines are awaited, and of the attempts of runners that live, some may be on their way.
        case settled([PrintedLines], [Int64: Presence])
        /// Nobody waits any more.
        case left

        var isRunning: Bool { if case .running = self { true } else { false } }
    }

    /// Whether a runner lives.
    enum Presence {
        case alive
        case dead
        /// Its file may not be looked at by whoever asks.
        case hidden
    }

    /// Lines that have not come, of all that there were.
    struct Lack: Equatable {
        var lines = 0
        var missing = 0

        /// `nil` where none is missing.
        var words: String? {
            guard missing > 0 else { return nil }
            return "\(lines - missing) of \(counted(lines, "line")): the others were not kept"
        }
    }

    func look() throws -> Stage {
        if isLeft() { return .left }
        if try store.stateAfterWrite(ofRun: query.run).isActive { return .running }
        let printed = try store.printedLines(ofRun: query.run, task: query.task).filter {
            query.attempt == nil || $0.attempt == query.attempt
        }
        // A runner is done with what the files have: journald has it too, or is about to.
        let isWritten = query.hasEvents && LogReader(store.folder, query).hasEnds(of: printed)
        let runners = Set(printed.map(\.runner)).map { runner in
            (runner, isWritten ? Presence.dead : presence(of: runner))
        }
        return .settled(printed, Dictionary(uniqueKeysWithValues: runners))
    }

    private func presence(of runner: Int64) -> Presence {
        let folder = store.folder
        if folder.isDead(runner: runner) { return .dead }
        return folder.isHeld("\(folder.runnersPath)/\(runner)") ? .alive : .hidden
    }
}

extension LogGoal.Stage {
    /// With a runner of which it is not known whether it lives.
    private static let patience = Duration.seconds(2)

    /// What is missing where nothing more is to be waited for; `nil` as long as something is.
    ///
    /// - Parameters:
    ///   - source: read to its end after this was looked at.
    ///   - silence: for how long nothing has come.
    func lack(_ source: any LogLines, silence: Duration) -> LogGoal.Lack? {
        switch self {
        case .running: return nil
        case .left: return LogGoal.Lack()
        case .settled(let printed, let runners):
            var lack = LogGoal.Lack()
            var isComplete = true
            for attempt in printed {
                guard let lines = attempt.lines else { continue }
                lack.lines += lines
                // Of a source that does not know, silence has to tell.
                let reached = source.reached(attempt.key) ?? (silence >= source.delay ? lines : 0)
                let kept = lines - attempt.lost
                let mayCome =
                    switch runners[attempt.runner] ?? .dead {
                    case .alive: true
                    case .dead: silence < source.delay
                    case .hidden: silence < max(source.delay, Self.patience)
                    }
                if reached < kept, mayCome { isComplete = false }
                lack.missing += lines - min(reached, kept)
            }
            return isComplete ? lack : nil
        }
    }
}
