/// All segments of a zone, found in constant time.
///
/// Rules that go on for ever repeat with the calendar every 400 years, so one such cycle is stored
/// and later instants are looked up in it.
final class SegmentTable: Sendable {
    private let segments: [Zone.Segment]
    /// The first instant of the stored cycle, `beyond` where nothing repeats.
    private let cycleStart: Int64
    /// Bucket b holds the index of the segment at `hintBase + b << hintBits`; most lookups need
    /// only one step from there.
    private let hints: [Int32]
    private let hintBase: Int64

    /// No instant in use lies further away, and twice it does not overflow.
    static let beyond: Int64 = 1 << 55
    /// 2^23 s, 97 days: shorter than most spans between clock changes.
    private static let hintBits: Int64 = 23
    private static let hintLimit = 8192

    /// From `instant` on the offset is `offset`.
    struct Change: Sendable, Hashable {
        var instant: Int64
        var offset: Int64
    }

    /// - Parameters:
    ///   - changes: ascending by instant.
    ///   - first: the offset before all changes.
    ///   - cycleStart: from here to the last change lies one cycle; the instant of a change.
    init(changes: [Change], first: Int64, cycleStart: Int64? = nil) {
        let kept = Self.effective(changes, first: first)
        var segments: [Zone.Segment] = []
        segments.reserveCapacity(kept.count + 1)
        let start = -Self.beyond
        segments.append(
            Zone.Segment(
                start: start,
                end: kept.first?.instant ?? Self.beyond,
                offset: first,
                passed: start + first
            )
        )
        for (index, change) in kept.enumerated() {
            let end = index + 1 < kept.count ? kept[index + 1].instant : Self.beyond
            let before = segments[index]
            let covered = ClockChange.covered(by: before)
            segments.append(
                Zone.Segment(
                    start: change.instant,
                    end: end,
                    offset: change.offset,
                    passed: ClockChange.passed(
                        covered: covered,
                        localStart: change.instant + change.offset
                    )
                )
            )
        }
        self.segments = segments
        self.cycleStart = cycleStart ?? Self.beyond
        (hints, hintBase) = Self.hints(of: segments)
    }

    /// Changes that change nothing are left out: segments differ from their neighbours.
    private static func effective(_ changes: [Change], first: Int64) -> [Change] {
        var kept: [Change] = []
        var offset = first
        for change in changes where change.offset != offset {
            kept.append(change)
            offset = change.offset
        }
        return kept
    }

    private static func hints(of segments: [Zone.Segment]) -> ([Int32], Int64) {
        guard segments.count > 2 else { return ([], 0) }
        // A few early or hostile instants would need a huge table; those are searched for.
        let base = max(segments[1].start, -(1 << 33))
        let span = (segments[segments.count - 1].start - base) >> hintBits
        guard span > 0 else { return ([], 0) }
        let count = Int(min(span, Int64(hintLimit))) + 1
        var hints: [Int32] = []
        hints.reserveCapacity(count)
        var index = 0
        for bucket in 0..<count {
            let second = base + Int64(bucket) << hintBits
            while segments[index].end <= second { index += 1 }
            hints.append(Int32(index))
        }
        return (hints, base)
    }

    func segment(at second: Int64) -> Zone.Segment {
        guard second >= cycleStart else { return segments[index(at: second)] }
        let cycles = floorDivide(second &- cycleStart, by: CivilDate.cycleSeconds)
        let shift = cycles &* CivilDate.cycleSeconds
        var segment = segments[index(at: second &- shift)]
        segment.start &+= shift
        segment.end &+= shift
        segment.passed &+= shift
        return segment
    }

    private func index(at second: Int64) -> Int {
        var low = 0
        var high = segments.count
        let bucket = (second &- hintBase) >> Self.hintBits
        if bucket >= 0, bucket &+ 1 < Int64(hints.count) {
            let bucket = Int(truncatingIfNeeded: bucket)
            low = Int(hints[bucket])
            high = Int(hints[bucket &+ 1]) &+ 1
        }
        while high &- low > 1 {
            let middle = (low &+ high) >> 1
            if segments[middle].start <= second { low = middle } else { high = middle }
        }
        return low
    }
}

/// How a change of offset counts for schedules with a fixed time (dialect section 4).
enum ClockChange {
    /// Forward by less than this: what was skipped fires once, at the change.
    static let forwardLimitSeconds: Int64 = 3 * 3600
    /// Back by no more than this: what has passed does not fire again.
    static let backLimitSeconds: Int64 = 3 * 3600

    /// The local time covered once `segment` has ended.
    static func covered(by segment: Zone.Segment) -> Int64 {
        max(segment.passed, segment.localEnd)
    }

    /// What counts as passed where a segment starts; a larger shift is a correction.
    static func passed(covered: Int64, localStart: Int64) -> Int64 {
        let shift = localStart - covered
        return shift < forwardLimitSeconds && shift >= -backLimitSeconds ? covered : localStart
    }
}
