import Cron
import Flows
import Scheduling
import Storage

/// `flower flows`.
enum FlowsView {
    /// - Parameters:
    ///   - refused: files of the scheduler's folder that it has refused.
    ///   - faults: schedules that cannot be used.
    static func table(
        _ flows: [FlowSummary],
        refused: [SourceFile] = [],
        faults: [ScheduleFault] = [],
        _ time: TimeText,
        _ trouble: Trouble = .none
    ) -> Table {
        let faulty = Set(faults.map(\.flow))
        var table = Table(columns: [
            .init(title: "FLOW"), .init(title: "TASKS", isNumber: true, dispensable: 2),
            .init(title: "SCHEDULES", isNumber: true, dispensable: 3),
            .init(title: "LAST RUN", isNumber: true, dispensable: 1),
            .init(title: "RESULT"), .init(title: "NOTE"),
            .init(title: "DESCRIPTION", isFree: true),
        ])
        table.rows = flows.map { flow in
            let notes =
                (flow.pause == nil ? [] : ["paused"]) + (flow.isEdited ? ["edited"] : [])
                + (flow.isLate ? ["late"] : []) + (faulty.contains(flow.name) ? ["faulty"] : [])
            return [
                .init(flow.name), .init("\(flow.tasks)"), .init("\(flow.schedules)"),
                .init(flow.lastRun.map(String.init) ?? "-"),
                trouble.state(flow.lastState, ofRun: flow.lastRun),
                .init(notes.isEmpty ? "-" : notes.joined(separator: ", "), .active),
                .init(flow.description),
            ]
        }
        let pauses = flows.compactMap { flow in flow.pause.map { (flow.name, $0) } }
        table.footer =
            counted(flows.count, "flow") + " listed." + PauseText.lines(pauses, time)
        table.footer? += refused.map(refusal).joined()
        for fault in faults.prefix(SchedulesView.mostFaults) {
            table.footer? += "\n\(Printable.line("\(fault); \(fault.remedy)"))"
        }
        let rest = faults.count - SchedulesView.mostFaults
        if rest > 0 { table.footer? += "\n\(counted(rest, "more schedule")) cannot be used" }
        table.footer? += trouble.lines(isScheduled: true, flows.map { ($0.lastRun, $0.lastState) })
        return table
    }

    /// What the scheduler has said of it. To check the file alone would not show what it does to others, as where
    /// two declare one flow.
    private static func refusal(_ file: SourceFile) -> String {
        let lines = Printable.lines(file.message ?? "").map { "\n    " + Printable.line($0) }
        return "\n\(Printable.line(file.path)) is refused:\(lines.joined())"
    }

    static func json(
        _ flows: [FlowSummary],
        faults: [ScheduleFault] = [],
        _ zone: Zone,
        _ trouble: Trouble = .none
    ) -> JSONValue {
        let faults = Dictionary(grouping: faults, by: \.flow)
        return .array(
            flows.map { flow in
                .object([
                    "name": .string(flow.name),
                    "description": .string(flow.description),
                    "tasks": .count(flow.tasks),
                    "schedules": .count(flow.schedules),
                    "is_paused": .bool(flow.pause != nil),
                    "paused_at": .instant(flow.pause?.begunAt, in: zone),
                    "paused_until": .instant(flow.pause?.until, in: zone),
                    "pause_reason": .text(flow.pause?.reason),
                    "is_edited": .bool(flow.isEdited),
                    "is_late": .bool(flow.isLate),
                    "faults": .names(faults[flow.name, default: []].map { "\($0)" }),
                    "last_run": .count(flow.lastRun),
                    "last_state": .text(flow.lastState?.rawValue),
                    "trouble": .text(
                        trouble.text(
                            isScheduled: flow.schedules > 0 && flow.pause == nil,
                            run: flow.lastRun,
                            flow.lastState
                        )
                    ),
                ])
            }
        )
    }
}

/// `1 flow`, `2 flows`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
