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
    /// Nothing at or before it is run.
    package let begunAt: Instant
    /// Every fire up to and including this instant has its row.
    package let consideredUntil: Instant
    /// When its flow's pause ends, or has ended by itself.
    let pausedUntil: Instant?

    /// Nothing due at or before this instant is run: a pause that is over begins the life anew.
    ///
    /// A beginning that lies ahead was told by a clock that was ahead; until then it counts for nothing.
    package func begunAt(seenAt now: Instant) -> Instant {
        let begun = begunAt <= now ? begunAt : consideredUntil
        guard let pausedUntil, pausedUntil <= now else { return begun }
        return max(begun, Instant(milliseconds: pausedUntil.milliseconds - 1))
    }

    /// After which its fires are looked for. Never from before it was applied, or its expression or zone
    /// changed, though a clock that was wrong may have set `consideredUntil` back beyond that.
    package func lookedAtFrom(seenAt now: Instant) -> Instant {
        anchorAt <= now ? max(consideredUntil, anchorAt) : consideredUntil
    }

    /// By how much its fires are registered later than they are due.
    package var delay: Duration {
        Self.delay(flow: flow, identity: identity, jitter: timing.jitter)
    }

    /// 0 ..< jitter, by FNV-1a-64 of flow and identity, so that a restart moves nothing.
    static func delay(flow: String, identity: String, jitter: Duration) -> Duration {
        guard jitter > .zero else { return .zero }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(flow)/\(identity)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return .milliseconds(Int64((hash ^ (hash >> 32)) % UInt64(jitter.milliseconds)))
    }
}

/// One due instant of a schedule, to be registered or recorded with the reason why not.
package struct DueFire: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// Register it, subject to the flow's overlap policy.
        case run
        /// One of several that `catchup: all` makes up for: they do not stand in each other's way, but
        /// run one after another, unless the flow's overlap is `allow` (side by side) or `replace` (the
        /// last alone).
        case series(isLast: Bool)
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
    /// Of such a row: how many fires between its first and its last had rows when it was planned.
    package let knownRows: Int
    /// Why it was missed, where the outcome's word does not say it all.
    package let note: String?
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
        knownRows: Int = 0,
        note: String? = nil,
        startBy: Instant? = nil,
        timezone: String,
        verdict: Verdict
    ) {
        self.scheduleID = scheduleID
        self.dueAt = dueAt
        self.bootID = bootID
        self.lastDueAt = lastDueAt
        self.count = count
        self.knownRows = knownRows
        self.note = note
        self.startBy = startBy
        self.timezone = timezone
        self.verdict = verdict
    }
}

/// A schedule that was looked through: the fires found in (`after`, `through`].
package struct ScheduleSpan: Sendable {
    package let scheduleID: Int64
    /// Up to where it was considered when this was planned; `nil` for `@reboot`, which no span bounds.
    package let after: Instant?
    package let through: Instant
    package let fires: [DueFire]

    package init(scheduleID: Int64, after: Instant?, through: Instant, fires: [DueFire]) {
        self.scheduleID = scheduleID
        self.after = after
        self.through = through
        self.fires = fires
    }
}

/// What `Store.record` did.
package struct Recording: Sendable {
    /// Those recorded by this call, in the order given.
    package var fires: [RecordedFire] = []
    /// Schedules of which nothing was recorded, because another scheduler or a step of the clock came
    /// between plan and record: up to where each is considered now. They are to be planned again.
    package var stale: [Int64: Instant] = [:]

    package init() {}
}

/// What the database knows of a span of a schedule's past.
package struct FirePast: Sendable {
    /// Fires that have rows already, as from a backfill.
    package var recorded: Set<Instant> = []
    /// Where pauses begin and end, ascending.
    package var pauseBounds: [Instant] = []

    package init(recorded: Set<Instant> = [], pauseBounds: [Instant] = []) {
        self.recorded = recorded
        self.pauseBounds = pauseBounds
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
