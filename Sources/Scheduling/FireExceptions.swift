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
            case .date(let text):
                guard Self.isDay(text) else {
                    throw ScheduleFault(schedule, "except '\(text)': no day, as 2026-12-24 is")
                }
                dates.insert(text)
            case .expression(let text):
                let expression: CronExpression
                do {
                    expression = try CronExpression(text, hashID: schedule.flow)
                } catch {
                    throw ScheduleFault(schedule, "except '\(text)': \(error.problem)")
                }
                guard expression.zoneName == nil, expression.every == nil else {
                    let problem = "takes cron's fields, in the schedule's own zone"
                    throw ScheduleFault(schedule, "except '\(text)': \(problem)")
                }
                expressions.append(expression)
            }
        }
    }

    private static func isDay(_ text: String) -> Bool {
        text.utf8.count == 10 && (try? Instant(iso8601: "\(text)T00:00:00Z")) != nil
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
