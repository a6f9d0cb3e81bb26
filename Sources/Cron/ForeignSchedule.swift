/// A schedule in the way of another scheduler, recognised once it has proved to be none of Flower's.
///
/// What it says is what to write for the same times, or that it cannot be said and what comes
/// closest. Each expression that it names is one that Flower reads.
struct ForeignSchedule {
    /// What it is, for the message: `EventBridge's cron(…)`.
    let what: String
    /// What to write.
    let advice: String

    /// - Parameter text: without the blanks around it.
    init?(_ text: String) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let first = words.first else { return nil }
        let found =
            Self.placeholder(words) ?? Self.call(text) ?? Self.every(words)
            ?? Self.alias(words, first) ?? Self.eventBridge(words) ?? Self.calendar(text)
        guard let found else { return nil }
        (what, advice) = found
    }

    private typealias Found = (what: String, advice: String)

    /// What EventBridge's rules go by where they say nothing else.
    private static let inUTC = "EventBridge's rules go by UTC: CRON_TZ=UTC before it"

    // MARK: templates

    /// `{SCHEDULE}`, `$SCHEDULE`, `<schedule>`, `%SCHEDULE%`: nobody has filled it in.
    static func isPlaceholder(_ word: String) -> Bool {
        let marks = [("{", "}"), ("$", ""), ("<", ">"), ("[", "]"), ("%", "%")]
        return word.utf8.count > 2
            && marks.contains { word.hasPrefix($0.0) && ($0.1.isEmpty || word.hasSuffix($0.1)) }
    }

    private static func placeholder(_ words: [String]) -> Found? {
        guard let word = words.first(where: { isPlaceholder($0) }) else { return nil }
        return (
            "'\(word)' is a template's place that was not filled in",
            "write the five fields there: minute hour day-of-month month day-of-week"
        )
    }

    // MARK: EventBridge

    /// `cron(…)`, `rate(…)`, `at(…)`.
    private static func call(_ text: String) -> Found? {
        guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
        let name = text[..<open]
        let inner = String(text[text.index(after: open)...].dropLast())
        let words = inner.split(separator: " ").map(String.init)
        switch name {
        case "cron":
            let expression = eventBridgeExpression(words)
            return (
                "EventBridge's cron(…) is no schedule here",
                expression.map { "write \($0); \(inUTC)" }
                    ?? "write its fields without the last, the year, weekdays as names: 0 10 * * MON"
            )
        case "rate":
            return (
                "EventBridge's rate(…) is no schedule here",
                duration(words).map { "write @every \($0)" } ?? "write @every 5m, @every 1h, …"
            )
        case "at":
            guard let time = try? WrittenTime(inner), let day = time.day, let clock = time.time
            else { return nil }
            let date = CivilDate(daysSinceEpoch: day)
            let seconds = clock / 1000
            let times = "\(seconds % 60) \(seconds / 60 % 60) \(seconds / 3600)"
            return (
                "EventBridge's at(…) is no schedule here",
                "write \(times) \(date.day) \(date.month) * \(date.year); \(inUTC)"
            )
        default: return nil
        }
    }

    /// `5 minutes` as `5m`.
    private static func duration(_ words: [String]) -> String? {
        guard words.count == 2, let count = Int(words[0]), (1...1_000_000).contains(count) else {
            return nil
        }
        switch words[1].lowercased() {
        case "second", "seconds", "sec", "secs": return EveryDuration.text(seconds: Int64(count))
        case "minute", "minutes", "min", "mins":
            return EveryDuration.text(seconds: Int64(count) * 60)
        case "hour", "hours": return EveryDuration.text(seconds: Int64(count) * 3600)
        case "day", "days": return EveryDuration.text(seconds: Int64(count) * 86_400)
        case "week", "weeks": return EveryDuration.text(seconds: Int64(count) * 604_800)
        default: return nil
        }
    }

    /// Six fields, one of the days `?`: minute first, year last.
    private static func eventBridge(_ words: [String]) -> Found? {
        guard words.count == 6, words[2] == "?" || words[4] == "?" else { return nil }
        guard let expression = eventBridgeExpression(words) else { return nil }
        return (
            "six fields with '?' where it stands are EventBridge's, the year last",
            "write \(expression); \(inUTC)"
        )
    }

    private static func eventBridgeExpression(_ words: [String]) -> String? {
        guard words.count == 6, let weekday = QuartzWeekdays.text(words[4]) else { return nil }
        let day = words[2] == "?" ? "*" : words[2]
        var fields = [words[0], words[1], day, words[3], weekday]
        if words[5] != "*" { fields = ["0"] + fields + [words[5]] }
        return readable(fields.joined(separator: " "))
    }

    // MARK: words

    /// App Engine's and others': `every 5 minutes`, `every day 09:00`, `every mon,fri 18:30`.
    private static func every(_ words: [String]) -> Found? {
        guard words[0].lowercased() == "every" || words[0] == "@every" && words.count == 3 else {
            return nil
        }
        let what = "'\(words[0]) …' is no schedule here"
        var rest = words.dropFirst().map { $0.lowercased() }
        if rest.count == 2, let duration = duration(rest) {
            return (what, "write @every \(duration)")
        }
        if rest.count == 1, let alias = units[rest[0]] { return (what, "write \(alias)") }
        var time = "0 0"
        if let last = rest.last, let written = clock(last) {
            time = written
            rest.removeLast()
            if rest.last == "at" { rest.removeLast() }
        }
        guard rest.count == 1 else { return (what, "write @every 1h30m, or 30 2 * * * for 02:30") }
        if rest[0] == "day" { return (what, "write \(time) * * *") }
        guard let days = weekdays(rest[0]) else {
            return (what, "write @every 1h30m, or 30 2 * * * for 02:30")
        }
        return (what, "write \(time) * * \(days)")
    }

    private static let units = [
        "second": "* * * * * *", "minute": "* * * * *", "hour": "@hourly", "day": "@daily",
        "month": "@monthly", "year": "@yearly",
    ]

    /// `09:05` as `5 9`.
    private static func clock(_ word: String) -> String? {
        let parts = word.split(separator: ":").map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], hour < 24, minute < 60
        else { return nil }
        return "\(minute) \(hour)"
    }

    private static func weekdays(_ word: String) -> String? {
        let names = word.split(separator: ",").map { String($0.prefix(3)).uppercased() }
        let known = names.allSatisfy { WeekdayText.names.contains($0) }
        let isWord = word.split(separator: ",").allSatisfy { $0.count == 3 || $0.hasSuffix("day") }
        return known && isWord && !names.isEmpty ? names.joined(separator: ",") : nil
    }

    /// FreeBSD's and systemd-cron's, and others that say what they mean.
    private static func alias(_ words: [String], _ first: String) -> Found? {
        guard first.hasPrefix("@"), words.count == 1 else { return nil }
        let meanings = [
            "@every_minute": "* * * * *", "@every_second": "* * * * * *", "@minutely": "* * * * *",
            "@secondly": "* * * * * *", "@quarterly": "0 0 1 1,4,7,10 *",
            "@semiannually": "0 0 1 1,7 *", "@semi-annually": "0 0 1 1,7 *",
            "@biannually": "0 0 1 1,7 *", "@bi-annually": "0 0 1 1,7 *",
        ]
        return meanings[first.lowercased()].map { ("'\(first)' is not an alias", "write \($0)") }
    }

    // MARK: systemd

    private static func calendar(_ text: String) -> Found? {
        // `1-5` alone is rather a field than a day of January.
        guard text.contains(":") || text.contains("-*") || text.first?.isLetter == true else {
            return nil
        }
        let what = "this is a calendar event of systemd's, not a cron expression"
        guard let event = OnCalendar(text) else { return fraction(text).map { (what, $0) } }
        guard let cron = event.cron else { return (what, "no expression says the same times") }
        guard let except = cron.except else { return (what, "write \(cron.text)") }
        return (
            what,
            "days of both kinds: in a flow file, cron: \"\(cron.text)\" with except: [\"\(except)\"]"
        )
    }

    /// Of an event with parts of a second, what comes closest.
    private static func fraction(_ text: String) -> String? {
        guard let point = text.lastIndex(of: "."), !text[point...].contains(" "),
            text[text.index(after: point)...].allSatisfy(\.isNumber),
            let cron = OnCalendar(String(text[..<point]))?.cron, cron.except == nil
        else { return nil }
        return "parts of a second cannot be said; at the whole one before it: \(cron.text)"
    }

    /// Nothing is offered that would be refused.
    static func readable(_ text: String) -> String? {
        (try? CronExpression(text)) == nil ? nil : text
    }
}
