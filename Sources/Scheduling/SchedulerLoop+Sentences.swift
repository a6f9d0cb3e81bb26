import Cron
import Flows
import HostTime
import Storage
import Systemd

extension Bulletin {
    /// Of a run that a person has made.
    package static func registered(
        _ run: Int64,
        of flow: String,
        by actor: String,
        _ instance: String
    ) -> Bulletin {
        let fields = [
            JournalField("FLOWER_INSTANCE", instance), JournalField("FLOWER_FLOW", flow),
            JournalField("FLOWER_RUN", run), JournalField("FLOWER_ACTOR", actor),
        ]
        let text = "run \(run) of flow '\(flow)' registered by \(actor)"
        return Bulletin(JournalEvent(.runRegistered, .info, text, fields))
    }
}

/// What the scheduler tells, in sentences.
extension SchedulerLoop {
    /// For the service manager's one line.
    static func status(of scheduler: Scheduler) -> String {
        if let sentence = scheduler.clockSentence { return sentence }
        let next = scheduler.nextFireAt
        let fire = next.map { "next fire at \($0.iso8601(in: .utc))" } ?? "no fire is to come"
        let faults = scheduler.faults.count
        if faults == 0 { return fire }
        return "\(fire); \(faults) \(faults == 1 ? "schedule" : "schedules") cannot be used"
    }

    package static func bulletin(
        of fire: RecordedFire,
        _ instance: String,
        in zone: Zone = .utc
    ) -> Bulletin {
        let due = fire.dueAt.iso8601(in: zone)
        var fields = [
            JournalField("FLOWER_INSTANCE", instance), JournalField("FLOWER_FLOW", fire.flow),
            JournalField("FLOWER_DUE_AT", fire.dueAt.iso8601(in: .utc)),
        ]
        if fire.outcome == .registered {
            let run = fire.runID ?? 0
            fields.append(JournalField("FLOWER_RUN", run))
            let text = "run \(run) of flow '\(fire.flow)' registered, due \(due)"
            return Bulletin(JournalEvent(.runRegistered, .info, text, fields))
        }
        fields.append(JournalField("FLOWER_OUTCOME", fire.outcome.rawValue))
        let reason = fire.note.map { "\(fire.outcome.rawValue): \($0)" } ?? fire.outcome.rawValue
        let text = "flow '\(fire.flow)' was not run, due \(due): \(reason)"
        // What a person asked for is no cause for concern.
        let isMeant = fire.outcome == .paused || fire.outcome == .except
        return Bulletin(JournalEvent(.fireMissed, isMeant ? .info : .warning, text, fields))
    }

    package static func bulletins(
        of changes: (faulty: [ScheduleFault], mended: [ScheduleFault]),
        _ instance: String
    ) -> [Bulletin] {
        func bulletin(
            _ fault: ScheduleFault,
            _ priority: JournalEvent.Priority,
            _ text: String
        ) -> Bulletin {
            let fields = [
                JournalField("FLOWER_INSTANCE", instance), JournalField("FLOWER_FLOW", fault.flow),
                JournalField("FLOWER_SCHEDULE", fault.identity),
            ]
            return Bulletin(JournalEvent(.scheduleFaulty, priority, text, fields))
        }
        return changes.faulty.map { bulletin($0, .error, "\($0); \($0.remedy)") }
            + changes.mended.map {
                bulletin(
                    $0,
                    .notice,
                    "a schedule of flow '\($0.flow)' is used again: \($0.identity)"
                )
            }
    }

    package static func bulletin(
        of event: ExpectationEvent,
        _ instance: String,
        in zone: Zone = .utc
    ) -> Bulletin {
        var fields = [
            JournalField("FLOWER_INSTANCE", instance), JournalField("FLOWER_FLOW", event.flow),
        ]
        if let run = event.runID { fields.append(JournalField("FLOWER_RUN", run)) }
        let text = sentence(of: event, in: zone)
        let priority: JournalEvent.Priority = event.isMet ? .notice : .warning
        return Bulletin(JournalEvent(.flowLate, priority, text, fields))
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
