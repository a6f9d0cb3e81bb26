/// Hints that take more than the field that is at fault.
extension CronParser {
    /// The same error, or that the whole is another scheduler's.
    func foreign(_ error: CronError, from start: Int) -> CronError {
        guard start < text.end, text.bytes.count <= CronText.limitBytes,
            let schedule = ForeignSchedule(text.string(start..<text.end))
        else { return error }
        return text.error(
            "schedule",
            schedule.what,
            at: start..<text.end,
            hint: schedule.advice
        )
    }

    /// Where a file stands in an expression's place.
    static func fileHint(_ word: String) -> String? {
        for (ending, command) in [
            ("crontab", "validate"), ("yaml", "validate"), ("yml", "validate"), ("timer", "import"),
        ] where word == ending || word.hasSuffix(".\(ending)") || word.hasSuffix("/\(ending)") {
            return "an expression is wanted here; files are for flower \(command) FILE"
        }
        return nil
    }

    func withHint(_ error: CronError, spans: [Range<Int>], field: CronField) -> CronError {
        let words = spans.map { text.string($0) }
        let hint =
            spans.count == 6 ? Self.sixFieldHint(words) : Self.bothDaysHint(words, at: field)
        guard let hint else { return error }
        return CronError(
            field: error.field,
            problem: error.problem,
            column: error.column,
            length: error.length,
            hint: hint,
            text: error.text
        )
    }

    /// Six fields that end in a year, as supercronic and EventBridge have them, or in the seconds, as croniter
    /// does.
    private static func sixFieldHint(_ words: [String]) -> String? {
        let five = words.dropLast().joined(separator: " ")
        guard let last = words.last, ForeignSchedule.readable(five) != nil else { return nil }
        if last == "*" || last == "0" {
            return "six fields begin with the seconds; without seconds and year write \(five)"
        }
        if last.utf8.count >= 4, ForeignSchedule.readable("0 \(five) \(last)") != nil {
            return "a year needs the seconds field too: 0 \(five) \(last)"
        }
        return ForeignSchedule.readable("\(last) \(five)").map { "seconds stand first: \($0)" }
    }

    /// OCPS's `+MON`: the day must be one of day-of-month too.
    private static func bothDaysHint(_ words: [String], at field: CronField) -> String? {
        guard field == .dayOfWeek, let last = words.last, last.hasPrefix("+"),
            let weekdays = QuartzWeekdays.cronDays(String(last.dropFirst()))
        else { return nil }
        let before = words.dropLast(3)
        let (day, month) = (words[words.count - 3], words[words.count - 2])
        func write(_ day: String, _ weekday: String) -> String {
            (before + [day, month, weekday]).joined(separator: " ")
        }
        if day.hasPrefix("*") || day == "?" {
            return "write \(write(day, WeekdayText.text(weekdays))): both must match there already"
        }
        if let week = week(day) {
            let nth = WeekdayText.ordered(weekdays).map { "\($0)#\(week)" }
            return "write \(write("*", nth.joined(separator: ",")))"
        }
        let others = WeekdayText.text(Set(1...7).subtracting(weekdays))
        return "in a flow file, cron: \"\(write(day, "*"))\" with except: [\"* * * * \(others)\"]"
    }

    /// `8-14` holds each weekday once: the second.
    static func week(_ days: String) -> Int? {
        let ends = days.split(separator: "-").map { Int($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first % 7 == 1,
            last == first + 6, last <= 28
        else { return nil }
        return last / 7
    }
}
