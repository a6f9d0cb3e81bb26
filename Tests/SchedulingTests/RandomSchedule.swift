import Cron
import TestSupport

/// A schedule at random with an answer of its own: which minutes (or seconds) it is due at, found by
/// matching each of them. Shares nothing with `Cron` but the way a schedule is written.
struct RandomSchedule: CustomStringConvertible {
    let text: String
    /// Seconds east of UTC, the same all year.
    let offset: Int64
    let zone: String
    private let seconds: Set<Int64>
    private let minutes: Set<Int64>
    private let hours: Set<Int64>
    /// 0 = Sunday.
    private let weekdays: Set<Int64>

    var description: String { "'\(text)' \(zone)" }

    init(using generator: inout SplitMix64) {
        (zone, offset) =
            [
                ("UTC", 0), ("Asia/Tokyo", 32_400), ("Asia/Kolkata", 19_800),
                ("Asia/Kathmandu", 20_700), ("Pacific/Honolulu", -36_000),
            ].randomElement(using: &generator) ?? ("UTC", 0)
        let kind = Int.random(in: 0..<10, using: &generator)
        let (secondText, seconds) = kind == 0 ? Self.field(60, least: 15, &generator) : ("", [0])
        let (minuteText, minutes) = Self.field(60, least: 1, &generator)
        let (hourText, hours) = Self.field(24, least: 1, &generator)
        let first = Int64.random(in: 0...5, using: &generator)
        let last = Int64.random(in: first...6, using: &generator)
        let isDaily = Bool.random(using: &generator)
        weekdays = isDaily ? Set(0...6) : Set(first...last)
        (self.seconds, self.minutes, self.hours) = (seconds, minutes, hours)
        let days = isDaily ? "*" : "\(first)-\(last)"
        text = "\(secondText)\(secondText.isEmpty ? "" : " ")\(minuteText) \(hourText) * * \(days)"
    }

    /// `*`, `*/n`, `a` or `a,b`, and what it stands for.
    private static func field(
        _ count: Int64,
        least: Int64,
        _ generator: inout SplitMix64
    ) -> (String, Set<Int64>) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where least == 1: return ("*", Set(0..<count))
        case 0, 1:
            let step = Int64.random(in: max(2, least)...count / 2, using: &generator)
            return ("*/\(step)", Set((0..<count).filter { $0 % step == 0 }))
        case 2:
            let value = Int64.random(in: 0..<count, using: &generator)
            return ("\(value)", [value])
        default:
            let values = [0, 1].map { _ in Int64.random(in: 0..<count, using: &generator) }
            return (values.map(String.init).joined(separator: ","), Set(values))
        }
    }

    func isDue(_ second: Int64) -> Bool {
        let local = second + offset
        let (day, time) = (local / 86_400, local % 86_400)
        // 1970-01-01 was a Thursday.
        return seconds.contains(time % 60) && minutes.contains(time / 60 % 60)
            && hours.contains(time / 3600) && weekdays.contains((day + 4) % 7)
    }

    /// Every fire in (`start`, `end`], in seconds: each of them is looked at.
    func fires(after start: Int64, through end: Int64) -> [Int64] {
        let step: Int64 = seconds == [0] ? 60 : 1
        let first = start - start % step + step
        guard first <= end else { return [] }
        return stride(from: first, through: end, by: Int64.Stride(step)).filter(isDue)
    }
}
