/// Durations as flow files and flags write them: `10s`, `1h30m`, `250ms`, `1d`.
///
/// One or more parts, each whole digits and a unit out of `ms s m h d`; a bare number is refused,
/// because nobody remembers which unit it would have.
package enum DurationText {
    package static let hint = "write a number with its unit: 250ms, 30s, 10m, 2h, 1d or 1h30m"

    /// - Returns: `nil` unless the whole text is a duration of 0...`Limit.durationMilliseconds`.
    package static func parse(_ text: String) -> Duration? {
        var total: Int64 = 0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            guard let scale = milliseconds[String(unit)] else { return nil }
            rest = rest.dropFirst(unit.count)
            let (part, partOverflows) = count.multipliedReportingOverflow(by: scale)
            let (sum, sumOverflows) = total.addingReportingOverflow(part)
            guard !partOverflows, !sumOverflows, sum <= Limit.durationMilliseconds else {
                return nil
            }
            total = sum
        }
        return .milliseconds(total)
    }

    /// Whether `text` is digits and units in turn, be it as long as it may.
    package static func hasUnits(_ text: String) -> Bool {
        var rest = Substring(text)
        while !rest.isEmpty {
            let afterDigits = rest.drop { $0.isASCII && $0.isNumber }
            let unit = afterDigits.prefix { $0.isASCII && $0.isLetter }
            guard afterDigits.count < rest.count, milliseconds[String(unit)] != nil else {
                return false
            }
            rest = afterDigits.dropFirst(unit.count)
        }
        return !text.isEmpty
    }

    /// The shortest text that `parse` reads back: `1h30m`, `0s`.
    package static func format(_ duration: Duration) -> String {
        var rest = duration.milliseconds
        if rest == 0 { return "0s" }
        var text = ""
        for (unit, scale) in [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ]
            as [(String, Int64)]
        where rest >= scale {
            text += "\(rest / scale)\(unit)"
            rest %= scale
        }
        return text
    }

    private static let milliseconds: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]
}
