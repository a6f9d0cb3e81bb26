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
        let before = Instant(milliseconds: fire.milliseconds - 1)
        return expressions.contains { $0.next(after: before, in: zone) == fire }
    }
}
