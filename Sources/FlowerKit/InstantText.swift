import Cron
import Flows

/// An instant as a person gives it to an option, wherever one is asked for.
///
/// ```
/// 06:00    tomorrow 06:00    2026-12-01    2026-12-01T06:00    2026-12-01T06:00:00+01:00    20m    now
/// ```
///
/// Local times are those of the zone in which instants are shown. What is told by its distance (`20m`), or by its
/// time alone (`06:00`), lies on the side of the present to which the option looks: `Direction`.
enum InstantText: Equatable {
    enum Direction {
        /// `20m` is so long ago, `06:00` the last one.
        case past
        /// `20m` is so far ahead, `06:00` the next one.
        case future
    }

    case now
    case distance(Duration)
    /// Days from today, and milliseconds since 00:00.
    case relative(days: Int, time: Int64?)
    case written(WrittenTime)

    static let examples = "06:00, 20m, tomorrow 06:00, 2026-12-01 or 2026-12-01T06:00+01:00"

    private static let days = ["yesterday": -1, "today": 0, "tomorrow": 1]

    /// - Throws: `OptionValue.Fault`, with the forms that there are.
    init(_ text: String) throws {
        let words = text.split(separator: " ")
        if text == "now" {
            self = .now
        } else if let distance = DurationText.parse(text) {
            self = .distance(distance)
        } else if !text.isEmpty, DurationText.hasUnits(text) {
            let days = Limit.durationMilliseconds / 86_400_000
            throw OptionValue.Fault(
                description: "no duration is longer than \(days)d; write a day: 2026-12-01"
            )
        } else if let first = words.first.map({ String($0) }), let days = Self.days[first] {
            let rest = words.dropFirst().joined(separator: " ")
            let time = rest.isEmpty ? nil : try Self.time(rest)
            self = .relative(days: days, time: time)
        } else {
            self = .written(try Self.written(text))
        }
    }

    private static func written(_ text: String) throws -> WrittenTime {
        do {
            return try WrittenTime(text)
        } catch {
            throw OptionValue.Fault(
                description: "\(problem(text) ?? error.problem); write \(examples)"
            )
        }
    }

    private static func time(_ text: String) throws -> Int64 {
        let written = try written(text)
        guard let time = written.time, written.day == nil else {
            throw OptionValue.Fault(description: "a time must follow the day: tomorrow 06:00")
        }
        return time
    }

    /// What is wrong with a text that is no time at all.
    private static func problem(_ text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if Int64(text) != nil { return "a number needs its unit" }
        let word = String(text.prefix { $0.isLetter })
        return didYouMean(word, among: days.keys.sorted() + ["now"])
    }

    /// - Throws: `Failure` (64) for a local time that never is, or is twice.
    func instant(_ direction: Direction, at now: Instant, in zone: Zone) throws -> Instant {
        switch self {
        case .now: return now
        case .distance(let duration):
            let sign: Int64 = direction == .past ? -1 : 1
            return Instant(milliseconds: now.milliseconds + sign * duration.milliseconds)
        case .relative(let days, let time):
            let day = LocalDay(at: now, in: zone).moved(by: days)
            return try time.map { try day.instant(at: $0, among: { _ in true }) } ?? day.start
        case .written(let written):
            guard let day = written.day else {
                return try nearest(written.time ?? 0, direction, now, zone)
            }
            let local = LocalDay(day: day, zone: zone)
            guard let time = written.time else { return try local.start }
            guard let offset = written.offset else {
                return try local.instant(at: time, among: { _ in true })
            }
            return Instant(milliseconds: local.milliseconds + time - offset * 1000)
        }
    }

    /// The next or the last instant with this local time.
    private func nearest(
        _ time: Int64,
        _ direction: Direction,
        _ now: Instant,
        _ zone: Zone
    ) throws -> Instant {
        let today = LocalDay(at: now, in: zone)
        let isMeant = { (instant: Instant) in direction == .past ? instant <= now : instant > now }
        // Where a whole day is left out, as at the date line, the second neighbour has it.
        for distance in 0...2 {
            let day = today.moved(by: direction == .past ? -distance : distance)
            if day.has(time, among: isMeant) {
                return try day.instant(at: time, among: isMeant)
            }
        }
        preconditionFailure("one of three days lies on each side of the present")
    }
}

/// A day of a zone's calendar.
private struct LocalDay {
    /// Since 1970-01-01.
    let day: Int
    let zone: Zone

    init(day: Int, zone: Zone) {
        self.day = day
        self.zone = zone
    }

    init(at instant: Instant, in zone: Zone) {
        let local = zone.local(at: instant)
        let length: Int64 = 86_400_000
        self.init(day: Int((local - (local % length + length) % length) / length), zone: zone)
    }

    func moved(by days: Int) -> LocalDay { LocalDay(day: day + days, zone: zone) }

    /// Its 00:00, as if it were UTC.
    var milliseconds: Int64 { Int64(day) * 86_400_000 }

    /// Its first instant, which is not 00:00 where clocks go forward over that.
    var start: Instant {
        get throws {
            switch zone.match(local: milliseconds) {
            case .once(let instant), .twice(let instant, _): return instant
            case .never(let change, _, let local):
                guard local < milliseconds / 1000 + 86_400 else { throw isSkipped(0) }
                return change
            }
        }
    }

    /// Whether the time is one that is meant, or would be if clocks did not go forward over it.
    func has(_ time: Int64, among isMeant: (Instant) -> Bool) -> Bool {
        switch zone.match(local: milliseconds + time) {
        case .once(let instant): isMeant(instant)
        case .twice(let first, let second): isMeant(first) || isMeant(second)
        case .never(let change, _, _): isMeant(change)
        }
    }

    /// The only instant of this local time that is meant.
    func instant(at time: Int64, among isMeant: (Instant) -> Bool) throws -> Instant {
        switch zone.match(local: milliseconds + time) {
        case .once(let instant): return instant
        case .never: throw isSkipped(time)
        case .twice(let first, let second):
            guard isMeant(first), isMeant(second) else { return isMeant(first) ? first : second }
            throw Failure(
                .misuse,
                "\(text(time)) comes twice in \(zone.name): clocks go back over it",
                hint: "say which: \(first.iso8601(in: zone)) or \(second.iso8601(in: zone))"
            )
        }
    }

    private func isSkipped(_ time: Int64) -> Failure {
        guard case .never(let change, let from, let to) = zone.match(local: milliseconds + time)
        else { preconditionFailure("the caller has seen that it never is") }
        let span = TimeText.span((to - from) * 1000)
        return Failure(
            .misuse,
            "\(text(time)) never is in \(zone.name): clocks go forward by \(span) over it",
            hint: "they do so at \(change.iso8601(in: zone)): say a time before or after that"
        )
    }

    /// `2026-03-29 02:30`.
    private func text(_ time: Int64) -> String {
        let local = Instant(milliseconds: milliseconds + time).iso8601()
        let clock = local.dropFirst(11).prefix(time % 60_000 == 0 ? 5 : 8)
        return "\(local.prefix(10)) \(clock)"
    }
}
