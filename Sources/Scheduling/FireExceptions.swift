import Cron
import Flows
import Storage

/// The `except:` of a schedule, compiled.
struct FireExceptions {
    private var expressions: [CronExpression] = []
    /// `2026-12-24`
    private var dates: Set<String> = []

    init(_ schedule: StoredSchedule) throws(ScheduleFault) {
        for exception in schedule.timing.exceptions {
            switch exception {
            case .date(let text): dates.insert(text)
            case .expression(let text):
                do {
                    expressions.append(try CronExpression(text, hashID: schedule.flow))
                } catch {
                    let problem = "except '\(text)': \(error.problem)"
                    throw ScheduleFault(flow: schedule.flow, problem: problem)
                }
            }
        }
    }

    func contains(_ fire: Instant, in zone: Zone) -> Bool {
        if !dates.isEmpty, dates.contains(String(fire.iso8601(in: zone).prefix(10))) { return true }
        return expressions.contains { expression in
            // Five fields name whole minutes, though the schedule have seconds.
            let span: Int64 = expression.isByMinute ? 60_000 : 1_000
            let start = fire.milliseconds - ((fire.milliseconds % span) + span) % span
            let before = Instant(milliseconds: start - 1)
            return expression.next(after: before, in: zone) == Instant(milliseconds: start)
        }
    }
}
