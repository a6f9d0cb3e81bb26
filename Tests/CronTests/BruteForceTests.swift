import HostTime
import Testing

@testable import Cron

/// Random schedules against a clock that is watched minute by minute (or second by second).
@Suite struct BruteForceTests {
    /// Zones with changes of every kind: half an hour, two hours, at midnight, at 00:01, a day lost,
    /// a new standard time, daylight time below standard time.
    static let zones = [
        "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Havana",
        "America/St_Johns", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia",
        "Pacific/Kwajalein", "America/Caracas", "Asia/Pyongyang", "Europe/Dublin", "Asia/Tehran",
        "America/Sao_Paulo", "Asia/Gaza", "Pacific/Chatham", "Atlantic/Azores", "Asia/Kathmandu",
        "Pacific/Easter", "Asia/Colombo",
    ]

    /// The instants of a zone's changes from 1980 to 2100.
    private func changes(of zone: Zone) -> [Int64] {
        var changes: [Int64] = []
        var segment = zone.segment(at: 315_532_800)
        while segment.end < 4_102_444_800 {
            changes.append(segment.end)
            segment = zone.segment(at: segment.end)
        }
        return changes
    }

    private func day(_ local: Int64) -> RandomCron.Day {
        let days = floorDivide(local, by: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(days))
        return RandomCron.Day(
            year: date.year,
            month: date.month,
            day: date.day,
            weekday: CivilDate.weekday(daysSinceEpoch: Int(days)),
            length: CivilDate.days(inMonth: date.month, isLeap: CivilDate.isLeap(date.year))
        )
    }

    /// Every fire in (from, to), by watching the clock; `from` is at least a day before a change.
    private func watched(
        _ cron: RandomCron,
        in zone: Zone,
        from: Int64,
        to: Int64,
        tick: Int64
    ) -> [Int64] {
        func matches(_ local: Int64) -> Bool {
            let time = Int(local - floorDivide(local, by: 86_400) * 86_400)
            return cron.matches(day(local), time: time)
        }
        var fires: [Int64] = []
        var expected = from + zone.segment(at: from).offset
        for now in stride(from: from, to: to, by: Int(tick)) {
            let local = now + zone.segment(at: now).offset
            var isDue = matches(local)
            if cron.isFixedTime {
                let jump = local - expected
                if jump > 0, jump < 3 * 3600 {
                    let skipped = stride(from: expected, to: local, by: Int(tick))
                    isDue = isDue || skipped.contains(where: matches)
                } else if jump < 0, jump >= -3 * 3600 {
                    isDue = false
                }
                let isRepeat = jump < 0 && jump >= -3 * 3600
                expected = isRepeat ? expected : local + tick
            }
            if isDue { fires.append(now) }
        }
        return fires.filter { $0 > from }
    }

    private func check(_ cron: RandomCron, in zone: Zone, around change: Int64, tick: Int64) throws
    {
        let span = tick * 5000
        let from = change - span / 2 - change % 60
        let to = from + span
        let expression = try CronExpression(cron.text)
        let label = Comment(rawValue: "\(cron.text) in \(zone.name) around \(change)")
        let expected = watched(cron, in: zone, from: from, to: to, tick: tick)
        let forward = expression.fires(after: Instant(seconds: from), in: zone)
            .prefix { $0.seconds < to }
        #expect(forward.map(\.seconds) == expected, label)
        let backward = expression.fires(before: Instant(seconds: to), in: zone)
            .prefix { $0.seconds > from }
        #expect(backward.map(\.seconds) == expected.reversed(), label)
        // From any instant, the second pass of an hour included.
        for offset in stride(from: 0, to: span, by: Int(span / 37) + 1) {
            let start = Instant(seconds: from + offset)
            let next = expression.next(after: start, in: zone)
            let known = expected.first { $0 > start.seconds }
            if let known { #expect(next?.seconds == known, label) }
            if let next { #expect(known != nil || next.seconds >= to, label) }
        }
    }

    @Test func `minute by minute the same fires`() throws {
        var random = SeededGenerator.announced("brute force, minutes")
        for _ in 0..<400 {
            let name = Self.zones.randomElement(using: &random) ?? "UTC"
            let zone = try ZoneDirectory.host.zone(named: name)
            let change = changes(of: zone).randomElement(using: &random) ?? 0
            let cron = RandomCron(hasSeconds: false, isAnyDay: true, using: &random)
            try check(cron, in: zone, around: change, tick: 60)
        }
    }

    @Test func `second by second the same fires`() throws {
        var random = SeededGenerator.announced("brute force, seconds")
        for _ in 0..<150 {
            let name = Self.zones.randomElement(using: &random) ?? "UTC"
            let zone = try ZoneDirectory.host.zone(named: name)
            // The window is too short for a change of a day.
            let change = changes(of: zone).randomElement(using: &random) ?? 0
            let before = zone.segment(at: change - 1).offset
            guard abs(zone.segment(at: change).offset - before) < 3600 * 3 else { continue }
            let cron = RandomCron(hasSeconds: true, isAnyDay: true, using: &random)
            try checkSeconds(cron, in: zone, around: change)
        }
    }

    private func checkSeconds(_ cron: RandomCron, in zone: Zone, around change: Int64) throws {
        try check(cron, in: zone, around: change, tick: 1)
    }

    @Test func `day by day the same dates over twenty years`() throws {
        var random = SeededGenerator.announced("brute force, days")
        let from = CivilDate(year: 1995, month: 1, day: 1).daysSinceEpoch
        let to = CivilDate(year: 2015, month: 1, day: 1).daysSinceEpoch
        for _ in 0..<150 {
            var cron = RandomCron(hasSeconds: false, isAnyDay: false, using: &random)
            cron.minute = .init(text: "0", values: [0])
            cron.hour = .init(text: "0", values: [0])
            let expected = (from..<to).filter { cron.matches(day(Int64($0) * 86_400)) }
            let fires = try CronExpression(cron.text)
                .fires(after: Instant(seconds: Int64(from) * 86_400 - 1), in: .utc)
                .prefix { $0.seconds < Int64(to) * 86_400 }
            #expect(fires.map { Int($0.seconds / 86_400) } == expected, "\(cron.text)")
        }
    }
}
