/// From field lists to bit masks (dialect sections 2 and 3).
extension CronMatcher {
    /// - Parameter lists: second ... day-of-week, six lists in the order of `CronField`.
    init(_ lists: [CronFieldList], year: CronFieldList?, hashID: String) {
        self.init()
        func mask(_ field: CronField) -> UInt64 {
            Self.values(of: lists[field.rawValue], field, hashID).reduce(0) { $0 | (1 << $1) }
        }
        seconds = mask(.second)
        minutes = mask(.minute)
        hours = mask(.hour)
        months = UInt32(mask(.month))
        days.days = UInt32(mask(.dayOfMonth))
        let weekdays = mask(.dayOfWeek)
        days.weekdays = UInt32((weekdays | weekdays >> 7) & 0x7F)
        for list in lists { addSpecials(of: list) }
        days.needsBoth =
            lists[CronField.dayOfMonth.rawValue].isStar
            || lists[CronField.dayOfWeek.rawValue].isStar
        isFixedTime = !lists[0...CronField.hour.rawValue].contains { $0.isStar }
        if let year {
            for value in Self.values(of: year, .year, hashID) { years.insert(Int(value)) }
        }
        seal()
    }

    /// The plain values of a list; the terms that depend on the month give none.
    private static func values(
        of list: CronFieldList,
        _ field: CronField,
        _ hashID: String
    ) -> [UInt64] {
        list.terms.flatMap { term -> [UInt64] in
            switch term {
            case .all(let step):
                return stride(
                    from: field.range.lowerBound,
                    through: field.range.upperBound,
                    by: step
                )
                .map(UInt64.init)
            case .range(let range, let step):
                return stride(from: range.lowerBound, through: range.upperBound, by: step)
                    .map(UInt64.init)
            case .hashed(let range, let step):
                let hash = CronHash.value(id: hashID, field: field.name)
                return CronHash.values(of: range, step: step, hash: hash).map(UInt64.init)
            case .lastDay, .lastWorkday, .nearestWorkday, .lastWeekday, .nthWeekday:
                return []
            }
        }
    }

    private mutating func addSpecials(of list: CronFieldList) {
        for term in list.terms {
            switch term {
            case .lastDay(let before): days.fromLast |= 1 << UInt32(before)
            case .lastWorkday: days.lastWorkday = true
            case .nearestWorkday(let day): days.nearestWorkday = day
            case .lastWeekday(let weekday): days.lastWeekdays |= 1 << UInt32(weekday)
            case .nthWeekday(let weekday, let nth):
                days.nthWeekdays |= 1 << UInt64(7 * (nth - 1) + weekday)
            case .all, .range, .hashed: break
            }
        }
    }
}
