/// How much may be added to a retry's wait, so that tasks that failed together do not all come back
/// at the same moment.
package enum RetryJitter: Sendable, Equatable {
    /// Of the wait, 0...1.
    case fraction(Double)
    case span(Duration)

    package static let none = RetryJitter.fraction(0)
}

extension RetryPolicy {
    /// The wait with its share of the jitter.
    ///
    /// - Parameter spread: [0, 1), as `spread(of:)` gives it.
    package func wait(afterFailures failures: Int, spread: Double) -> Duration {
        let wait = wait(afterFailures: failures)
        let most =
            switch jitter {
            case .fraction(let fraction): Double(wait.milliseconds) * fraction
            case .span(let span): Double(span.milliseconds)
            }
        return wait + .milliseconds(Int64(most * spread))
    }

    /// A number of [0, 1) that looks random and is always the same for one attempt: a test, and a
    /// transaction made again, find the same instant.
    ///
    /// SplitMix64's mixing (Steele, Lea, Flood, 2014), the database's name being the seed: machines
    /// with the same flows spread differently.
    package static func spread(instance: String, task: Int64, attempt: Int) -> Double {
        var state = UInt64(instance, radix: 16) ?? 0
        for part in [UInt64(bitPattern: task), UInt64(bitPattern: Int64(attempt))] {
            state = mixed(state &+ part &+ 0x9E37_79B9_7F4A_7C15)
        }
        return Double(state >> 11) / Double(UInt64(1) << 53)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
