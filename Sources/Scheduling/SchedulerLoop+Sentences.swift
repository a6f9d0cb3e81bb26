import Cron
import Flows
import HostTime
import Storage

/// What the scheduler tells, in sentences.
extension SchedulerLoop {
    /// For the service manager's one line.
    static func status(nextFireAt: Instant?, faults: Int) -> String {
        let fire = nextFireAt.map { "next fire at \($0.iso8601(in: .utc))" } ?? "no fire is to come"
        if faults == 0 { return fire }
        return "\(fire); \(faults) \(faults == 1 ? "schedule" : "schedules") cannot be used"
    }

    package static func sentence(of fire: RecordedFire, in zone: Zone = .utc) -> String {
        let due = fire.dueAt.iso8601(in: zone)
        switch fire.outcome {
        case .registered:
            return "run \(fire.runID ?? 0) of flow '\(fire.flow)' registered, due \(due)"
        default:
            let reason =
                fire.note.map { "\(fire.outcome.rawValue): \($0)" } ?? fire.outcome.rawValue
            return "flow '\(fire.flow)' was not run, due \(due): \(reason)"
        }
    }

    package static func sentence(of event: ExpectationEvent, in zone: Zone = .utc) -> String {
        let since = event.since.iso8601(in: zone)
        if event.isMet { return "flow '\(event.flow)' has succeeded again, at \(since)" }
        let every = DurationText.format(event.every)
        var text = "flow '\(event.flow)' has not succeeded since \(since); expected every \(every)"
        if event.isPaused { text += "; it is paused" }
        if let run = event.runID { text += "; run \(run) registered to tell of it" }
        if let note = event.note { text += "; nobody is told: \(note)" }
        return text
    }
}
