import Cron
import Flows
import Storage

/// A schedule as `flower schedules` lists it.
struct ScheduleRow: Comparable {
    enum Next: Equatable {
        case at(Instant)
        /// `@reboot`.
        case boot
        case never
        case paused
        /// The expression or zone cannot be used, with the reason.
        case faulty(String)
    }

    let flow: String
    let cron: String
    /// The one that decides; `nil` where that cannot be told.
    let zone: String?
    /// The expression in words; `nil` where it cannot be read.
    let meaning: String?
    let next: Next
    var pause: Pause?
    var last: LastFire?
    /// Fires that were not run.
    var unrun = 0
    /// When the next fire is registered: its jitter later.
    var startAt: Instant?
    /// What to do about a fault.
    var remedy: String?
    /// What it is known by in its flow.
    var identity = ""
    var timing = ScheduleTiming()
    /// What it sets the flow's parameters to, as may be shown.
    var parameters: [Variable] = []

    var nextAt: Instant? { if case .at(let instant) = next { instant } else { nil } }

    /// By next fire, those without one last; then by flow.
    static func < (a: ScheduleRow, b: ScheduleRow) -> Bool {
        a.order < b.order
    }

    static func == (a: ScheduleRow, b: ScheduleRow) -> Bool { a.order == b.order }

    private var order: (Int64, String, String) {
        (nextAt?.milliseconds ?? .max, flow, cron)
    }
}

/// `flower schedules`, its columns as `systemctl list-timers` has them.
enum SchedulesView {
    /// - Parameter trouble: why none of them comes, though it is due.
    static func table(
        _ rows: [ScheduleRow],
        _ time: TimeText,
        _ trouble: Trouble = .none
    ) -> Table {
        // Where no jitter moves a start it is the due time.
        let isMoved = rows.contains { $0.startAt ?? $0.nextAt != $0.nextAt }
        let start: [Table.Column] = isMoved ? [.init(title: "START", dispensable: 6)] : []
        var table = Table(
            columns: [
                .init(title: "FLOW"), .init(title: "NEXT"), .init(title: "LEFT", dispensable: 1),
            ] + start + [
                .init(title: "LAST", dispensable: 5), .init(title: "PASSED", dispensable: 4),
                .init(title: "CRON", dispensable: 3), .init(title: "ZONE", dispensable: 6),
                .init(title: "UNRUN", isNumber: true, dispensable: 2),
                .init(title: "RESULT", isFree: true),
            ]
        )
        table.rows = rows.map { row in
            let start: [Table.Cell] = isMoved ? [.stamp(row.startAt, time)] : []
            let left = trouble.scheduler == nil ? time.left(until: row.nextAt) : "-"
            return [.init(row.flow), next(row.next, time), .init(left)]
                + start + [
                    .stamp(row.last?.dueAt, time), .init(time.ago(row.last?.dueAt)),
                    .init(row.cron), .init(row.zone ?? "-"),
                    .init("\(row.unrun)", row.unrun > 0 ? .bad : .plain), result(row, trouble),
                ]
        }
        table.footer =
            footer(rows, time)
            + trouble.lines(isScheduled: true, rows.map { ($0.last?.runID, $0.last?.state) })
        return table
    }

    private static func footer(_ rows: [ScheduleRow], _ time: TimeText) -> String {
        var text = counted(rows.count, "schedule") + " listed."
        let unrun = rows.reduce(0) { $0 + $1.unrun }
        if let most = rows.max(by: { $0.unrun < $1.unrun }), unrun > 0 {
            let were = unrun == 1 ? "was" : "were"
            text +=
                " \(counted(unrun, "fire")) \(were) not run: flower fires \(most.flow) --unrun tells why."
        }
        text += faults(rows)
        let pauses = Dictionary(
            rows.compactMap { row in row.pause.map { (row.flow, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
        let sorted = pauses.sorted { $0.key < $1.key }.map { (flow: $0.key, pause: $0.value) }
        return text + PauseText.lines(sorted, time)
    }

    /// A line for each that cannot be used; of many the first.
    static func faults(_ rows: [ScheduleRow]) -> String {
        let lines = rows.compactMap { row -> String? in
            guard case .faulty(let problem) = row.next else { return nil }
            let remedy = row.remedy.map { "; \($0)" } ?? ""
            return
                "\na schedule of flow '\(row.flow)' is not used: \(Printable.line(problem + remedy))"
        }
        let rest = lines.count - mostFaults
        return lines.prefix(mostFaults).joined()
            + (rest > 0 ? "\n\(counted(rest, "more schedule")) cannot be used" : "")
    }

    static let mostFaults = 10

    static func next(_ next: ScheduleRow.Next, _ time: TimeText) -> Table.Cell {
        switch next {
        case .at(let instant): .stamp(instant, time)
        case .boot: .init("at boot")
        case .never: .init("never")
        case .paused: .init("paused", .active)
        case .faulty: .init("faulty", .bad)
        }
    }

    private static func result(_ row: ScheduleRow, _ trouble: Trouble) -> Table.Cell {
        if case .faulty(let problem) = row.next { return .init(problem, .bad) }
        guard let last = row.last else { return .init("-") }
        guard let run = last.runID, let state = last.state else {
            return .init(last.outcome.rawValue, last.outcome == .registered ? .plain : .bad)
        }
        let shown = trouble.state(state, ofRun: run)
        return .init("\(shown.text) (run \(run))", shown.style)
    }

    static func json(
        _ rows: [ScheduleRow],
        _ zone: Zone,
        _ trouble: Trouble = .none
    ) -> JSONValue {
        .array(
            rows.map { row in
                var isAtBoot = false
                var fault: String?
                switch row.next {
                case .boot: isAtBoot = true
                case .faulty(let problem): fault = problem
                case .at, .never, .paused: break
                }
                return .object([
                    "flow": .string(row.flow),
                    "cron": .string(row.cron),
                    "zone": .text(row.zone),
                    "meaning": .text(row.meaning),
                    "next_at": .instant(row.nextAt, in: zone),
                    "last_due_at": .instant(row.last?.dueAt, in: zone),
                    "last_outcome": .text(row.last?.outcome.rawValue),
                    "last_run": .count(row.last?.runID),
                    "last_state": .text(row.last?.state?.rawValue),
                    "unrun": .count(row.unrun),
                    "is_paused": .bool(row.pause != nil),
                    "paused_until": .instant(row.pause?.until, in: zone),
                    "pause_reason": .text(row.pause?.reason),
                    "is_at_boot": .bool(isAtBoot),
                    "fault": .text(fault),
                    "remedy": .text(row.remedy),
                    "schedule": .string(row.identity),
                    "start_at": .instant(row.startAt, in: zone),
                    "catchup": .string(row.timing.catchUp.rawValue),
                    "catchup_window_ms": .count(row.timing.catchUpWindow?.milliseconds),
                    "deadline_ms": .count(row.timing.deadline?.milliseconds),
                    "jitter_ms": .count(row.timing.jitter.milliseconds),
                    "except": .names(row.timing.exceptions.map(\.text)),
                    "parameters": .variables(row.parameters),
                    "trouble": .text(
                        trouble.text(
                            isScheduled: row.pause == nil,
                            run: row.last?.runID,
                            row.last?.state
                        )
                    ),
                ])
            }
        )
    }
}
