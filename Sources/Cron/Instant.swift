/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
///
/// Every instant in Flower is UTC; a zone appears only where a local time is matched or shown.
/// Ordered by time. The stored form (`…_at_ms`) is `milliseconds` itself.
package struct Instant: Sendable, Hashable, Comparable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    /// The whole seconds before or at this instant: -1 ms is second -1, not 0.
    package var seconds: Int64 {
        floorDivide(milliseconds, by: 1000)
    }

    package static func < (a: Instant, b: Instant) -> Bool {
        a.milliseconds < b.milliseconds
    }
}
