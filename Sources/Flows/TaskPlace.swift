/// What `${tasks.…}` names: something about a task that the present one needs.
///
/// ```
/// tasks.NAME.outputs.KEY      what it wrote to $FLOWER_OUTPUT
/// tasks.NAME.exit_code        of its last attempt
/// tasks.NAME.outcome          what became of it, in a word
/// … ?? "text"                 a text in its place where there is none
/// ```
package struct TaskPlace: Sendable, Hashable {
    package enum Fact: Sendable, Hashable {
        case output(key: String)
        case exitCode
        case outcome
    }

    package let task: String
    package let fact: Fact
    /// What it is filled with where the task has no such thing; `nil` = no default is written.
    package let orElse: String?

    /// `nil` unless `name`, the text between `${` and `}`, has that form.
    package init?(_ name: String) {
        guard Self.isMeant(by: name) else { return nil }
        var name = Array(name.utf8)
        if let mark = Self.defaultMark(in: name) {
            let quoted = name[(mark + 2)...].drop { $0 == UInt8(ascii: " ") }
            guard let quote = quoted.first,
                [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(quote),
                let last = quoted.dropFirst().firstIndex(of: quote),
                quoted[(last + 1)...].allSatisfy({ $0 == UInt8(ascii: " ") })
            else { return nil }
            orElse = String(decoding: quoted[(quoted.startIndex + 1)..<last], as: UTF8.self)
            name = Array(name[..<mark])
            while name.last == UInt8(ascii: " ") { name.removeLast() }
        } else {
            orElse = nil
        }
        let rest = name.dropFirst(Self.prefix.utf8.count)
        // A task's name may have dots, a key has none: what stands last decides.
        guard let dot = rest.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let word = String(decoding: rest[(dot + 1)...], as: UTF8.self)
        let before = rest[..<dot]
        let middle = Array(".outputs".utf8)
        if before.suffix(middle.count).elementsEqual(middle) {
            guard OutputText.isKey(word) else { return nil }
            task = String(decoding: before.dropLast(middle.count), as: UTF8.self)
            fact = .output(key: word)
        } else {
            guard let known = Self.words[word] else { return nil }
            task = String(decoding: before, as: UTF8.self)
            fact = known
        }
        guard !task.isEmpty else { return nil }
    }

    /// Whether a name can only be meant as one, well written or not.
    package static func isMeant(by name: String) -> Bool { name.hasPrefix(prefix) }

    /// Whether a text may hold such a place; told without taking it apart.
    package static func mayStand(in text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "$")) && text.contains("${\(prefix)")
    }

    /// Whether a name has a default, well written or not.
    package static func hasDefault(_ name: String) -> Bool {
        defaultMark(in: Array(name.utf8)) != nil
    }

    private static func defaultMark(in name: [UInt8]) -> Int? {
        name.indices.first { name[$0...].starts(with: "??".utf8) }
    }

    private static let prefix = "tasks."
    private static let words: [String: Fact] = ["exit_code": .exitCode, "outcome": .outcome]
}
