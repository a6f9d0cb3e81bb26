/// One element of a field's list, values already checked.
enum CronTerm: Sendable, Hashable {
    /// `*`, `*/step`, `?`
    case all(step: Int)
    /// `a`, `a-b`, `a-b/step`, `a/step`; in day-of-week up to 7.
    case range(ClosedRange<Int>, step: Int)
    /// `H`, `H(a-b)`, `H/step`, `a~b`: a value (or first value) that the job's name chooses.
    case hashed(ClosedRange<Int>, step: Int?)
    /// `L` (0), `L-n`
    case lastDay(before: Int)
    /// `LW`
    case lastWorkday
    /// `nW`
    case nearestWorkday(Int)
    /// `vL`, `v#L`; 0...6
    case lastWeekday(Int)
    /// `v#k`; 0...6, 1...5
    case nthWeekday(Int, Int)

    /// One spelling for each meaning, which reads back as the same term.
    ///
    /// A star stays a star: it has a part in the meaning of the whole (dialect sections 3 and 4).
    func canonicalText(in field: CronField) -> String {
        switch self {
        case .all(let step):
            return step == 1 ? "*" : "*/\(step)"
        case .range(let range, let step):
            return Self.canonicalText(of: range, step: step, in: field)
        case .hashed(let range, let step):
            let span = range == field.hashRange ? "" : "(\(range.lowerBound)-\(range.upperBound))"
            return "H" + span + (step.map { "/\($0)" } ?? "")
        case .lastDay(let before):
            return before == 0 ? "L" : "L-\(before)"
        case .lastWorkday:
            return "LW"
        case .nearestWorkday(let day):
            return "\(day)W"
        case .lastWeekday(let weekday):
            return "\(weekday)L"
        case .nthWeekday(let weekday, let nth):
            return "\(weekday)#\(nth)"
        }
    }

    private static func canonicalText(
        of range: ClosedRange<Int>,
        step: Int,
        in field: CronField
    ) -> String {
        if range.lowerBound + step > range.upperBound {
            let value = field == .dayOfWeek ? range.lowerBound % 7 : range.lowerBound
            return "\(value)"
        }
        return "\(range.lowerBound)-\(range.upperBound)" + (step == 1 ? "" : "/\(step)")
    }
}

/// One field as parsed: its list, and whether its text began with a star.
struct CronFieldList: Sendable, Hashable {
    var terms: [CronTerm]
    /// The text begins with `*` or is `?` (dialect section 3).
    var isStar: Bool

    func canonicalText(in field: CronField) -> String {
        terms.map { $0.canonicalText(in: field) }.joined(separator: ",")
    }

    /// The field nobody wrote: second 0.
    static let zero = CronFieldList(terms: [.range(0...0, step: 1)], isStar: false)
}
