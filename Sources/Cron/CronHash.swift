/// FNV-1a, 64 bits: a hash that is the same in every release and on every machine.
package enum FNV1a {
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash
    }
}

/// The stable choice behind `H` and `~`: the same job always gets the same value.
enum CronHash {
    /// The hash of `id/field`, its high half folded into the low one.
    static func value(id: String, field: String) -> UInt64 {
        let hash = FNV1a.hash("\(id)/\(field)")
        return hash ^ (hash >> 32)
    }

    /// The values of one hashed term, ascending.
    static func values(
        of range: ClosedRange<Int>,
        step: Int?,
        hash: UInt64
    ) -> StrideThrough<Int> {
        let span = step.map { min($0, range.count) } ?? range.count
        let first = range.lowerBound + Int(hash % UInt64(span))
        return stride(from: first, through: step == nil ? first : range.upperBound, by: step ?? 1)
    }
}
