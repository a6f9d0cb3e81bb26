/// A JSON value (RFC 8259): what stands under `with:`. Object keys are unordered.
package enum JSONValue: Sendable, Hashable, Codable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            // A failed guess at the kind is how a single-value container is asked for it.
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The same value with `transform` applied to every string in it; object keys stay.
    package func mapStrings<Failure>(
        _ transform: (String) throws(Failure) -> String
    ) throws(Failure) -> JSONValue {
        switch self {
        case .null, .bool, .integer, .number: return self
        case .string(let value): return .string(try transform(value))
        case .array(let values):
            var mapped: [JSONValue] = []
            for value in values { mapped.append(try value.mapStrings(transform)) }
            return .array(mapped)
        case .object(let members):
            var mapped: [String: JSONValue] = [:]
            for (key, value) in members { mapped[key] = try value.mapStrings(transform) }
            return .object(mapped)
        }
    }
}
