import Glibc

/// SplitMix64: small, seedable, the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `FLOWER_SEED` repeats a run; otherwise each run has a new seed, and prints it.
    static func announced(_ suite: String) -> SeededGenerator {
        let given = getenv("FLOWER_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("\(suite): seed \(seed) (repeat with FLOWER_SEED=\(seed))")
        return SeededGenerator(seed: seed)
    }
}

/// A random schedule with its meaning worked out value by value, without the parser or the masks.
struct RandomCron {
    struct Field {
        var text: String
        var values: Set<Int>
        var isStar: Bool { text.hasPrefix("*") || text == "?" }
    }

    /// A day in all the ways that a schedule can ask for it.
    struct Day {
        var year: Int, month: Int, day: Int, weekday: Int, length: Int
    }

    var second: Field?
    var minute: Field
    var hour: Field
    var month: Field
    var dayOfMonth: (text: String, matches: (Day) -> Bool)
    var dayOfWeek: (text: String, matches: (Day) -> Bool)

    var text: String {
        let fields = [minute.text, hour.text, dayOfMonth.text, month.text, dayOfWeek.text]
        return ((second.map { [$0.text] } ?? []) + fields).joined(separator: " ")
    }

    var isFixedTime: Bool {
        !minute.isStar && !hour.isStar && second?.isStar != true
    }

    func matches(_ day: Day) -> Bool {
        guard month.values.contains(day.month) else { return false }
        func isStar(_ text: String) -> Bool { text.hasPrefix("*") || text == "?" }
        if isStar(dayOfMonth.text) || isStar(dayOfWeek.text) {
            return dayOfMonth.matches(day) && dayOfWeek.matches(day)
        }
        return dayOfMonth.matches(day) || dayOfWeek.matches(day)
    }

    func matches(_ day: Day, time: Int) -> Bool {
        (second?.values ?? [0]).contains(time % 60) && minute.values.contains(time / 60 % 60)
            && hour.values.contains(time / 3600) && matches(day)
    }
}

extension RandomCron {
    init(hasSeconds: Bool, isAnyDay: Bool, using random: inout SeededGenerator) {
        second = hasSeconds ? Self.field(0, 59, using: &random) : nil
        minute = Self.field(0, 59, using: &random)
        // The small hours are where clocks change.
        hour = Self.field(0, Bool.random(using: &random) ? 4 : 23, top: 23, using: &random)
        let isPlain = isAnyDay && Int.random(in: 0..<4, using: &random) > 0
        month =
            isPlain || Bool.random(using: &random)
            ? Field(text: "*", values: Set(1...12)) : Self.field(1, 12, using: &random)
        dayOfMonth = isPlain ? ("*", { _ in true }) : Self.monthDays(using: &random)
        dayOfWeek = isPlain ? ("*", { _ in true }) : Self.weekdays(using: &random)
    }

    /// A list of one to three terms; values up to `likely`, ranges and steps up to `top`.
    static func field(
        _ low: Int,
        _ likely: Int,
        top: Int? = nil,
        using random: inout SeededGenerator
    ) -> Field {
        let top = top ?? likely
        var texts: [String] = []
        var values: Set<Int> = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let a = Int.random(in: low...likely, using: &random)
            let b = Int.random(in: a...top, using: &random)
            let step = Int.random(in: 1...(top - low + 3), using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                texts.append("*")
                values.formUnion(low...top)
            case 1:
                texts.append("*/\(step)")
                values.formUnion(stride(from: low, through: top, by: step))
            case 2:
                texts.append("\(a)-\(b)")
                values.formUnion(a...b)
            case 3:
                texts.append("\(a)-\(b)/\(step)")
                values.formUnion(stride(from: a, through: b, by: step))
            case 4:
                texts.append("\(a)/\(step)")
                values.formUnion(stride(from: a, through: top, by: step))
            default:
                texts.append("\(a)")
                values.insert(a)
            }
        }
        return Field(text: texts.joined(separator: ","), values: values)
    }

    private static func monthDays(
        using random: inout SeededGenerator
    ) -> (text: String, matches: (Day) -> Bool) {
        let n = Int.random(in: 1...31, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return ("*", { _ in true })
        case 1: return ("?", { _ in true })
        case 2: return ("L", { $0.day == $0.length })
        case 3:
            return ("L-\(n % 30 + 1),\(n)", { $0.day == $0.length - (n % 30 + 1) || $0.day == n })
        case 4: return ("\(n)W", { Self.isNearestWorkday($0, to: n) })
        case 5:
            return (
                "LW",
                { day in
                    let isWorkday = (1...5).contains(day.weekday)
                    let left = day.length - day.day
                    return isWorkday && (left == 0 || (day.weekday == 5 && left <= 2))
                }
            )
        default:
            let field = field(1, 31, using: &random)
            return (field.text, { field.values.contains($0.day) })
        }
    }

    /// By looking at the days around `n`, one after the other.
    private static func isNearestWorkday(_ day: Day, to n: Int) -> Bool {
        guard n <= day.length, (1...5).contains(day.weekday) else { return false }
        for distance in 0...2 {
            for candidate in [n - distance, n + distance]
            where (1...day.length).contains(candidate) {
                let weekday = ((day.weekday + candidate - day.day) % 7 + 35) % 7
                if (1...5).contains(weekday) { return candidate == day.day }
            }
        }
        return false
    }

    private static func weekdays(
        using random: inout SeededGenerator
    ) -> (text: String, matches: (Day) -> Bool) {
        let v = Int.random(in: 0...7, using: &random)
        let k = Int.random(in: 1...5, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return ("*", { _ in true })
        case 1: return ("?", { _ in true })
        case 2: return ("\(v)L", { $0.weekday == v % 7 && $0.day > $0.length - 7 })
        case 3: return ("\(v)#\(k)", { $0.weekday == v % 7 && ($0.day - 1) / 7 + 1 == k })
        default:
            let field = field(0, 7, using: &random)
            let values = Set(field.values.map { $0 % 7 })
            return (field.text, { values.contains($0.weekday) })
        }
    }
}
