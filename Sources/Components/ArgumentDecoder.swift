import Flows

/// Decodes `with:` into a component.
///
/// Why not JSONDecoder: going through a text costs more than a small component's whole run, and it
/// takes unknown keys without a word. A text stands for a number or a truth value too, because that
/// is what a filled `${…}` gives.
enum ArgumentDecoder {
    static func decode<Kind: Decodable>(
        _ kind: Kind.Type,
        from with: JSONValue
    ) throws(ComponentFault) -> Kind {
        let value = with == .null ? .object([:]) : with
        let use = KeyUse()
        if case .object(let members) = value { use.found(members.keys, at: []) }
        do {
            let decoded = try kind.init(from: ValueDecoder(value: value, codingPath: [], use: use))
            if let unknown = use.unasked.first {
                throw ComponentFault("\(place(unknown.path)) has no key '\(unknown.key)'")
            }
            return decoded
        } catch let fault as ComponentFault {
            throw fault
        } catch let error as DecodingError {
            throw ComponentFault(message(error))
        } catch {
            throw ComponentFault("with: \(error)")
        }
    }

    private static func message(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(place(context.codingPath)) lacks the key '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: "with: \(error)"
        }
    }

    /// `with.headers`
    private static func place(_ path: [any CodingKey]) -> String {
        (["with"] + path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue })
            .joined(separator: ".")
    }
}

/// Which keys there were, and which were asked for: the rest is unknown to the component.
private final class KeyUse {
    private var objects: [[String]: (path: [any CodingKey], keys: Set<String>)] = [:]

    func found(_ keys: some Collection<String>, at path: [any CodingKey]) {
        guard !keys.isEmpty else { return }
        let name = path.map(\.stringValue)
        // A second container of the same object must not bring back what was asked of the first.
        if objects[name] == nil { objects[name] = (path, Set(keys)) }
    }

    func asked(_ key: String, at path: [any CodingKey]) {
        objects[path.map(\.stringValue)]?.keys.remove(key)
    }

    /// Sorted by place.
    var unasked: [(path: [any CodingKey], key: String)] {
        objects.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .flatMap { object in object.value.keys.sorted().map { (object.value.path, $0) } }
    }
}

private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let value: JSONValue
    let codingPath: [any CodingKey]
    let use: KeyUse
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch("keys and values") }
        use.found(members.keys, at: codingPath)
        return KeyedDecodingContainer(
            ObjectContainer<Key>(members: members, codingPath: codingPath, use: use)
        )
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let values) = value else { throw mismatch("a list") }
        return ListContainer(values: values, codingPath: codingPath, use: use)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { value == .null }

    func decode(_ type: Bool.Type) throws -> Bool {
        switch value {
        case .bool(let truth): return truth
        case .string("true"): return true
        case .string("false"): return false
        default: throw mismatch("true or false")
        }
    }

    func decode(_ type: String.Type) throws -> String {
        switch value {
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .bool(let truth): return String(truth)
        default: throw mismatch("a text")
        }
    }

    func decode(_ type: Double.Type) throws -> Double {
        switch value {
        case .number(let number): return number
        case .integer(let number): return Double(number)
        case .string(let text):
            guard let number = Double(text) else { throw mismatch("a number") }
            return number
        default: throw mismatch("a number")
        }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

    func decode<Kind: Decodable>(_ type: Kind.Type) throws -> Kind {
        if let whole = value as? Kind { return whole }
        if let kind = type as? any FixedWidthInteger.Type {
            guard let number = try integer(kind) as? Kind else { throw mismatch("a whole number") }
            return number
        }
        return try type.init(from: self)
    }

    private func integer<Kind: FixedWidthInteger>(_ kind: Kind.Type) throws -> Kind {
        let number: Kind? =
            switch value {
            case .integer(let number): Kind(exactly: number)
            case .number(let number): Kind(exactly: number)
            case .string(let text): Kind(text)
            default: nil
            }
        guard let number else {
            throw mismatch("a whole number of \(Kind.min)...\(Kind.max)")
        }
        return number
    }

    private func mismatch(_ expected: String) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "expected \(expected), not \(value.kind)"
        )
        return .typeMismatch(JSONValue.self, context)
    }
}

private struct ObjectContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [String: JSONValue]
    let codingPath: [any CodingKey]
    let use: KeyUse

    var allKeys: [Key] { members.keys.sorted().compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool {
        use.asked(key.stringValue, at: codingPath)
        return members[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }

    func decode<Kind: Decodable>(_ type: Kind.Type, forKey key: Key) throws -> Kind {
        try decoder(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        ValueDecoder(value: .object(members), codingPath: codingPath, use: use)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: Key) throws -> ValueDecoder {
        use.asked(key.stringValue, at: codingPath)
        guard let value = members[key.stringValue] else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "")
            throw DecodingError.keyNotFound(key, context)
        }
        return ValueDecoder(value: value, codingPath: codingPath + [key], use: use)
    }
}

private struct ListContainer: UnkeyedDecodingContainer {
    let values: [JSONValue]
    let codingPath: [any CodingKey]
    let use: KeyUse
    private(set) var currentIndex = 0

    init(values: [JSONValue], codingPath: [any CodingKey], use: KeyUse) {
        self.values = values
        self.codingPath = codingPath
        self.use = use
    }

    private struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { "[\(intValue ?? 0)]" }

        init(intValue: Int) { self.intValue = intValue }
        init?(stringValue: String) { nil }
    }

    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, values[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Kind: Decodable>(_ type: Kind.Type) throws -> Kind {
        try next().decode(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> ValueDecoder {
        let path = codingPath + [Index(intValue: currentIndex)]
        guard !isAtEnd else {
            let context = DecodingError.Context(
                codingPath: path,
                debugDescription: "the list ends before it"
            )
            throw DecodingError.valueNotFound(JSONValue.self, context)
        }
        defer { currentIndex += 1 }
        return ValueDecoder(value: values[currentIndex], codingPath: path, use: use)
    }
}

extension JSONValue {
    /// In the words of a message.
    fileprivate var kind: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string(let text): "the text '\(text.prefix(40))'"
        case .array: "a list"
        case .object: "keys and values"
        }
    }
}
