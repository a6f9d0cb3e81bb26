/// Two fields of days, days that not every month has, and weekdays counted as elsewhere.
extension CronLint {
    // MARK: both days

    /// Both fields of days restricted: what that means depends on a star (dialect section 3).
    var days: CronRemark? {
        guard isRestricted(.dayOfMonth), isRestricted(.dayOfWeek) else { return nil }
        let (day, weekday) = (written(.dayOfMonth), written(.dayOfWeek))
        let stars = [CronField.dayOfMonth, .dayOfWeek].filter { list($0).isStar }
        // `1-7 * */7`, the first Sunday: whoever writes that knows the rule.
        if stars == [.dayOfWeek], weekday == "*/7" { return nil }
        if let star = stars.first {
            return remark(
                .warning,
                star,
                "'\(written(star))' begins with a star, so a day must match both '\(day)' and '\(weekday)'",
                hint: "for either, as croniter and Kubernetes read it, write \(either(stars))"
            )
        }
        guard let weekdays = QuartzWeekdays.cronDays(weekday) else { return either }
        if let week = CronParser.week(day) {
            let nth = WeekdayText.ordered(weekdays).map { "\($0)#\(week)" }.joined(separator: ",")
            return remark(
                .warning,
                .dayOfMonth,
                "either is enough: each day of '\(day)', and each '\(weekday)' of the month",
                hint:
                    "for days that are both write \(written(with: [.dayOfMonth: "*", .dayOfWeek: nth]))"
            )
        }
        let others = WeekdayText.text(Set(1...7).subtracting(weekdays))
        let both = written(with: [.dayOfWeek: "*"])
        return remark(
            .note,
            .dayOfMonth,
            "either is enough: '\(day)', or any '\(weekday)' of the month",
            hint: "for days that are both: cron: \"\(both)\" with except: [\"* * * * \(others)\"]"
        )
    }

    private var either: CronRemark? {
        remark(
            .note,
            .dayOfMonth,
            "either is enough: '\(written(.dayOfMonth))', or '\(written(.dayOfWeek))'",
            hint: nil
        )
    }

    /// The same values without a star at the beginning.
    private func either(_ stars: [CronField]) -> String {
        var others: [CronField: String] = [:]
        for field in stars {
            let range = field == .dayOfMonth ? "1-31" : "0-7"
            others[field] = range + written(field).dropFirst()
        }
        return written(with: others)
    }

    // MARK: short months

    var shortMonths: CronRemark? {
        // With weekdays beside it, what is due in such a month is told by `days`.
        guard let months = values(.month), !isRestricted(.dayOfWeek) else { return nil }
        let days = list(.dayOfMonth).terms.compactMap { term -> (day: Int, isWorkday: Bool)? in
            switch term {
            case .range(let range, _) where range.count == 1: (range.lowerBound, false)
            case .nearestWorkday(let day): (day, true)
            default: nil
            }
        }
        guard let last = days.max(by: { $0.day < $1.day }), last.day > 28 else { return nil }
        // Who also names the day before, or L, has thought of it.
        let hasMore = list(.dayOfMonth).terms.contains { term in
            switch term {
            case .lastDay, .lastWorkday: true
            case .range(let range, _): range.contains(last.day - 1)
            default: false
            }
        }
        let short = months.filter { CivilDate.days(inMonth: $0, isLeap: false) < last.day }
        guard !hasMore, !short.isEmpty else { return nil }
        let names = short.sorted().map { CronField.month.words[$0 - 1] }.joined(separator: ", ")
        let word = last.isWorkday ? "LW" : "L"
        if last.day == 29 {
            return remark(
                .note,
                .dayOfMonth,
                "FEB has a 29th in leap years alone",
                hint: "write \(word) for the last day of each month"
            )
        }
        // What is never due is told of as that.
        guard short.count < months.count else { return nil }
        return remark(
            last.day == 31 ? .warning : .note,
            .dayOfMonth,
            "no \(last.day)\(last.day == 31 ? "st" : "th") in \(names): nothing is due there",
            hint: last.isWorkday
                ? "write LW for the last Monday-Friday day of each month"
                : "write L for the last day of each month"
        )
    }

    // MARK: weekday numbers

    /// `?` is Quartz's, and its weekdays count from 1 = Sunday.
    var weekdayNumbers: CronRemark? {
        let weekday = written(.dayOfWeek)
        guard written(.dayOfMonth) == "?", isRestricted(.dayOfWeek),
            weekday.contains(where: \.isNumber), let named = QuartzWeekdays.text(weekday),
            let here = Self.named(list(.dayOfWeek)), here != named
        else { return nil }
        return remark(
            .warning,
            .dayOfWeek,
            "'\(weekday)' is \(here) here; in Quartz, whose '?' stands beside it, it is \(named)",
            hint: "write \(named), or \(here): names are the same everywhere"
        )
    }

    /// Flower's weekdays by their names; `nil` for what has none.
    private static func named(_ list: CronFieldList) -> String? {
        var plain: Set<Int> = []
        var specials: [String] = []
        func name(_ weekday: Int) -> String { WeekdayText.names[(weekday + 6) % 7] }
        for term in list.terms {
            switch term {
            case .all(let step):
                for day in stride(from: 0, through: 7, by: step) { plain.insert(day) }
            case .range(let range, let step):
                for day in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                    plain.insert(day)
                }
            case .lastWeekday(let day): specials.append(name(day) + "L")
            case .nthWeekday(let day, let nth): specials.append("\(name(day))#\(nth)")
            default: return nil
            }
        }
        let days = Set(plain.map { ($0 + 6) % 7 + 1 })
        return ((days.isEmpty ? [] : [WeekdayText.text(days)]) + specials).joined(separator: ",")
    }
}
