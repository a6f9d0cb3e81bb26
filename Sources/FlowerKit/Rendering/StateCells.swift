import Cron
import Flows

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
