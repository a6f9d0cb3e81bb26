/// The weekday field of Quartz and EventBridge, where 1 is Sunday, as Flower has it.
enum QuartzWeekdays {
    /// With names in the place of numbers; `nil` where it cannot be said.
    ///
    /// Ranges may run over the week's end (`6-2`, `FRI-MON`), `L` alone is Saturday.
    static func text(_ field: String) -> String? {
        if field == "?" || field == "*" { return "*" }
        var days: Set<Int> = []
        var specials: [String] = []
        for term in field.uppercased().split(separator: ",", omittingEmptySubsequences: false) {
            if term == "L" {
                days.insert(6)
            } else if let mark = term.firstIndex(of: "#") {
                guard let day = day(term[..<mark]) else { return nil }
                specials.append(name(day) + term[mark...])
            } else if term.hasSuffix("L"), let day = day(term.dropLast()) {
                specials.append(name(day) + "L")
            } else if let found = Self.days(term) {
                days.formUnion(found)
            } else {
                return nil
            }
        }
        let plain = days.isEmpty ? [] : [WeekdayText.text(days)]
        return (plain + specials).joined(separator: ",")
    }

    /// 1 (Monday) ... 7 (Sunday) of Quartz's number or name.
    private static func day(_ text: Substring) -> Int? {
        if let index = WeekdayText.names.firstIndex(of: String(text)) { return index + 1 }
        guard text.utf8.count == 1, let number = Int(text), (1...7).contains(number) else {
            return nil
        }
        return number == 1 ? 7 : number - 1
    }

    private static func name(_ day: Int) -> String { WeekdayText.names[day - 1] }

    /// `2`, `2-6`, `2/2`, `2-6/2`, `*/2`.
    private static func days(_ term: Substring) -> Set<Int>? {
        let parts = term.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let span = parts.first else { return nil }
        let step = parts.count == 2 ? Int(parts[1]) : 1
        guard let step, step >= 1 else { return nil }
        let ends = span.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let start = ends.first else { return nil }
        // In Quartz's order, where the week begins with Sunday.
        let first: Int
        if start == "*" {
            first = 1
        } else if let day = day(start) {
            first = day % 7 + 1
        } else {
            return nil
        }
        var last = parts.count == 2 || start == "*" ? 7 : first
        if ends.count == 2 {
            guard let day = day(ends[1]) else { return nil }
            last = day % 7 + 1
            if last < first { last += 7 }
        }
        let numbers = stride(from: first, through: last, by: step).map { ($0 - 1) % 7 + 1 }
        return Set(numbers.map { $0 == 1 ? 7 : $0 - 1 })
    }

    /// 1 (Monday) ... 7 (Sunday) of a weekday field of Flower's own; `nil` where it has more than plain days, or
    /// none are left out.
    static func cronDays(_ field: String) -> Set<Int>? {
        guard let expression = try? CronExpression("0 0 * * \(field)"),
            let list = expression.lists.last
        else { return nil }
        for term in list.terms {
            switch term {
            case .all, .range: continue
            default: return nil
            }
        }
        let mask = expression.matcher.days.weekdays
        let days = Set((1...7).filter { mask >> UInt32($0 % 7) & 1 != 0 })
        return days.count == 7 ? nil : days
    }
}
