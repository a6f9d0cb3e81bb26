import Cron
import Flows

/// A schedule as the scheduler needs it: the flow stays in the database until its fire is due.
package struct StoredSchedule: Sendable {
    package let id: Int64
    package let flow: String
    /// Its place in the flow's file.
    package let position: Int64
    package let cron: String
    package let timezone: String?
    /// What it is known by in its flow: the seed of its jitter.
    package let identity: String
    package let timing: ScheduleTiming
    /// `@every` counts from here.
    package let anchorAt: Instant
    /// Nothing earlier is a misfire.
    package let begunAt: Instant
    /// Every fire up to and including this instant has its row.
    package let consideredUntil: Instant
}

/// One due instant of a schedule, to be registered or recorded with the reason why not.
package struct DueFire: Sendable {
    package enum Verdict: Sendable {
        /// Register it, subject to the flow's overlap policy.
        case run
        /// Record that it was not run: its instant passed while nobody watched.
        case missed
        /// Record that `except:` kept it from being run.
        case except
    }

    package let scheduleID: Int64
    package let dueAt: Instant
    /// The kernel's boot, for `@reboot`: a fire of which the key is the boot and not the instant.
    package let bootID: String?
    /// Of a row that stands for several missed fires: the last of them, and how many there were.
    package let lastDueAt: Instant?
    package let count: Int
    /// The latest start; `nil` = none.
    package let startBy: Instant?
    /// In which the run tells its date.
    package let timezone: String
    package let verdict: Verdict

    package init(
        scheduleID: Int64,
        dueAt: Instant,
        bootID: String? = nil,
        lastDueAt: Instant? = nil,
        count: Int = 1,
        startBy: Instant? = nil,
        timezone: String,
        verdict: Verdict
    ) {
        self.scheduleID = scheduleID
        self.dueAt = dueAt
        self.bootID = bootID
        self.lastDueAt = lastDueAt
        self.count = count
        self.startBy = startBy
        self.timezone = timezone
        self.verdict = verdict
    }
}

/// What became of a due fire.
package enum FireOutcome: String, Sendable, CaseIterable {
    case registered
    case missed
    case overlap
    case deadline
    case paused
    case except
    /// The flow's definition was spoilt with SQL: no run can be made of it until that is mended.
    case faulty
}

/// A fire that has just got its row.
package struct RecordedFire: Sendable {
    package var flow: String
    package var dueAt: Instant
    package var outcome: FireOutcome
    /// Of a registered one.
    package var runID: Int64?
    /// Why it was not registered, where the outcome's word does not say it all.
    package var note: String?
}
