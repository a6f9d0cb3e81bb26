/// A value in a YAML file, with its place. Aliases are already replaced by what they stand for.
///
/// Types are not resolved: a scalar is its text as written, and each reader decides what it may be.
final class Node: Sendable {
    enum Content: Sendable {
        case scalar(String, ScalarStyle)
        case sequence([Node])
        /// In the file's order; keys may repeat (a fault that `YAMLComposer` has reported).
        case mapping([Member])
    }

    struct Member: Sendable {
        let key: Node
        let value: Node
    }

    enum ScalarStyle: Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    let content: Content
    let place: Place
    /// The line on which it ends.
    let endLine: Int
    /// Whether an alias stands at `place`, so that the text there is not the value's own.
    let isAlias: Bool

    init(_ content: Content, place: Place, endLine: Int, isAlias: Bool = false) {
        self.content = content
        self.place = place
        self.endLine = endLine
        self.isAlias = isAlias
    }

    /// The text of a scalar.
    var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// The text of a scalar without quotes, the only one that can be a number or null.
    var plainText: String? {
        if case .scalar(let text, .plain) = content { text } else { nil }
    }

    /// Whether nothing is written after the key, or YAML's null.
    var isNothing: Bool { plainText.map { ["", "~", "null"].contains($0) } ?? false }

    /// For messages: what kind of value it is.
    var kind: String {
        switch content {
        case .scalar: isNothing ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
