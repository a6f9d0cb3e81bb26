import Cron
import Flows

/// Reads values of options that are more than a number or a word. ArgumentParser's own refusal would name
/// the option alone; these say how its value is written.
enum OptionValue {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// An instant with its offset: `2026-11-23T06:00:00+01:00`.
    static func instant(_ text: String) throws -> Instant {
        do {
            return try Instant(iso8601: text)
        } catch {
            throw Fault(description: "\(error.problem); write 2026-03-29T02:00:00+01:00")
        }
    }

    /// `12`: a run's number.
    static func run(_ text: String) throws -> Int64 {
        guard let number = Int64(text) else {
            throw Fault(description: "a run is named by its number; flower runs lists them")
        }
        return number
    }

    /// `250ms`, `10s`, `1h30m`: a duration as everywhere in Flower.
    static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else {
            throw Fault(
                description: "write a number with its unit: 250ms, 30s, 10m, 2h, 90d, 1h30m"
            )
        }
        return duration
    }
}
