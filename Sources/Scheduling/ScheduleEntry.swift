import Cron
import Flows
import HostTime
import Storage

/// A schedule compiled: when it is due next, and all fires up to now.
struct ScheduleEntry {
    let stored: StoredSchedule
    let expression: CronExpression
    let zone: Zone
    /// By how much its fires are registered later than they are due; the same for all of them.
    let delay: Duration
    private let exceptions: FireExceptions

    fileprivate init(
        _ stored: StoredSchedule,
        _ expression: CronExpression,
        in zone: Zone
    ) throws(ScheduleFault) {
        self.stored = stored
        self.expression = expression
        self.zone = zone
        delay = Self.delay(of: stored)
        exceptions = try FireExceptions(stored)
    }

    /// 0 ..< jitter, by FNV-1a-64 of flow and identity, so that a restart moves nothing.
    private static func delay(of schedule: StoredSchedule) -> Duration {
        let jitter = UInt64(schedule.timing.jitter.milliseconds)
        guard jitter > 0 else { return .zero }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(schedule.flow)/\(schedule.identity)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return .milliseconds(Int64((hash ^ (hash >> 32)) % jitter))
    }

    func isExcepted(_ fire: Instant) -> Bool { exceptions.contains(fire, in: zone) }

    /// The instant at which a fire is registered.
    func startAt(of fire: Instant) -> Instant {
        Instant(milliseconds: fire.milliseconds + delay.milliseconds)
    }

    /// The latest fire that is to be registered by now, jitter reckoned.
    func dueAt(_ now: Instant) -> Instant {
        Instant(milliseconds: now.milliseconds - delay.milliseconds)
    }

    /// The least fire after `instant`; `nil` for `@reboot` and where there is none.
    func next(after instant: Instant) -> Instant? {
        guard let every = expression.every else { return expression.next(after: instant, in: zone) }
        // In a flow `@every` counts from the schedule's own beginning, so a restart moves nothing.
        // Before it too, in the same step: it lies ahead where the clock has been set back since.
        let elapsed = instant.seconds - stored.anchorAt.seconds
        let periods = elapsed < 0 ? -((every - 1 - elapsed) / every) : elapsed / every
        return Instant(seconds: stored.anchorAt.seconds + (periods + 1) * every)
    }

    /// The fires in (`start`, `end`], ascending.
    func fires(after start: Instant, through end: Instant) -> some Sequence<Instant> {
        sequence(first: start) { next(after: $0) }.dropFirst().prefix { $0 <= end }
    }

    /// `@reboot`: due once in each boot that began during the schedule's life.
    func isDue(in boot: HostBoot?) -> Bool {
        guard expression.isReboot, let boot else { return false }
        return stored.begunAt < boot.startedAt
    }
}

/// Compiles schedules; of many, it asks for the host's zone once and compiles an expression once.
///
/// Of one thread, and short-lived: what it was told of the host it does not ask again.
final class ScheduleCompiler {
    private let zones: ZoneDirectory
    private var expressions: [String: CronExpression] = [:]
    private var hostZone: Zone?

    /// Of 100,000 schedules that all differ, keeping each expression costs more than it saves.
    private static let cacheLimit = 1_000

    init(_ zones: ZoneDirectory) { self.zones = zones }

    /// - Throws: where the expression or its zone cannot be used.
    func entry(of stored: StoredSchedule) throws(ScheduleFault) -> ScheduleEntry {
        let expression: CronExpression
        do {
            expression = try self.expression(stored.cron, hashID: stored.flow)
        } catch {
            throw ScheduleFault(flow: stored.flow, problem: "'\(stored.cron)': \(error.problem)")
        }
        let zone: Zone
        do {
            if let name = expression.zoneName ?? stored.timezone {
                zone = try zones.zone(named: name)
            } else {
                zone = try host()
            }
        } catch {
            throw ScheduleFault(flow: stored.flow, problem: "'\(stored.cron)': \(error)")
        }
        return try ScheduleEntry(stored, expression, in: zone)
    }

    private func host() throws(ZoneError) -> Zone {
        if let hostZone { return hostZone }
        let zone = try HostZone.current(in: zones)
        hostZone = zone
        return zone
    }

    private func expression(_ text: String, hashID: String) throws(CronError) -> CronExpression {
        // `H` and `~` stand for another value in each flow.
        guard !text.utf8.contains(where: { $0 == 0x48 || $0 == 0x68 || $0 == 0x7E }) else {
            return try CronExpression(text, hashID: hashID)
        }
        if let expression = expressions[text] { return expression }
        let expression = try CronExpression(text, hashID: hashID)
        if expressions.count < Self.cacheLimit { expressions[text] = expression }
        return expression
    }
}

/// A schedule that cannot be used as it stands in the database.
package struct ScheduleFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let flow: String
    package let problem: String

    package var description: String { "a schedule of flow '\(flow)' is not used: \(problem)" }
}
