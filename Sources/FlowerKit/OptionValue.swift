import ArgumentParser
import Flows

/// Reads values of options that are more than a number or a word. ArgumentParser's own refusal would name
/// the option alone; these say how its value is written.
enum OptionValue {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// `06:00`, `20m`, `tomorrow 06:00`, `2026-12-01`: see ``InstantText``.
    static func instant(_ text: String) throws -> InstantText { try InstantText(text) }

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

extension NameSpecification {
    /// An option's letter, behind which its value may follow at once (`-n5`, as getopt(3) takes it), and its
    /// long name.
    static func letter(_ letter: Character) -> Self {
        [.customShort(letter, allowingJoined: true), .long]
    }
}
