import ArgumentParser
import Cron
import HostTime
import Scheduling
import Storage

struct SchedulesCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "List the schedules by their next fire."
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let rows = try Self.rows(try store.schedules(), in: store, at: session.now).sorted()
        let trouble = try Trouble(in: store, session)
        switch format.output {
        case .table: try session.print(SchedulesView.table(rows, session.time, trouble))
        case .json:
            try session.print(SchedulesView.json(rows, session.zone, trouble))
        }
        return .success
    }

    /// In the order of `schedules`.
    static func rows(
        _ schedules: [StoredSchedule],
        in store: Store,
        at now: Instant
    ) throws -> [ScheduleRow] {
        let pauses = try store.pauses(at: now)
        let last = try store.lastFires()
        let unrun = try store.unrunFires()
        let parameters = try store.scheduleParameters()
        let compiler = ScheduleCompiler(.host)
        return schedules.map { stored in
            var row = ScheduleRow(stored, at: now, pause: pauses[stored.flow], by: compiler)
            row.parameters = parameters[stored.id] ?? []
            row.last = last[stored.id]
            row.unrun = unrun[stored.id] ?? 0
            return row
        }
    }
}

extension ScheduleRow {
    init(_ stored: StoredSchedule, at now: Instant, pause: Pause?, by compiler: ScheduleCompiler) {
        // What comes due in a pause makes no run: the next to come is the first after it.
        let start = pause?.until.map { Instant(milliseconds: $0.milliseconds - 1) } ?? now
        var next = Next.never
        var zone = stored.timezone
        var meaning: String?
        var startAt: Instant?
        var remedy: String?
        do throws(ScheduleFault) {
            let forecast = try ScheduleForecast(stored, after: start, by: compiler)
            zone = forecast.zone.name
            meaning = forecast.meaning
            if let pause, pause.until == nil {
                next = .paused
            } else if forecast.isAtBoot {
                next = .boot
            } else if let fire = forecast.nextAt {
                next = .at(fire)
                startAt = forecast.startAt
            }
        } catch {
            next = .faulty(error.problem)
            remedy = error.remedy
        }
        self.init(
            flow: stored.flow,
            cron: stored.cron,
            zone: zone,
            meaning: meaning,
            next: next,
            pause: pause
        )
        self.startAt = startAt
        self.remedy = remedy
        identity = stored.identity
        timing = stored.timing
    }
}
