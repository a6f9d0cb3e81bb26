/// Six fields: seconds first here, the year or the seconds last elsewhere.
extension CronLint {
    var order: CronRemark? {
        guard fields.count == 6 else { return nil }
        let (second, minute, hour) = (written(.second), written(.minute), written(.hour))
        let isNarrow = fields.dropFirst().contains { isRestricted($0) }
        if second == "*", isNarrow {
            return remark(
                .warning,
                .second,
                "the first of six fields are the seconds: due in each second of a minute",
                hint: "write \(written(with: [.second: "0"])) for once a minute"
                    + (secondsLast.map { "; with the seconds last elsewhere, \($0)" } ?? "")
            )
        }
        guard !isRestricted(.hour), hour == "*" else { return nil }
        let five = spans.dropLast().map { text.string($0) }.joined(separator: " ")
        let isFive = ForeignSchedule.readable(five) != nil
        guard isFive, ["*", "0"].contains(written(.dayOfWeek)) else { return nil }
        if let minutes = values(.minute), isRestricted(.minute), minutes.allSatisfy({ $0 < 24 }),
            let seconds = values(.second), isRestricted(.second)
        {
            let isOdd = seconds != [0] || isRestricted(.month)
            return remark(
                isOdd ? .warning : .note,
                .second,
                "the first of six fields are the seconds: due each hour at minute \(minute),"
                    + " second \(second)",
                hint: "without seconds, or where the last is a year, write \(five)"
            )
        }
        guard second.hasPrefix("*/") || second.contains("/"), minute == "*" else { return nil }
        return remark(
            .note,
            .second,
            "the first of six fields are the seconds: '\(second)' counts seconds, not minutes",
            hint: "without seconds, or where the last is a year, write \(five)"
        )
    }

    /// croniter's order, where the last field is one of seconds.
    private var secondsLast: String? {
        let words = spans.map { text.string($0) }
        let moved = ([words[5]] + words[..<5]).joined(separator: " ")
        return isRestricted(.dayOfWeek) ? ForeignSchedule.readable(moved) : nil
    }
}
