/// What a TZif file says: explicit transitions, then a rule for all later times.
struct ZoneRules: Sendable {
    /// Ascending by instant, in POSIX seconds.
    var changes: [SegmentTable.Change]
    /// The offset before the first transition (RFC 9636 section 3.2: type 0).
    var first: Int64
    /// The footer; nil if it is empty or the file is version 1: then the last offset stays.
    var rule: PosixRule?

    func table() -> SegmentTable {
        guard let rule else { return SegmentTable(changes: changes, first: first) }
        guard let last = changes.last else { return table(of: rule, from: nil) }
        return table(of: rule, from: last.instant)
    }

    /// - Parameter last: the instant of the last transition; the rule holds after it.
    private func table(of rule: PosixRule, from last: Int64?) -> SegmentTable {
        guard rule.daylight != nil else {
            guard let last else { return SegmentTable(changes: [], first: rule.offset) }
            let change = SegmentTable.Change(instant: last, offset: rule.offset)
            return SegmentTable(changes: changes.dropLast() + [change], first: first)
        }
        // Without any transition the rule holds for all times; year 1 stands for "always".
        let days = last.map { floorDivide($0, by: CivilDate.secondsPerDay) }
        let firstYear = days.map { CivilDate(daysSinceEpoch: Int($0)).year } ?? 1
        // One cycle, and two years before it in which the memory of earlier changes fades.
        let ruled = rule.changes(years: firstYear - 1...firstYear + 403)
        let start = last ?? -SegmentTable.beyond
        let before = ruled.last { $0.instant <= start }?.offset ?? rule.offset
        let later = ruled.filter { $0.instant > start }
        let kept =
            last.map { changes.dropLast() + [.init(instant: $0, offset: before)] } ?? []
        let initial = last == nil ? before : first
        // Hardly any change in 400 years means that the rule is daylight time all year.
        guard later.count > 4 else {
            let always = ruled.first?.offset ?? rule.offset
            return SegmentTable(changes: kept, first: last == nil ? always : first)
        }
        // A cycle begins with a change and ends with the same change 400 years later.
        let cycleStart = later[4].instant
        let cycle = later.filter { $0.instant <= cycleStart + CivilDate.cycleSeconds }
        return SegmentTable(changes: kept + cycle, first: initial, cycleStart: cycleStart)
    }
}

/// Why bytes are no zone; `Zone` adds the name.
struct ZoneFormatError: Error, Sendable, Hashable {
    var problem: String
}
