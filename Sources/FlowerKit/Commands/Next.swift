import ArgumentParser
import Cron
import Flows
import HostTime
import Scheduling
import Storage

struct NextCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "next",
        abstract: "List the coming fires of all flows on one time line."
    )

    @Option(
        help: ArgumentHelp(
            "Up to this instant, itself included: 06:00, 2h, 2026-12-01.",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var until: InstantText?

    @Option(
        name: .letter("n"),
        help: ArgumentHelp(
            "At most so many (default: \(NextCommand.rows), of JSON with --until all).",
            valueName: "number"
        )
    )
    var number: Int?

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    private static let rows = 20
    /// Of JSON with `--until`: all of it is held in memory.
    private static let most = 1_000_000

    func validate() throws { if let number { try RowsOption.check(number) } }

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let pauses = try store.pauses(at: session.now)
        let now = session.now
        let until = try session.instant(until, "--until", .future)
        let line = TimeLine(try store.schedules(), zones: .host) { schedule in
            guard let pause = pauses[schedule.flow] else { return now }
            // What comes due in a pause makes no run; one without an end leaves nothing to come.
            return pause.until.map { Instant(milliseconds: $0.milliseconds - 1) }
        }
        for fault in line.faults { session.note("\(fault)", hint: fault.remedy) }
        let isEndless = format.output == .table || until == nil
        let limit = number ?? (isEndless ? Self.rows : Self.most)
        let fires = line.fires(atMost: limit, until: until)
        let trouble = try Trouble(in: store, session).scheduler
        switch format.output {
        case .table: try session.print(table(fires, pauses, session.time, trouble))
        case .json:
            let values = fires.map { fire in
                JSONValue.object([
                    "due_at": .instant(fire.dueAt, in: session.zone),
                    "start_at": .instant(fire.startAt, in: session.zone),
                    "flow": .string(fire.schedule.flow),
                    "cron": .string(fire.schedule.cron),
                    "trouble": .text(trouble),
                ])
            }
            try session.print(.array(values))
            if fires.count == limit, number == nil {
                session.note(
                    "\(counted(limit, "fire")) listed",
                    hint: "-n or --until says how many"
                )
            }
        }
        return .success
    }

    private func table(
        _ fires: [TimeLine.Fire],
        _ pauses: [String: Pause],
        _ time: TimeText,
        _ trouble: String?
    ) -> Table {
        // Where no jitter moves a start it is the due time.
        let isMoved = fires.contains { $0.startAt != $0.dueAt }
        var table = Table(
            columns: [.init(title: "DUE"), .init(title: "LEFT", dispensable: 1)]
                + (isMoved ? [.init(title: "START", dispensable: 2)] : [])
                + [.init(title: "FLOW"), .init(title: "CRON", isFree: true)]
        )
        table.rows = fires.map { fire in
            let left = trouble == nil ? time.left(until: fire.dueAt) : "-"
            return [.stamp(fire.dueAt, time), .init(left)]
                + (isMoved ? [.stamp(fire.startAt, time)] : [])
                + [.init(fire.schedule.flow), .init(fire.schedule.cron)]
        }
        let sorted = pauses.sorted { $0.key < $1.key }.map { (flow: $0.key, pause: $0.value) }
        table.footer =
            counted(fires.count, "fire") + " listed." + PauseText.lines(sorted, time)
            + Trouble.line(trouble)
        return table
    }
}
