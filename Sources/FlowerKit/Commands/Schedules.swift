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
        let paused = Set(try store.flows().filter(\.isPaused).map(\.name))
        let last = try store.lastFires()
        let rows = try store.schedules().map { stored in
            ScheduleRow(
                stored,
                at: session.now,
                isPaused: paused.contains(stored.flow),
                lastFire: last[stored.id]
            )
        }
        .sorted()
        switch format.output {
        case .table: try session.print(SchedulesView.table(rows, session.time))
        case .json: try session.print(SchedulesView.json(rows, session.zone))
        }
        return .success
    }
}

extension ScheduleRow {
    init(_ stored: StoredSchedule, at now: Instant, isPaused: Bool, lastFire: LastFire?) {
        var next = Next.never
        var zone = stored.timezone
        var meaning: String?
        do throws(ScheduleFault) {
            let forecast = try ScheduleForecast(stored, after: now, zones: .host)
            zone = forecast.zone.name
            meaning = forecast.meaning
            if isPaused {
                next = .paused
            } else if forecast.isAtBoot {
                next = .boot
            } else if let fire = forecast.nextAt {
                next = .at(fire)
            }
        } catch {
            next = .faulty(error.problem)
        }
        self.init(
            flow: stored.flow,
            cron: stored.cron,
            zone: zone,
            meaning: meaning,
            next: next,
            last: lastFire
        )
    }
}
