/// The days of a schedule in words: " every day", ", Monday to Friday, in June".
struct DayPhrase {
    private let rule: DayRule
    private let months: [Int]
    private let years: CronFieldList?
    /// Every hour of the day: "Every minute" needs no "every day".
    private let isAllDay: Bool

    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    private static let weekdayNames = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    init(_ expression: CronExpression) {
        let matcher = expression.matcher
        rule = matcher.days
        months = Phrase.values(UInt64(matcher.months))
        years = expression.lists.count == 7 ? expression.lists[6] : nil
        isAllDay = matcher.hours == 0xFF_FFFF
    }

    var text: String {
        dayText + yearText
    }

    private var dayText: String {
        let allDays = rule.days == 0xFFFF_FFFE
        let allWeekdays = rule.weekdays == 0x7F
        let isEveryDay = rule.needsBoth ? allDays && allWeekdays : allDays || allWeekdays
        if isEveryDay {
            if months.count == 12 { return isAllDay ? "" : " every day" }
            return " every day in \(monthList)"
        }
        if rule.needsBoth {
            if allWeekdays { return " on \(Phrase.list(monthDays)) of \(ofMonths)" }
            if allDays { return weekdayText(Phrase.list(weekdays), in: weekdaySuffix) }
            let days = Phrase.list(monthDays, last: "or")
            let subject = weekdayText(Phrase.list(weekdays), in: weekdaySuffix)
            return subject + " if it is \(days) of the month"
        }
        let days = "on \(Phrase.list(monthDays)) of \(ofMonths)"
        let text = weekdayText(Phrase.list(weekdays), in: weekdaySuffix)
        return " \(days) and also" + (text.hasPrefix(",") ? " on" + text.dropFirst() : text)
    }

    private func weekdayText(_ weekdays: String, in suffix: String) -> String {
        if weekdays.hasPrefix("the ") { return " on \(weekdays) of \(ofMonths)" }
        return (weekdays.hasPrefix("every ") ? " " : ", ") + weekdays + suffix
    }

    private var weekdaySuffix: String {
        let ofMonth = rule.nthWeekdays != 0 || rule.lastWeekdays != 0
        if ofMonth { return " of \(ofMonths)" }
        return months.count == 12 ? "" : " in \(monthList)"
    }

    private var ofMonths: String {
        months.count == 12 ? "every month" : monthList
    }

    private var monthList: String {
        Phrase.list(
            Phrase.ranges(months, range: { "\($0) to \($1)" }, name: { Self.monthNames[$0 - 1] })
        )
    }

    private var monthDays: [String] {
        var items = Phrase.ranges(
            Phrase.values(UInt64(rule.days)),
            range: { "\($0) to \($1)" },
            name: { "the \(Phrase.ordinal($0))" }
        )
        if rule.nearestWorkday != 0 {
            items.append(
                "the Monday-to-Friday day nearest to the \(Phrase.ordinal(rule.nearestWorkday))"
            )
        }
        for before in Phrase.values(UInt64(rule.fromLast)) {
            switch before {
            case 0: items.append("the last day")
            case 1: items.append("the day before the last")
            default: items.append("the \(Phrase.ordinal(before)) day before the last")
            }
        }
        if rule.lastWorkday { items.append("the last Monday-to-Friday day") }
        return items
    }

    private var weekdays: [String] {
        var items: [String] = []
        if rule.weekdays != 0 { items.append(plainWeekdays) }
        for bit in Phrase.values(rule.nthWeekdays) {
            items.append("the \(Phrase.ordinal(bit / 7 + 1)) \(Self.weekdayNames[bit % 7])")
        }
        for weekday in Phrase.values(UInt64(rule.lastWeekdays)) {
            items.append("the last \(Self.weekdayNames[weekday])")
        }
        return items
    }

    /// "Monday to Friday", "every Monday and Thursday"; the week begins on Monday.
    private var plainWeekdays: String {
        let fromMonday = Phrase.values(UInt64(rule.weekdays)).map { ($0 + 6) % 7 }.sorted()
        let items = Phrase.ranges(
            fromMonday,
            range: { "\($0) to \($1)" },
            name: { Self.weekdayNames[($0 + 1) % 7] }
        )
        let isOneRange = items.count == 1 && fromMonday.count > 1
        return (isOneRange ? "" : "every ") + Phrase.list(items)
    }

    /// ", in 2027", ", from 2027 to 2040", ", every 3rd year from 2027".
    private var yearText: String {
        guard let years, years.terms != [.all(step: 1)] else { return "" }
        let items = years.terms.map { term -> String in
            switch term {
            case .range(let range, let step): yearText(range, step: step)
            case .all(let step): yearText(CronField.year.range, step: step)
            default: ""
            }
        }
        return ", " + Phrase.list(items)
    }

    private func yearText(_ range: ClosedRange<Int>, step: Int) -> String {
        if range.lowerBound + step > range.upperBound { return "in \(range.lowerBound)" }
        if step == 1 { return "from \(range.lowerBound) to \(range.upperBound)" }
        let isOpen = range.upperBound == CronField.year.range.upperBound
        let end = isOpen ? "" : " to \(range.upperBound)"
        return "every \(Phrase.ordinal(step)) year from \(range.lowerBound)\(end)"
    }
}
