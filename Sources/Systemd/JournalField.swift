/// One `NAME=value` of a journal entry.
package struct JournalField: Sendable, Hashable {
    /// As checked by `isName`.
    package let name: String
    /// Any bytes, newlines and zeros too.
    package let value: [UInt8]

    /// The longest name that journald keeps (systemd.journal-fields(7)).
    package static let nameLimitBytes = 64

    package init(_ name: String, _ value: [UInt8]) {
        precondition(Self.isName(name), "\(name) cannot name a field of the journal")
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }

    package init(_ name: String, _ value: some BinaryInteger) { self.init(name, String(value)) }

    /// Whether a program may write a field of this name: `A-Z`, `0-9` and `_`, not beginning with a
    /// digit, nor with `_`, which is journald's own (sd_journal_sendv(3)). journald drops others
    /// without a word.
    static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= nameLimitBytes else { return false }
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return capitals.contains(first)
            && bytes.allSatisfy {
                capitals.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_")
            }
    }

    /// Without its name.
    package var text: String { String(decoding: value, as: UTF8.self) }
}
