import Cron
import HostTime
import Storage

/// What a schedule is going to do, for whoever looks.
package struct ScheduleForecast: Sendable {
    /// The one that decides: the expression's, the schedule's or the host's.
    package let zone: Zone
    /// The expression in words.
    package let meaning: String
    /// `@reboot`.
    package let isAtBoot: Bool
    /// The least fire after the instant asked about that is not excepted.
    package let nextAt: Instant?
    /// When that one is registered: its jitter later.
    package let startAt: Instant?

    /// Fires looked through for one that is not excepted.
    private static let searchLimit = 10_000

    /// - Throws: `ScheduleFault` where the expression or its zone cannot be used.
    package init(
        _ stored: StoredSchedule,
        after instant: Instant,
        by compiler: ScheduleCompiler
    ) throws(ScheduleFault) {
        let entry = try compiler.entry(of: stored)
        zone = entry.zone
        meaning = entry.expression.describe()
        isAtBoot = entry.expression.isReboot
        let fires = sequence(first: instant) { entry.next(after: $0) }.dropFirst()
        nextAt = fires.prefix(Self.searchLimit).first { !entry.isExcepted($0) }
        startAt = nextAt.map { entry.startAt(of: $0) }
    }
}
