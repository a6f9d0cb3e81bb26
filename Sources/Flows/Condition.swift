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
/// `succeeded`: every need has succeeded or was skipped. `failed`: a need has failed or was cancelled. Two
/// texts that are both numbers are compared as numbers, others byte by byte. Every condition has an answer:
/// there are no types to go wrong, no calls and no loops.
package struct Condition: Sendable, Hashable {
    indirect enum Part: Sendable, Hashable {
        case constant(Bool)
        case succeeded
        case failed
        case not(Part)
        case and(Part, Part)
        case or(Part, Part)
        case compare(Template, Comparison, Template)
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
        /// Its needs must have ended, however.
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
                comparison.holds(left.filled(value), right.filled(value))
            }
        }
        return holds(root)
    }

    package static func == (a: Condition, b: Condition) -> Bool { a.text == b.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Condition.Comparison {
    func holds(_ left: String, _ right: String) -> Bool {
        let order = Self.order(left, right)
        return switch self {
        case .equal: order == 0
        case .unequal: order != 0
        case .atMost: order <= 0
        case .atLeast: order >= 0
        case .less: order < 0
        case .more: order > 0
        }
    }

    /// Below 0, 0 or above 0.
    private static func order(_ left: String, _ right: String) -> Int {
        if let a = number(left), let b = number(right) { return a < b ? -1 : a > b ? 1 : 0 }
        if left.utf8.elementsEqual(right.utf8) { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    /// Digits with at most one sign, point and exponent, as JSON has them but for leading zeros; not the
    /// `nan`, `inf` and hexadecimal digits that `Double` reads as well.
    static func number(_ text: String) -> Double? {
        guard let first = text.utf8.first, first == 0x2D || (0x30...0x39).contains(first),
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
            }), let value = Double(text), value.isFinite
        else { return nil }
        return value
    }
}
