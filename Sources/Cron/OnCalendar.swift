/// A calendar event as a systemd timer has it (systemd.time(7), "Calendar Events"): `Mon..Fri 18:00`,
/// `*:0/5`, `daily`.
///
/// Read so that Flower can say which of its own expressions is due at the same times: ``cron``.
package struct OnCalendar: Sendable, Hashable {
    /// One element of a list: `7`, `7..9`, `7..9/2`, `7/2`.
    struct Part: Sendable, Hashable {
        var first: Int
        /// `nil`: alone, or with a step up to the largest value.
        var last: Int?
        var step: Int?
    }

    /// 1 (Monday) ... 7 (Sunday); all seven where none is written.
    var weekdays: Set<Int> = Set(1...7)
    /// An empty list is `*`.
    var years: [Part] = []
    var months: [Part] = []
    var days: [Part] = []
    /// Written with `~`: days are counted from the month's last one, which is 1.
    var isFromLast = false
    var hours: [Part] = []
    var minutes: [Part] = []
    var seconds: [Part] = []
    /// `nil`: the host's.
    var zoneName: String?

    /// More texts than these make no schedule that is of use.
    private static let limitBytes = 512

    /// `nil` where it is none, or has fractions of a second or years of two digits.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.limitBytes else { return nil }
        var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        if let last = words.last, words.count > 1, Self.isZone(last) {
            zoneName = String(words.removeLast())
        }
        guard let first = words.first else { return nil }
        if words.count == 1, let long = Self.words[first.lowercased()] {
            words = long.split(separator: " ")
        }
        let hasWeekdays = words[0].first?.isLetter == true
        if hasWeekdays {
            guard let weekdays = Self.weekdays(words.removeFirst()) else { return nil }
            self.weekdays = weekdays
        }
        let dateWord = words.first.flatMap { $0.contains(":") ? nil : $0 }
        if dateWord != nil { words.removeFirst() }
        let timeWord = words.first
        guard words.count <= 1, hasWeekdays || dateWord != nil || timeWord != nil else {
            return nil
        }
        guard read(date: dateWord ?? "*-*-*"), read(time: timeWord ?? "0:0:0") else { return nil }
    }

    /// The words that stand for an event, each written out.
    private static let words = [
        "minutely": "*-*-* *:*:0", "hourly": "*-*-* *:0:0", "daily": "*-*-* 0:0:0",
        "weekly": "Mon *-*-* 0:0:0", "monthly": "*-*-1 0:0:0", "quarterly": "*-1,4,7,10-1 0:0:0",
        "semiannually": "*-1,7-1 0:0:0", "semi-annually": "*-1,7-1 0:0:0",
        "biannually": "*-1,7-1 0:0:0", "bi-annually": "*-1,7-1 0:0:0",
        "yearly": "*-1-1 0:0:0", "annually": "*-1-1 0:0:0", "anually": "*-1-1 0:0:0",
    ]

    private static func isZone(_ word: Substring) -> Bool {
        guard word.first?.isLetter == true, word.utf8.allSatisfy(Zone.isNameByte) else {
            return false
        }
        return word == "UTC" || word.contains("/")
    }

    // MARK: reading

    private static let weekdayNames = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    private static func weekday(_ word: Substring) -> Int? {
        let word = word.lowercased()
        let found = weekdayNames.firstIndex { $0 == word || $0.prefix(3) == word }
        return found.map { $0 + 1 }
    }

    private static func weekdays(_ text: Substring) -> Set<Int>? {
        var days: Set<Int> = []
        for part in text.split(separator: ",") {
            let ends = ends(part, "..") ?? ends(part, "-") ?? (part, part)
            guard let low = weekday(ends.0), let high = weekday(ends.1), low <= high else {
                return nil
            }
            days.formUnion(low...high)
        }
        return days.isEmpty ? nil : days
    }

    private static func ends(_ text: Substring, _ mark: String) -> (Substring, Substring)? {
        guard let range = text.firstRange(of: mark) else { return nil }
        return (text[..<range.lowerBound], text[range.upperBound...])
    }

    private mutating func read(date: Substring) -> Bool {
        var rest = date
        if let mark = rest.lastIndex(of: "~") {
            isFromLast = true
            rest.replaceSubrange(mark...mark, with: "-")
        }
        var fields = rest.split(separator: "-", omittingEmptySubsequences: false)
        if fields.count == 2 { fields.insert("*", at: 0) }
        guard fields.count == 3, let years = Self.list(fields[0], 1970...2199),
            let months = Self.list(fields[1], 1...12),
            let days = isFromLast
                ? Self.list(fields[2], 1...28, isFromLast: true) : Self.list(fields[2], 1...31)
        else { return false }
        (self.years, self.months, self.days) = (years, months, days)
        return !(isFromLast && days.isEmpty)
    }

    private mutating func read(time: Substring) -> Bool {
        var fields = time.split(separator: ":", omittingEmptySubsequences: false)
        if fields.count == 2 { fields.append("0") }
        guard fields.count == 3, let hours = Self.list(fields[0], 0...23),
            let minutes = Self.list(fields[1], 0...59), let seconds = Self.list(fields[2], 0...59)
        else { return false }
        (self.hours, self.minutes, self.seconds) = (hours, minutes, seconds)
        return true
    }

    private static func list(
        _ text: Substring,
        _ range: ClosedRange<Int>,
        isFromLast: Bool = false
    ) -> [Part]? {
        if text == "*" { return [] }
        var parts: [Part] = []
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (span, step) = ends(element, "/") ?? (element, "")
            let (low, high) = ends(span, "..") ?? (span, "")
            guard let first = number(low), range.contains(first) else { return nil }
            var part = Part(first: first)
            if span.contains("..") {
                guard let last = number(high), range.contains(last), first <= last else {
                    return nil
                }
                part.last = last
            }
            if element.contains("/") {
                guard let step = number(step), step >= 1 else { return nil }
                // A step that leads nowhere is refused by systemd too, unless the end is written.
                let reach = isFromLast ? first - range.lowerBound : range.upperBound - first
                guard part.last != nil || step <= reach else { return nil }
                part.step = step
            }
            parts.append(part)
        }
        return parts
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy(CronFieldParser.isDigit)
        else { return nil }
        return Int(text)
    }
}
