import Cron
import Flows
import Storage

extension RunState {
    var style: Style {
        switch self {
        case .running, .waiting, .queued, .held: .active
        case .failed: .bad
        case .cancelled: .faint
        case .succeeded: .good
        }
    }
}

extension TaskState {
    var style: Style {
        switch self {
        case .waiting: .plain
        case .running, .held: .active
        case .failed: .bad
        case .cancelled, .skipped: .faint
        case .succeeded: .good
        }
    }
}

/// What stands as running though its runner is dead: whether its process lives nobody knows until the next runner
/// takes it over. SQL and JSON have it as `running`, JSON with the trouble beside it.
extension Trouble {
    static let unwatched = "unwatched"

    func state(_ state: RunState?, ofRun run: Int64?) -> Table.Cell {
        guard state == .running, let run, isOfDeadRunner(run: run) else { return .state(state) }
        return .init(Self.unwatched, .bad)
    }

    /// How long a run has taken; nothing while it is unwatched, when nobody knows whether it still does.
    func took(_ run: RunSummary, at now: Instant) -> Int64? {
        isOfDeadRunner(run: run.id) ? nil : run.took(at: now)
    }

    /// - Parameter tasks: one, or items of one that are shown in one line.
    func state(_ state: TaskState, of tasks: [TaskDetail]) -> Table.Cell {
        let running = tasks.lazy.filter { $0.shownState == .running }
        let isUnwatched = state == .running && running.allSatisfy { isOfDeadRunner(task: $0.id) }
        return isUnwatched ? .init(Self.unwatched, .bad) : .state(state)
    }
}

extension Table.Cell {
    static func state(_ state: RunState?) -> Table.Cell {
        state.map { Table.Cell($0.rawValue, $0.style) } ?? Table.Cell("-")
    }

    static func state(_ state: TaskState) -> Table.Cell {
        Table.Cell(state.word, state.style)
    }

    static func stamp(_ instant: Instant?, _ time: TimeText) -> Table.Cell {
        Table.Cell(time.stamp(instant), short: time.shortStamp(instant))
    }
}
