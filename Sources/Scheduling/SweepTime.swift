import Cron

/// When a folder is looked through for what nobody has told of: at once, and then a minute after the last time.
struct SweepTime {
    private(set) var nextAt: Instant

    /// A minute: an idle scheduler wakes so often in any case.
    private static let period: Int64 = 60_000
    /// After which a file that was just written is looked at again.
    private static let writingTime: Int64 = 3_000

    init(_ now: Instant) { nextAt = now }

    /// Also where the clock was set back: it would be long until then.
    func isDue(at now: Instant) -> Bool {
        nextAt <= now || nextAt > Self.later(Self.period, than: now)
    }

    /// - Parameter hasYoung: something is being written.
    mutating func didSweep(at now: Instant, hasYoung: Bool) {
        nextAt = Self.later(hasYoung ? Self.writingTime : Self.period, than: now)
    }

    private static func later(_ milliseconds: Int64, than now: Instant) -> Instant {
        Instant(milliseconds: now.milliseconds + milliseconds)
    }
}
