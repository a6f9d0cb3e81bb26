import Synchronization

/// What the JSON of a column says, decoded once for each text: the tasks of a drain have the same few.
final class DecodedTexts<Value: Decodable & Sendable>: Sendable {
    private let known = Mutex<[String: Value]>([:])

    /// Forgotten all at once beyond this.
    private static var limit: Int { 1_000 }
    /// Longer ones are decoded each time.
    private static var limitBytes: Int { 4 << 10 }

    /// - Throws: `StorageError.badInput` for what SQL has spoilt.
    func value(of text: String) throws -> Value {
        if let value = known.withLock({ $0[text] }) { return value }
        let value = try Store.decode(Value.self, text)
        guard text.utf8.count <= Self.limitBytes else { return value }
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[text] = value
        }
        return value
    }
}
