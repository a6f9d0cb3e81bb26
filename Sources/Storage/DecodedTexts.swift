import Synchronization

/// What the JSON of a column says, decoded once for each text: the tasks of a drain have the same few.
///
/// How they are decoded is given to it: a class of `Decodable` values has Swift's runtime look for that
/// conformance among all of the program's at each start, 50 µs for each such class.
final class DecodedTexts<Value: Sendable>: Sendable {
    private let known = Mutex<[String: Value]>([:])
    private let decode: @Sendable (String) throws -> Value

    /// Forgotten all at once beyond this.
    private static var limit: Int { 1_000 }
    /// Longer ones are decoded each time.
    private static var limitBytes: Int { 4 << 10 }

    init(_ decode: @escaping @Sendable (String) throws -> Value) { self.decode = decode }

    /// - Throws: `StorageError.badInput` for what SQL has spoilt.
    func value(of text: String) throws -> Value {
        if let value = known.withLock({ $0[text] }) { return value }
        let value = try decode(text)
        guard text.utf8.count <= Self.limitBytes else { return value }
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[text] = value
        }
        return value
    }
}
