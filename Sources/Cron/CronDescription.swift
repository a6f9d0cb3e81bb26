/// A schedule in one English sentence: "At 02:30, Monday to Friday."
extension CronExpression {
    package func describe() -> String {
        var sentence: String
        if isReboot {
            sentence = "Once each time the machine starts"
        } else if let every {
            sentence = "Every \(EveryPhrase.text(seconds: every)) of elapsed time"
        } else if !canFire {
            sentence = "Never: there is no such day"
        } else {
            sentence = TimePhrase(matcher).text + DayPhrase(self).text
            let chosen = hashedFields
            if !chosen.isEmpty {
                let verb = chosen.count == 1 ? "is" : "are"
                sentence += " (\(Phrase.list(chosen)) \(verb) chosen by the job's name)"
            }
        }
        if let zoneName { sentence += ", in the zone \(zoneName)" }
        return sentence + "."
    }

    private var hashedFields: [String] {
        zip(CronField.allCases, lists).compactMap { field, list in
            let isHashed = list.terms.contains { term in
                if case .hashed = term { true } else { false }
            }
            return isHashed ? field.name : nil
        }
    }
}

/// Pieces that all phrases share.
enum Phrase {
    /// `a`, `a and b`, `a, b and c`.
    static func list(_ items: [String], last word: String = "and") -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " \(word) \(last)"
    }

    static func ordinal(_ number: Int) -> String {
        let isTeen = (11...13).contains(number % 100)
        let ending =
            switch number % 10 {
            case 1 where !isTeen: "st"
            case 2 where !isTeen: "nd"
            case 3 where !isTeen: "rd"
            default: "th"
            }
        return "\(number)\(ending)"
    }

    static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// The set bits, ascending.
    static func values(_ mask: UInt64) -> [Int] {
        (0..<64).filter { mask >> UInt64($0) & 1 != 0 }
    }

    /// Three or more neighbours become one range.
    static func ranges(
        _ values: [Int],
        range: (String, String) -> String,
        name: (Int) -> String
    ) -> [String] {
        var items: [String] = []
        var index = 0
        while index < values.count {
            var last = index
            while last + 1 < values.count, values[last + 1] == values[last] + 1 { last += 1 }
            if last - index >= 2 {
                items.append(range(name(values[index]), name(values[last])))
            } else {
                items += values[index...last].map(name)
            }
            index = last + 1
        }
        return items
    }
}

enum EveryPhrase {
    /// "hour", "2 hours", "hour and 30 minutes".
    static func text(seconds: Int64) -> String {
        let parts = [
            (seconds / 3600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second"),
        ].filter { $0.0 > 0 }
        return Phrase.list(
            parts.map { count, unit in
                if count == 1 { return parts.count == 1 ? unit : "1 \(unit)" }
                return "\(count) \(unit)s"
            }
        )
    }
}
