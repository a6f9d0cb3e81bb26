import Flows
import Storage

/// `flower apply`: a line for each flow that changed, and how many did.
enum ApplyView {
    static func text(_ report: ApplyReport, colour: Bool) -> String {
        var table = Table(columns: [.init(title: "CHANGE"), .init(title: "FLOW")])
        table.rows = report.changes.compactMap { flow, change in
            change == .unchanged ? nil : [.init(change.rawValue, change.style), .init(flow)]
        }
        table.footer = summary(report)
        return table.rendered(width: nil, colour: colour)
    }

    static func members(_ report: ApplyReport, files: Int) -> [String: JSONValue] {
        let flows = report.changes.map { flow, change -> JSONValue in
            .object(["flow": .string(flow), "change": .string(change.rawValue)])
        }
        return ["flows": .array(flows), "files": .count(files)]
    }

    private static func summary(_ report: ApplyReport) -> String {
        var counts: [ApplyReport.Change: Int] = [:]
        for (_, change) in report.changes { counts[change, default: 0] += 1 }
        let order: [ApplyReport.Change] = [.added, .changed, .removed, .edited, .unchanged]
        let parts = order.compactMap { change in counts[change].map { "\($0) \(change.rawValue)" } }
        let all = counted(report.changes.count, "flow")
        var text = parts.isEmpty ? all : "\(all): \(parts.joined(separator: ", "))"
        if report.isNothing { text = "nothing to change; " + text }
        text += "."
        if counts[.edited] != nil {
            text +=
                "\nedited: changed with SQL since; the file is as it was, so that stays."
        }
        return text
    }
}

extension ApplyReport.Change {
    fileprivate var style: Style {
        switch self {
        case .added: .good
        case .changed, .edited: .active
        case .removed: .bad
        case .unchanged: .plain
        }
    }
}
