import Cron
import HostTime
import TestSupport
import Testing

@testable import Scheduling

/// How often a folder is looked through for what the kernel does not tell of, by a clock that the test moves.
@Suite struct SweepTimeTests {
    private let clock = FakeClock(Instant(seconds: 1_793_613_600))
    private var time: SweepTime

    init() { time = SweepTime(clock.now) }

    /// Whether it is due after so many milliseconds; then it is swept.
    private mutating func sweeps(after milliseconds: Int64, hasYoung: Bool = false) -> Bool {
        clock.now = Instant(milliseconds: clock.now.milliseconds + milliseconds)
        guard time.isDue(at: clock.now) else { return false }
        time.didSweep(at: clock.now, hasYoung: hasYoung)
        return true
    }

    @Test mutating func `at once, and once a minute`() {
        #expect(sweeps(after: 0))
        #expect(!sweeps(after: 0))
        #expect(!sweeps(after: 59_999))
        #expect(sweeps(after: 1))
        #expect(!sweeps(after: 59_999))
        #expect(sweeps(after: 3_600_000))
    }

    @Test mutating func `three seconds after something was being written`() {
        #expect(sweeps(after: 0, hasYoung: true))
        #expect(!sweeps(after: 2_999))
        #expect(sweeps(after: 1))
        #expect(!sweeps(after: 3_000))
        #expect(sweeps(after: 57_000))
    }

    @Test mutating func `a clock that is set back does not put it off`() {
        #expect(sweeps(after: 0))
        #expect(sweeps(after: -3_600_000))
        #expect(!sweeps(after: 59_999))
        #expect(sweeps(after: 1))
    }
}
