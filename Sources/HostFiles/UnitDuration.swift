/// Time spans as systemd writes them: `5min 20s`, `1.5h`, `90`, `infinity` (systemd.time(7)).
package enum UnitDuration: Sendable, Hashable {
    case infinity
    /// Zero or more.
    case microseconds(Int64)

    /// Nil where systemd reads none. A bare number is seconds.
    package init?(_ text: String) {
        if UnitFile.trimmed(text) == "infinity" {
            self = .infinity
            return
        }
        var rest = Substring(text).drop(while: Self.isBlank)
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard number.contains(where: \.isNumber), number.count <= 18,
                let value = Double(String(number).hasPrefix(".") ? "0\(number)" : String(number))
            else { return nil }
            rest = rest.dropFirst(number.count).drop(while: Self.isBlank)
            let unit = rest.prefix { $0.isLetter }
            guard let scale = Self.units[String(unit)] else { return nil }
            rest = rest.dropFirst(unit.count).drop(while: Self.isBlank)
            total += value * scale
        }
        guard total < 9e18 else { return nil }
        self = .microseconds(Int64(total.rounded()))
    }

    /// Whole milliseconds, rounded down; nil for infinity.
    package var milliseconds: Int64? {
        guard case .microseconds(let count) = self else { return nil }
        return count / 1000
    }

    private static func isBlank(_ character: Character) -> Bool {
        character == " " || character == "\t"
    }

    /// In microseconds. A month is 30.44 days and a year 365.25, as systemd has them.
    private static let units: [String: Double] = {
        let second = 1e6
        var units: [String: Double] = ["": second]
        for (names, scale) in [
            (["usec", "us", "µs", "μs"], 1), (["msec", "ms"], 1000),
            (["seconds", "second", "sec", "s"], second),
            (["minutes", "minute", "min", "m"], 60 * second),
            (["hours", "hour", "hr", "h"], 3600 * second),
            (["days", "day", "d"], 86_400 * second), (["weeks", "week", "w"], 604_800 * second),
            (["months", "month", "M"], 2_629_800 * second),
            (["years", "year", "y"], 31_557_600 * second),
        ] as [([String], Double)] {
            for name in names { units[name] = scale }
        }
        return units
    }()
}
