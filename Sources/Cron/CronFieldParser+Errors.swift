/// What a field's errors say, and the hints for mistakes that people are known to make.
extension CronFieldParser {
    func fail(_ problem: String, _ range: Range<Int>, hint: String?) -> CronError {
        // One past the end of the field is a place too; one past the end of the text is the last.
        let upper = min(range.upperBound, max(text.bytes.count, range.lowerBound))
        return text.error(field.name, problem, at: range.lowerBound..<upper, hint: hint)
    }

    func missingValue() -> CronError {
        fail("a value is missing", position..<position + 1, hint: nil)
    }

    /// At a `/` with nothing before it: Quartz's `/10`.
    func missingStart() -> CronError {
        let step = text.string(position + 1..<digitsEnd(from: position + 1))
        let isWhole = position == span.lowerBound && Int(step).map { $0 > 0 } == true
        return fail(
            "the value before '/' is missing",
            position..<position + 1,
            hint: isWhole ? "write */\(step)" : "write */5 for every fifth"
        )
    }

    func outOfRange(_ range: Range<Int>, range allowed: ClosedRange<Int>, what: String?)
        -> CronError
    {
        let number = text.string(range)
        let subject = what.map { "\($0), \(number)," } ?? number
        return fail(
            "\(subject) is out of range \(allowed.lowerBound)-\(allowed.upperBound)",
            range,
            hint: what == nil ? rangeHint(number) : nil
        )
    }

    private func rangeHint(_ number: String) -> String? {
        switch (field, number) {
        case (.hour, "24"): "midnight is hour 0"
        case (.minute, "60"): "the full hour is minute 0"
        case (.second, "60"): "the full minute is second 0"
        case (.dayOfMonth, "0"): "days count from 1; the last day is L"
        case (.month, "0"): "months count from 1, or write JAN-DEC"
        case (.dayOfWeek, _): "0 and 7 are Sunday, or write SUN-SAT"
        default: nil
        }
    }

    func unknownWord(_ range: Range<Int>) -> CronError {
        let word = text.string(range)
        if let hint = foreignWordHint(word, range) {
            return fail(
                "'\(word)' is not a \(field.words.isEmpty ? "number" : "name")",
                range,
                hint: hint
            )
        }
        guard let first = field.words.first, let last = field.words.last else {
            return fail("'\(word)' is not a number", range, hint: nil)
        }
        let short = String(word.prefix(3)).uppercased()
        let hint = field.words.contains(short) ? "write \(short)" : "names are \(first)-\(last)"
        return fail("'\(word)' is not a name", range, hint: hint)
    }

    /// croniter's `R`, and letters of days that stand on the wrong side.
    private func foreignWordHint(_ word: String, _ range: Range<Int>) -> String? {
        let rest = text.string(range.upperBound..<span.upperBound).prefix { $0 != "," }
        switch word.uppercased() {
        case "R" where field != .year:
            return "write H\(rest): the job's name chooses once, R chooses anew at each start"
        case "W" where field == .dayOfMonth && !rest.isEmpty && rest.allSatisfy(\.isNumber):
            return "write \(rest)W for the weekday nearest to day \(rest)"
        case "L" where field == .dayOfMonth && range.lowerBound - 1 > span.lowerBound:
            let first =
                text.string(span.lowerBound..<range.lowerBound - 1)
                .split(separator: ",").last ?? ""
            guard rest.isEmpty, first.allSatisfy(\.isNumber) else { return nil }
            return "write \(first)-31: a month without a 31st ends the range by itself"
        default: return nil
        }
    }

    /// `L` anywhere but in day-of-month.
    func misplacedLast() -> CronError {
        let digits = position + 1..<digitsEnd(from: position + 1)
        guard field == .dayOfWeek else {
            return fail(
                "'L' cannot stand here",
                position..<position + 1,
                hint: "L is for day-of-month and day-of-week"
            )
        }
        if !digits.isEmpty {
            let weekday = text.string(digits)
            return fail(
                "'L\(weekday)' is not a weekday",
                position..<digits.upperBound,
                hint: "write \(weekday)L for the last one of the month"
            )
        }
        return fail(
            "'L' needs a weekday before it",
            position..<position + 1,
            hint: "write 6 or SAT for Quartz's L, 5L for the last Friday"
        )
    }

