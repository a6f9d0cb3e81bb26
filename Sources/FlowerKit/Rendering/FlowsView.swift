import Cron
import Flows
import Storage

/// `flower flows`.
enum FlowsView {
    /// - Parameter refused: files of the scheduler's folder that it has refused.
    static func table(
        _ flows: [FlowSummary],
        refused: [SourceFile] = [],
        _ time: TimeText
    ) -> Table {
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
                + (flow.isLate ? ["late"] : [])
            return [
                .init(flow.name), .init("\(flow.tasks)"), .init("\(flow.schedules)"),
                .init(flow.lastRun.map(String.init) ?? "-"), .state(flow.lastState),
                .init(notes.isEmpty ? "-" : notes.joined(separator: ", "), .active),
                .init(flow.description),
            ]
        }
        let pauses = flows.compactMap { flow in flow.pause.map { (flow.name, $0) } }
        table.footer =
            counted(flows.count, "flow") + " listed." + PauseText.lines(pauses, time)
        table.footer? += refused.map(refusal).joined()
        return table
    }

    /// What the scheduler has said of it. To check the file alone would not show what it does to others, as where
    /// two declare one flow.
    private static func refusal(_ file: SourceFile) -> String {
        let lines = Printable.lines(file.message ?? "").map { "\n    " + Printable.line($0) }
        return "\n\(Printable.line(file.path)) is refused:\(lines.joined())"
    }

    static func json(_ flows: [FlowSummary], _ zone: Zone) -> JSONValue {
        .array(
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
                    "last_run": .count(flow.lastRun),
                    "last_state": .text(flow.lastState?.rawValue),
                ])
            }
        )
    }
}

/// `1 flow`, `2 flows`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
