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
        try Self.checkSpans(of: stored)
        self.stored = stored
        self.expression = expression
        self.zone = zone
        delay = stored.delay
        exceptions = try FireExceptions(stored)
    }

    /// What no flow file can say: without a limit the sum of an instant and a span could be none. How much
    /// stands there is not told, because a span is bounded as it is read (`Duration.stored`).
    private static func checkSpans(of stored: StoredSchedule) throws(ScheduleFault) {
        let spans = [
            ("jitter_ms", stored.timing.jitter), ("deadline_ms", stored.timing.deadline ?? .zero),
        ]
        for (column, span) in spans
        where !(0...Limit.durationMilliseconds).contains(span.milliseconds) {
            throw ScheduleFault(
                stored,
                "its \(column) is out of range: it is 0 to \(Limit.durationMilliseconds)"
            )
        }
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
    func isDue(in boot: HostBoot?, at now: Instant) -> Bool {
        guard expression.isReboot, let boot else { return false }
        return stored.begunAt(seenAt: now) < boot.startedAt
    }
}

/// Compiles schedules; of many, it asks for the host's zone once and compiles an expression once.
///
/// Of one thread, and short-lived: what it was told of the host it does not ask again.
package final class ScheduleCompiler {
    private let zones: ZoneDirectory
    private var expressions: [String: CronExpression] = [:]
    /// By name; the host's by none.
    private var zonesByName: [String?: Result<Zone, ZoneError>] = [:]

    /// Of 100,000 schedules that all differ, keeping each expression costs more than it saves.
    private static let cacheLimit = 1_000

    package init(_ zones: ZoneDirectory) { self.zones = zones }

    /// - Throws: where the expression or its zone cannot be used.
    func entry(of stored: StoredSchedule) throws(ScheduleFault) -> ScheduleEntry {
        let expression: CronExpression
        do {
            expression = try self.expression(stored.cron, hashID: stored.flow)
        } catch {
            throw ScheduleFault(stored, error.problem)
        }
        let name = expression.zoneName ?? stored.timezone
        switch zone(named: name) {
        case .success(let zone): return try ScheduleEntry(stored, expression, in: zone)
        case .failure(let error):
            let remedy =
                name == nil ? "set the host's zone: timedatectl set-timezone NAME" : error.hint
            throw ScheduleFault(stored, "\(error)", remedy: remedy)
        }
    }

    /// - Parameter name: `nil` for the host's own.
    private func zone(named name: String?) -> Result<Zone, ZoneError> {
        if let known = zonesByName[name] { return known }
        let result = Result { () throws(ZoneError) in
            guard let name else { return try HostZone.current(in: zones) }
            return try zones.zone(named: name)
        }
        if zonesByName.count < Self.cacheLimit { zonesByName[name] = result }
        return result
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

/// A schedule that cannot be used as it stands in the database, or on this host.
package struct ScheduleFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let flow: String
    /// What the schedule is known by in its flow.
    package let identity: String
    package let problem: String
    package let remedy: String

    /// - Parameter remedy: where there is a better one than to apply the flow's file again.
    init(_ schedule: StoredSchedule, _ problem: String, remedy: String? = nil) {
        flow = schedule.flow
        identity = schedule.identity
        self.problem = "'\(schedule.cron)': \(problem)"
        self.remedy =
            remedy ?? "flower apply its file, or mend row \(schedule.id) of schedule with SQL"
    }

    package var description: String { "a schedule of flow '\(flow)' is not used: \(problem)" }

    /// Those of `schedules` that cannot be used, in their order.
    package static func all(
        in schedules: [StoredSchedule],
        zones: ZoneDirectory
    ) -> [ScheduleFault] {
        let compiler = ScheduleCompiler(zones)
        return schedules.compactMap { schedule in
            do throws(ScheduleFault) {
                _ = try compiler.entry(of: schedule)
                return nil
            } catch {
                return error
            }
        }
    }
}
