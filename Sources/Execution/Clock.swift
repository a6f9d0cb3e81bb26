import Cron
import Glibc

/// A point on CLOCK_MONOTONIC, which no clock step touches: durations and deadlines are told by it.
package struct MonotonicTime: Sendable, Comparable {
    let nanoseconds: Int64

    package static var now: MonotonicTime { MonotonicTime(nanoseconds: read(CLOCK_MONOTONIC)) }

    package static func < (a: MonotonicTime, b: MonotonicTime) -> Bool {
        a.nanoseconds < b.nanoseconds
    }

    package static func - (a: MonotonicTime, b: MonotonicTime) -> Duration {
        .nanoseconds(a.nanoseconds - b.nanoseconds)
    }

    package static func + (time: MonotonicTime, span: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = span.components
        return MonotonicTime(
            nanoseconds: time.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        )
    }
}

/// Nanoseconds since the machine started, sleep included: what `/proc/PID/stat` counts starts in.
struct BootTime: Sendable, Hashable {
    let nanoseconds: Int64

    static var now: BootTime { BootTime(nanoseconds: read(CLOCK_BOOTTIME)) }
}

extension Instant {
    /// The present, by CLOCK_REALTIME.
    package static var now: Instant {
        Instant(milliseconds: read(CLOCK_REALTIME) / 1_000_000)
    }
}

private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
