/// The seven fields of a schedule: their names, ranges and words.
enum CronField: Int, CaseIterable, Sendable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek, year

    /// The name in messages, and the one that `H` hashes.
    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day-of-month"
        case .month: "month"
        case .dayOfWeek: "day-of-week"
        case .year: "year"
        }
    }

    /// What a number may be; in day-of-week 0 and 7 are both Sunday.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        case .year: 1970...2199
        }
    }

    /// What a bare `H` chooses from: a day that every month has, a weekday once.
    var hashRange: ClosedRange<Int> {
        switch self {
        case .dayOfMonth: 1...28
        case .dayOfWeek: 0...6
        default: range
        }
    }

    /// What `~` chooses from where an end is missing.
    var randomRange: ClosedRange<Int> {
        self == .dayOfWeek ? 0...6 : range
    }

    var isDay: Bool { self == .dayOfMonth || self == .dayOfWeek }

    /// Three letters each, the first for `names.first`'s value.
    var words: [String] {
        switch self {
        case .month: Self.monthWords
        case .dayOfWeek: Self.weekdayWords
        default: []
        }
    }

    /// The value of a word in any case, nil if it is none.
    func value(ofWord word: String) -> Int? {
        guard let index = words.firstIndex(of: word.uppercased()) else { return nil }
        return index + range.lowerBound
    }

    private static let monthWords = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let weekdayWords = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
}
