import Glibc

/// A day in all the ways that a schedule can ask for it, by gmtime(3) and not by our own calendar.
struct CalendarDay {
    let year: Int, month: Int, day: Int
    /// 0 is Sunday.
    let weekday: Int
    /// The days of its month.
    let length: Int

    init(daysSinceEpoch: Int) {
        var instant = time_t(daysSinceEpoch * 86_400)
        var parts = tm()
        gmtime_r(&instant, &parts)
        (year, month) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1)
        (day, weekday) = (Int(parts.tm_mday), Int(parts.tm_wday))
        var next = tm()
        (next.tm_year, next.tm_mon, next.tm_mday) = (parts.tm_year, parts.tm_mon + 1, 0)
        var last = timegm(&next)
        gmtime_r(&last, &parts)
        length = Int(parts.tm_mday)
    }
}

/// What is due when, said by a predicate of the day and sets of the time: nothing of the parser or the masks.
struct BruteRule: Sendable {
    var seconds: Set<Int> = [0]
    var minutes: Set<Int> = [0]
    var hours: Set<Int> = [0]
    var day: @Sendable (CalendarDay) -> Bool = { _ in true }

    /// The first `count` instants after `start`, day by day, within some 60 years.
    func fires(after start: Int64, count: Int) -> [Int64] {
        var found: [Int64] = []
        let first = Int(start / 86_400)
        for number in first..<first + 22_000 {
            guard day(CalendarDay(daysSinceEpoch: number)) else { continue }
            for hour in hours.sorted() {
                for minute in minutes.sorted() {
                    for second in seconds.sorted() {
                        let time = hour * 3600 + minute * 60 + second
                        let instant = Int64(number) * 86_400 + Int64(time)
                        if instant > start { found.append(instant) }
                        if found.count == count { return found }
                    }
                }
            }
        }
        return found
    }
}

/// An expression of Quartz's or EventBridge's by the rules of their manuals: 1 is Sunday, one of the two days
/// is `?`.
struct QuartzRule {
    /// - Parameter fields: seconds, minutes, hours, day of month, month, day of week, year.
    static func rule(_ fields: [String]) -> BruteRule {
        let dayTerms = terms(fields[3]), weekTerms = terms(fields[5])
        let months = values(fields[4], 1...12, names: monthNames)
        let years = values(fields[6], 1970...2199, names: [])
        return BruteRule(
            seconds: values(fields[0], 0...59, names: []),
            minutes: values(fields[1], 0...59, names: []),
            hours: values(fields[2], 0...23, names: []),
            day: { date in
                months.contains(date.month) && years.contains(date.year)
                    && dayTerms.contains { matches(dayOfMonth: $0, date) }
                    && weekTerms.contains { matches(weekday: $0, date) }
            }
        )
    }

    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    private static func terms(_ field: String) -> [String] {
        field.split(separator: ",").map(String.init)
    }

    private static func matches(dayOfMonth term: String, _ date: CalendarDay) -> Bool {
        if term == "?" { return true }
        if term == "L" { return date.day == date.length }
        if term.hasPrefix("L-"), let before = Int(term.dropFirst(2)) {
            return date.day == date.length - before
        }
        if term == "LW" || term.hasSuffix("W") {
            let target = term == "LW" ? date.length : Int(term.dropLast()) ?? 0
            // The weekday of day `target`, and from it the working day nearest to it.
            let weekday = (date.weekday + target - date.day + 700) % 7
            let shift =
                weekday == 6
                ? (target == 1 ? 2 : -1) : weekday == 0 ? (target == date.length ? -2 : 1) : 0
            return target <= date.length && date.day == target + shift
        }
        return values(term, 1...31, names: []).contains(date.day)
    }

    private static func matches(weekday term: String, _ date: CalendarDay) -> Bool {
        if term == "?" { return true }
        if term == "L" { return date.weekday == 6 }
        if let mark = term.firstIndex(of: "#") {
            let weekdays = values(String(term[..<mark]), 1...7, names: weekdayNames)
            let nth = Int(term[term.index(after: mark)...])
            return weekdays.contains(date.weekday + 1) && (date.day + 6) / 7 == nth
        }
        if term.count > 1, term.hasSuffix("L"), term.count != 3 || Int(term.dropLast()) != nil {
            let weekdays = values(String(term.dropLast()), 1...7, names: weekdayNames)
            return weekdays.contains(date.weekday + 1) && date.day > date.length - 7
        }
        return values(term, 1...7, names: weekdayNames).contains(date.weekday + 1)
    }

    /// `a`, `a-b` (over the end too), `a/s`, `a-b/s`, `*`, `*/s`.
    private static func values(
        _ field: String,
        _ range: ClosedRange<Int>,
        names: [String]
    ) -> Set<Int> {
        func number(_ text: Substring) -> Int {
            let index = names.firstIndex(of: String(text))
            return index.map { $0 + range.lowerBound } ?? Int(text) ?? -1
        }
        var found: Set<Int> = []
        for term in terms(field) {
            let parts = term.split(separator: "/")
            let step = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
            let ends = parts[0].split(separator: "-")
            let isAll = parts[0] == "*" || parts[0] == "?"
            let low = isAll ? range.lowerBound : number(ends[0])
            var high = ends.count == 2 ? number(ends[1]) : low
            if isAll || parts.count == 2 && ends.count == 1 { high = range.upperBound }
            if high < low { high += range.count }
            for value in stride(from: low, through: high, by: step) {
                found.insert(value > range.upperBound ? value - range.count : value)
            }
        }
        return found
    }
}
