import Cron
import Flows

/// `-o json`: keys in snake_case, none ever left out (`null` where there is nothing), instants in
/// ISO 8601 with the host's offset, spans in whole milliseconds.
extension JSONValue {
    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

    static func count(_ value: some BinaryInteger) -> JSONValue { .integer(Int64(value)) }

    static func count(_ value: (some BinaryInteger)?) -> JSONValue {
        value.map { .integer(Int64($0)) } ?? .null
    }

    static func instant(_ value: Instant?, in zone: Zone) -> JSONValue {
        value.map { .string($0.iso8601(in: zone)) } ?? .null
    }

    static func names(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    /// An object of names and values.
    static func variables(_ values: [Variable]) -> JSONValue {
        .object(
            Dictionary(values.map { ($0.name, .string($0.value)) }) { _, last in last }
        )
    }
}
