/// What `when:` says: whether a task is executed once its needs have ended.
///
/// ```
/// condition  = conjunction { "or" conjunction }
/// conjunction = negation { "and" negation }
/// negation   = "not" negation | comparison
/// comparison = "succeeded" | "failed" | "always" | "true" | "false" | "(" condition ")"
///            | text ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) text
/// text       = "${" name "}" | number | 'characters' | "characters"
/// ```
///
/// `succeeded`: every need has succeeded or was skipped. `failed`: a need has failed or was cancelled, or
/// waits for one that has. `==` and `!=` compare texts, byte by byte: `1.0` is not `1`. The others compare
/// numbers, digit by digit, where both sides are such and neither stands in quotes; else texts. Every
/// condition has an answer: there are no types to go wrong, no calls and no loops.
package struct Condition: Sendable, Hashable {
    indirect enum Part: Sendable, Hashable {
        case constant(Bool)
        case succeeded
        case failed
        case not(Part)
        case and(Part, Part)
        case or(Part, Part)
        case compare(Operand, Comparison, Operand)
    }

    struct Operand: Sendable, Hashable {
        let template: Template
        /// Never a number: it stands in quotes.
        let isQuoted: Bool
    }

    enum Comparison: String, Sendable, CaseIterable {
        case equal = "=="
        case unequal = "!="
        case atMost = "<="
        case atLeast = ">="
        case less = "<"
        case more = ">"
    }

    /// What became of a task's needs.
    package enum Needs: Sendable {
        case succeeded
        case failed
    }

    /// As written.
    package let text: String
    let root: Part
    /// The names of its places with where each `$` stands in `text`, in UTF-8 bytes.
    package let places: [(name: String, offset: Int)]
    /// What it waits for.
    package let patience: Patience

    package enum Patience: String, Sendable, Codable {
        /// It names neither `failed` nor `always`: its needs must have succeeded, as without `when:`.
        case success
        /// Its needs must be over: have ended, however, or be unable to go on without a person.
        case end
        /// It names `always`: the same, and cancelling the run leaves it alone.
        case always
    }

    init(text: String, root: Part, places: [(name: String, offset: Int)], patience: Patience) {
        self.text = text
        self.root = root
        self.places = places
        self.patience = patience
    }

    /// Whether the task is to be executed.
    ///
    /// - Parameter value: of a place's name; an empty text for one that is not known.
    package func holds(_ needs: Needs, value: (String) -> String) -> Bool {
        func holds(_ part: Part) -> Bool {
            switch part {
            case .constant(let value): value
            case .succeeded: needs == .succeeded
            case .failed: needs == .failed
            case .not(let part): !holds(part)
            case .and(let left, let right): holds(left) && holds(right)
            case .or(let left, let right): holds(left) || holds(right)
            case .compare(let left, let comparison, let right):
                comparison.holds(
                    left.template.filled(value),
                    right.template.filled(value),
                    asTexts: left.isQuoted || right.isQuoted
                )
            }
        }
        return holds(root)
    }

    package static func == (a: Condition, b: Condition) -> Bool { a.text == b.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Condition.Comparison {
    /// - Parameter asTexts: even where both are numbers.
    func holds(_ left: String, _ right: String, asTexts: Bool) -> Bool {
        switch self {
        case .equal: left.utf8.elementsEqual(right.utf8)
        case .unequal: !left.utf8.elementsEqual(right.utf8)
        case .less: Self.isLess(left, right, asTexts)
        case .more: Self.isLess(right, left, asTexts)
        case .atMost: !Self.isLess(right, left, asTexts)
        case .atLeast: !Self.isLess(left, right, asTexts)
        }
    }

    private static func isLess(_ left: String, _ right: String, _ asTexts: Bool) -> Bool {
        if !asTexts, let a = DecimalText(left), let b = DecimalText(right) { return a < b }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
