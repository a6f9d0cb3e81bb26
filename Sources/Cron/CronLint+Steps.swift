/// Steps that do not divide what they count in.
extension CronLint {
    func step(_ field: CronField, _ list: CronFieldList) -> CronRemark? {
        guard list.terms.count == 1, let cycle = Self.cycle(of: field) else { return nil }
        let (span, step): (ClosedRange<Int>, Int)
        switch list.terms[0] {
        case .all(let all): (span, step) = (field.range, all)
        case .range(let range, let some): (span, step) = (range, some)
        default: return nil
        }
        let isWhole = span.upperBound == field.range.upperBound && span.lowerBound < step
        guard step > 1, !(isWhole && cycle % step == 0 && field != .dayOfMonth) else { return nil }
        var values: [Int] = []
        for value in stride(from: span.lowerBound, through: span.upperBound, by: step) {
            let value = field == .dayOfWeek ? value % 7 : value
            if !values.contains(value) { values.append(value) }
        }
        let what = "'\(written(field))'"
        if values.count == 1 {
            return remark(
                .warning,
                field,
                "\(what) is \(values[0]) alone: a step does not run on beyond the field",
                hint: span.upperBound == field.range.upperBound
                    ? period(field, step, fallback: "write \(values[0])") : "write \(values[0])"
            )
        }
        guard isWhole else { return nil }
        let pause = "\(values[values.count - 1]) is followed by \(values[0])"
        let gap = cycle - (values.count - 1) * step
        let after = "\(gap) \(Self.unit(of: field))\(gap == 1 ? "" : "s")"
        if values.count == 2 {
            return remark(
                .warning,
                field,
                "\(what) is \(values[0]) and \(values[1]): \(pause) after \(after)",
                hint: period(
                    field,
                    step,
                    fallback: "write \(values[0]),\(values[1]) if it is meant"
                )
            )
        }
        return remark(
            .note,
            field,
            "\(what) begins anew \(Self.again(field)): \(pause) after \(after)",
            hint: period(field, step, fallback: nil)
        )
    }

    /// What comes after the field's last value in full; `nil` for years.
    private static func cycle(of field: CronField) -> Int? {
        switch field {
        case .second, .minute: 60
        case .hour: 24
        case .dayOfMonth: 31
        case .month: 12
        case .dayOfWeek: 7
        case .year: nil
        }
    }

    private static func unit(of field: CronField) -> String {
        switch field {
        case .dayOfMonth, .dayOfWeek: "day"
        default: field.name
        }
    }

    private static func again(_ field: CronField) -> String {
        switch field {
        case .second: "each minute"
        case .minute: "each hour"
        case .hour: "each day"
        case .dayOfMonth: "each month"
        case .month, .year: "each year"
        case .dayOfWeek: "each week"
        }
    }

    /// The same number of seconds from one to the next, where nothing else is asked for.
    private func period(_ field: CronField, _ step: Int, fallback: String?) -> String? {
        let seconds: Int64
        switch field {
        case .second: seconds = 1
        case .minute: seconds = 60
        case .hour: seconds = 3600
        case .dayOfMonth: seconds = 86_400
        default: return fallback
        }
        guard step < 10_000 else { return fallback }
        let every = EveryDuration.text(seconds: seconds * Int64(step))
        return "@every \(every) is due evenly, from when it is applied on"
    }
}