    /// Something that cannot follow, or cannot begin, a term.
    func unexpected(after start: Int) -> CronError {
        let character = text.character(at: position)
        let range = position..<position + 1
        if position == start {
            switch text.bytes[position] {
            case UInt8(ascii: "/"):
                return missingStart()
            case UInt8(ascii: "-"), UInt8(ascii: "+"):
                return fail(
                    "a number cannot begin with \(character)",
                    range,
                    hint: "values are written without a sign"
                )
            default:
                return fail("\(character) is not a value", range, hint: nil)
            }
        }
        return fail(
            "\(character) cannot follow '\(text.string(start..<position))'",
            range,
            hint: followHint(start..<position, next: text.bytes[position])
        )
    }

    private func followHint(_ term: Range<Int>, next: UInt8) -> String? {
        let written = text.string(term)
        if next == UInt8(ascii: "/"), written.contains("/") { return "a term has one step" }
        if next == UInt8(ascii: "#") || next | 0x20 == UInt8(ascii: "l"), field != .dayOfWeek {
            return "'#' and a value's 'L' are for day-of-week"
        }
        if next | 0x20 == UInt8(ascii: "w"), field != .dayOfMonth { return "W is for day-of-month" }
        if field == .dayOfMonth, written.uppercased().hasPrefix("L-"),
            next | 0x20 == UInt8(ascii: "w")
        {
            return "it cannot be said; LW, the last Monday-Friday day, comes closest"
        }
        if field == .dayOfWeek, let hint = everyHint(term, next: next) { return hint }
        if written.hasSuffix("*") { return "write * or */n" }
        if Self.isLetter(next), !field.words.isEmpty, written.allSatisfy(\.isNumber) {
            return "write a number or a name, not both"
        }
        return nil
    }

    /// `MON-FRI#1`, `1-5L`: each day by itself.
    private func everyHint(_ term: Range<Int>, next: UInt8) -> String? {
        let ends = text.string(term).split(separator: "-").map(String.init)
        guard ends.count == 2, !ends.joined().contains("/"),
            let days = QuartzWeekdays.cronDays(ends.joined(separator: "-"))
        else { return nil }
        let digits = text.string(position + 1..<digitsEnd(from: position + 1))
        let mark: String
        switch next {
        case UInt8(ascii: "#"):
            guard let nth = Int(digits), (1...5).contains(nth) else { return nil }
            mark = "#\(nth)"
        case UInt8(ascii: "L"), UInt8(ascii: "l"): mark = "L"
        default: return nil
        }
        return "write " + WeekdayText.ordered(days).map { $0 + mark }.joined(separator: ",")
    }

    /// A reversed range, written the way that wraps around: `22-2` is `22-23,0-2`.
    func splitHint(from low: Int, to high: Int, step: Int) -> String? {
        let range = field.range
        guard field != .year else { return "write \(high)-\(low)" }
        let first = range.lowerBound
        // In day-of-week 7 is Sunday already, so what wraps goes on with Monday.
        let wrapped = field == .dayOfWeek ? 1 : first
        let top = field == .dayOfWeek ? 7 : range.upperBound
        func span(_ low: Int, _ high: Int) -> String { low == high ? "\(low)" : "\(low)-\(high)" }
        if step == 1 {
            let head = span(low, top)
            return high < wrapped ? "write \(head)" : "write \(head),\(span(wrapped, high))"
        }
        let cycle = top - wrapped + 1
        let values = stride(from: low, through: high + cycle, by: step).map { value in
            value > top ? value - cycle : value
        }
        return "write " + values.map(String.init).joined(separator: ",")
    }
}
