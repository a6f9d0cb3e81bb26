extension CronExpression {
    /// How far ahead clock changes are told: past the next of each kind.
    private static let toldSeconds: Int64 = 400 * 86_400

    /// What the next clock changes do to times of the day that are asked for; `nil` where they do nothing.
    ///
    /// - Parameter zone: whose clock it is.
    package func clockRemark(in zone: Zone, after now: Instant) -> CronRemark? {
        let isOfEachHour = matcher.hours == (1 << 24) - 1
        guard every == nil, !isReboot, matcher.isFixedTime || !isOfEachHour else { return nil }
        let end = Instant(seconds: now.seconds + Self.toldSeconds)
        var told: [String] = []
        var isForwardTold = false, isBackTold = false
        for effect in clockEffects(after: now, through: end, in: zone) {
            let isForward = effect.shiftSeconds > 0
            if isForward ? isForwardTold : isBackTold { continue }
            if isForward { isForwardTold = true } else { isBackTold = true }
            told.append(Self.sentence(effect, in: zone))
        }
        guard !told.isEmpty else { return nil }
        return CronRemark(
            .note,
            "clocks of \(zone.name): \(told.joined(separator: "; "))",
            hint: "times outside of what is skipped or repeated, or of UTC, are due alike each day"
        )
    }

    private static func sentence(_ effect: ClockEffect, in zone: Zone) -> String {
        let isMany = effect.count > 1
        var first = effect.firstLocalText
        if first.hasSuffix(":00") { first = String(first.dropLast(3)) }
        let what = isMany ? "\(first) and \(effect.count - 1) more" : first
        let isForward = effect.shiftSeconds > 0
        let happens =
            isForward
            ? (isMany ? "are skipped" : "is skipped") : (isMany ? "come twice" : "comes twice")
        let becomes: String
        switch effect.kind {
        case .moved: becomes = "due once, at \(effect.at.iso8601(in: zone).dropFirst(11).prefix(5))"
        case .dropped: becomes = isForward ? "not due" : "due the first time alone"
        case .doubled: becomes = "due both times"
        }
        return "\(what) \(happens), and \(becomes)"
    }
}
