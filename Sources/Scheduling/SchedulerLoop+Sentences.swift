import Cron
import Flows
import HostTime
import Storage

/// What the scheduler tells, in sentences.
extension SchedulerLoop {
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
