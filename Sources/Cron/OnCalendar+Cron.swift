/// A calendar event as an expression of Flower's that is due at the same times.
///
/// All but those of clock changes: systemd leaves out what falls into the hour that clocks skip.
extension OnCalendar {
    package struct Translation: Sendable, Hashable {
        /// The expression, with its zone before it where the event has one.
        package let text: String
        /// What `except:` must take out; `nil` where the expression alone says it all.
        ///
        /// systemd wants a day to be both one of the date's and one of the weekdays; a
        /// crontab's two fields of days mean either, unless one of them is a star.
        package let except: String?
    }

    /// `nil` where nothing says the same: seconds or days beyond what a field can be.
    package var cron: Translation? {
        let hasWeekdays = weekdays.count < 7
        guard let (days, weekday, except) = hasWeekdays ? bothDays : (dayText, "*", nil),
            let days
        else { return nil }
        var fields = [
            Self.text(minutes), Self.text(hours), days, Self.text(months), weekday,
        ]
        let second = seconds.isEmpty ? "*" : Self.text(seconds)
        if !years.isEmpty {
            fields = [second] + fields + [Self.text(years)]
        } else if second != "0" {
            fields.insert(second, at: 0)
        }
        let text = (zoneName.map { "CRON_TZ=\($0) " } ?? "") + fields.joined(separator: " ")
        // Whatever has slipped through is not offered.
        guard (try? CronExpression(text)) != nil else { return nil }
        return Translation(text: text, except: except)
    }

    /// Day-of-month, day-of-week and what is to be taken out, where both are restricted.
    private var bothDays: (String?, String, String?)? {
        let names = WeekdayText.text(weekdays)
        if days.isEmpty { return ("*", names, nil) }
        let set = WeekdayText.ordered(weekdays)
        if isFromLast {
            // The last seven days hold each weekday once: the last of its kind.
            if days == [Part(first: 7, step: 1)] || days == [Part(first: 1, last: 7)] {
                return ("*", set.map { "\($0)L" }.joined(separator: ","), nil)
            }
        } else if days.count == 1, let last = days[0].last, days[0].step ?? 1 == 1,
            let week = CronParser.week("\(days[0].first)-\(last)")
        {
            // Days 8 to 14 hold each weekday once: the second of its kind.
            return ("*", set.map { "\($0)#\(week)" }.joined(separator: ","), nil)
        } else if days.count == 1, days[0].first == 1, days[0].last == nil, let step = days[0].step
        {
            // A star: then both must match.
            return ("*/\(step)", names, nil)
        }
        let others = WeekdayText.text(Set(1...7).subtracting(weekdays))
        return (dayText, "*", "* * * * \(others)")
    }

    private var dayText: String? {
        guard isFromLast else { return Self.text(days) }
        var offsets: Set<Int> = []
        for part in days {
            guard let step = part.step else {
                offsets.formUnion((part.first - 1)...((part.last ?? part.first) - 1))
                continue
            }
            // A step goes on towards the month's end, from the day furthest from it.
            let (from, to) = part.last.map { ($0 - 1, part.first - 1) } ?? (part.first - 1, 0)
            offsets.formUnion(stride(from: from, through: to, by: -step))
        }
        return offsets.sorted().map { $0 == 0 ? "L" : "L-\($0)" }.joined(separator: ",")
    }

    private static func text(_ parts: [Part]) -> String {
        if parts.isEmpty { return "*" }
        // As people write it: `*/5`, not `0/5`.
        if parts.count == 1, parts[0].first == 0, parts[0].last == nil, let step = parts[0].step {
            return "*/\(step)"
        }
        return parts.map { part in
            let span = part.last.map { "\(part.first)-\($0)" } ?? "\(part.first)"
            return span + (part.step.map { "/\($0)" } ?? "")
        }
        .joined(separator: ",")
    }
}

/// Weekdays as names: numbers mean other days elsewhere.
enum WeekdayText {
    static let names = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]

    /// - Parameter days: 1 (Monday) ... 7 (Sunday).
    static func ordered(_ days: Set<Int>) -> [String] {
        days.sorted().map { names[$0 - 1] }
    }

    /// `MON-FRI,SUN`; `*` for all seven.
    static func text(_ days: Set<Int>) -> String {
        if days.count == 7 { return "*" }
        var runs: [ClosedRange<Int>] = []
        for day in days.sorted() {
            if let last = runs.last, last.upperBound == day - 1 {
                runs[runs.count - 1] = last.lowerBound...day
            } else {
                runs.append(day...day)
            }
        }
        return runs.flatMap { run -> [String] in
            let (low, high) = (names[run.lowerBound - 1], names[run.upperBound - 1])
            // Two days are a list: `SAT,SUN`.
            if run.count <= 2 { return run.count == 1 ? [low] : [low, high] }
            return ["\(low)-\(high)"]
        }
        .joined(separator: ",")
    }
}
