import Cron
import Flows
import Storage

/// `flower fires`: what became of each due instant.
enum FiresView {
    /// - Parameter isOfAll: flows, so that each row names its own.
    static func table(
        _ fires: [FireDetail],
        isOfAll: Bool,
        isCut: Bool,
        _ time: TimeText,
        _ trouble: Trouble = .none
    ) -> Table {
        var table = Table(columns: isOfAll ? [.init(title: "FLOW")] : [])
        table.columns += [
            .init(title: "DUE"), .init(title: "PASSED", dispensable: 5), .init(title: "OUTCOME"),
            .init(title: "FIRES", dispensable: 3), .init(title: "RUN", dispensable: 1),
            .init(title: "STATE", dispensable: 2), .init(title: "SCHEDULE", dispensable: 4),
            .init(title: "WHY", isFree: true),
        ]
        table.rows = fires.map { fire in
            (isOfAll ? [.init(fire.flow)] : []) + [
                .stamp(fire.dueAt, time), .init(time.ago(fire.dueAt)), outcome(fire),
                .init("\(fire.count)"), .init(fire.runID.map { "\($0)" } ?? "-"),
                trouble.state(fire.state, ofRun: fire.runID),
                .init(fire.scheduleIdentity), .init(why(fire, time)),
            ]
        }
        let total = fires.reduce(0) { $0 + $1.count }
        table.footer =
            counted(total, "fire") + (isCut ? ", and more: see -n." : ".")
            + trouble.lines(isScheduled: true, fires.map { ($0.runID, $0.state) })
        return table
    }

    private static func outcome(_ fire: FireDetail) -> Table.Cell {
        switch fire.outcome {
        case .registered, .except: .init(fire.outcome.rawValue)
        case .paused: .init(fire.outcome.rawValue, .active)
        case .missed, .overlap, .deadline, .faulty: .init(fire.outcome.rawValue, .bad)
        }
    }

    private static func why(_ fire: FireDetail, _ time: TimeText) -> String {
        if let note = fire.note { return note }
        if let last = fire.lastDueAt { return "one row for those up to \(time.stamp(last))" }
        switch fire.outcome {
        case .registered: return "-"
        case .missed: return "no scheduler looked within a minute of it"
        case .overlap: return "a run was active"
        case .deadline: return "nothing of it could start in time"
        case .paused: return "the flow was paused"
        case .except: return "an exception of the schedule"
        case .faulty: return "the flow's definition was spoilt with SQL"
        }
    }

    static func json(
        _ fire: FireDetail,
        _ zone: Zone,
        _ trouble: Trouble = .none
    ) -> JSONValue {
        .object([
            "flow": .string(fire.flow),
            "schedule": .string(fire.scheduleIdentity),
            "due_at": .instant(fire.dueAt, in: zone),
            "last_due_at": .instant(fire.lastDueAt, in: zone),
            "count": .count(fire.count),
            "outcome": .string(fire.outcome.rawValue),
            "note": .text(fire.note),
            "recorded_at": .instant(fire.recordedAt, in: zone),
            "run": .count(fire.runID),
            "state": .text(fire.state?.rawValue),
            "trouble": .text(trouble.text(isScheduled: true, run: fire.runID, fire.state)),
        ])
    }
}
