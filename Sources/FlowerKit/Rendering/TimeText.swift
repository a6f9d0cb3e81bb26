import Cron

/// Instants and spans as tables show them.
struct TimeText {
    /// In which instants are told, each with its offset.
    let zone: Zone
    /// The present, from which "left" and "ago" count.
    let now: Instant

    /// `Mon 2026-11-23 21:22:00 +00:00`; `-` for none.
    func stamp(_ instant: Instant?) -> String {
        guard let instant else { return "-" }
        // Whole seconds: YYYY-MM-DDTHH:MM:SS and the offset.
        let text = Instant(seconds: instant.seconds).iso8601(in: zone)
        guard let mark = text.firstIndex(of: "T") else { return text }
        let time = text[text.index(after: mark)...]
        return "\(weekday(instant)) \(text[..<mark]) \(time.prefix(8)) \(time.dropFirst(8))"
    }

    /// The same where there is no room: `Mon 11-23 21:22`, of another year `2025-11-23 21:22`; `-` for none.
    func shortStamp(_ instant: Instant?) -> String {
        let words = stamp(instant).split(separator: " ")
        guard words.count == 4 else { return "-" }
        let minute = words[2].prefix(5)
        let isThisYear = words[1].prefix(5) == stamp(now).split(separator: " ")[1].prefix(5)
        return isThisYear
            ? "\(words[0]) \(words[1].dropFirst(5)) \(minute)" : "\(words[1]) \(minute)"
    }

    private func weekday(_ instant: Instant) -> String {
        let local = instant.seconds + zone.offset(at: instant)
        // 1970-01-01 was a Thursday.
        let day = (local >= 0 ? local : local - 86_399) / 86_400
        let index = Int(((day + 4) % 7 + 7) % 7)
        return ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][index]
    }

    /// The time until a later instant: `5h 3m left`; `-` for none.
    func left(until instant: Instant?) -> String {
        guard let instant else { return "-" }
        return instant <= now ? "now" : "\(Self.span(instant.milliseconds - now.milliseconds)) left"
    }

    /// The time since an earlier instant: `3m 12s ago`; `-` for none.
    func ago(_ instant: Instant?) -> String {
        guard let instant else { return "-" }
        let elapsed = now.milliseconds - instant.milliseconds
        return elapsed < 1000 ? "just now" : "\(Self.span(elapsed)) ago"
    }

    /// A span by its two largest units: `2d 3h`, `1m 5s`; below ten seconds as `1.25s`, `12ms`.
    static func span(_ milliseconds: Int64) -> String {
        let value = max(0, milliseconds)
        if value < 1000 { return "\(value)ms" }
        if value < 10_000 {
            var digits = String(1000 + value % 1000).dropFirst()
            while digits.last == "0" { digits.removeLast() }
            return "\(value / 1000)\(digits.isEmpty ? "" : ".\(digits)")s"
        }
        let units: [(name: String, seconds: Int64)] = [
            ("y", 31_536_000), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
        ]
        let seconds = value / 1000
        let first = units.firstIndex { seconds >= $0.seconds } ?? units.count - 1
        let text = "\(seconds / units[first].seconds)\(units[first].name)"
        guard first + 1 < units.count else { return text }
        let rest = seconds % units[first].seconds / units[first + 1].seconds
        return rest == 0 ? text : "\(text) \(rest)\(units[first + 1].name)"
    }
}
