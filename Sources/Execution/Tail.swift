import Flows

/// The last `Limit.tailBytes` of what an attempt printed: whole lines, both streams as they came.
struct Tail {
    private var kept: [UInt8] = []

    /// Amortised: the front is dropped only once twice the limit is held.
    mutating func append(_ lines: [UInt8]) {
        if lines.count >= Limit.tailBytes {
            kept = Array(lines.suffix(Limit.tailBytes + 1))
            return
        }
        kept += lines
        if kept.count > 2 * Limit.tailBytes { kept.removeFirst(kept.count - Limit.tailBytes - 1) }
    }

    /// Begins with the start of a line, unless a single line fills it.
    var bytes: [UInt8] {
        guard kept.count > Limit.tailBytes else { return kept }
        let window = kept.suffix(Limit.tailBytes + 1)
        // The byte before the window tells whether a line begins there.
        guard let end = window.dropLast().firstIndex(of: 10) else {
            return Array(window.dropFirst())
        }
        return Array(window[(end + 1)...])
    }
}
