/// What `${tasks.T.outputs.K}` names: an output of a task that the present one needs.
package struct OutputPlace: Sendable, Hashable {
    package let task: String
    package let key: String

    /// `nil` unless `name`, the text between `${` and `}`, has that form.
    package init?(_ name: String) {
        guard Self.isMeant(by: name) else { return nil }
        let rest = Array(name.utf8.dropFirst(Self.prefix.utf8.count))
        let middle = Array(".outputs.".utf8)
        // A task's name may have dots, a key has none: what stands last decides.
        guard let dot = rest.lastIndex(of: UInt8(ascii: ".")), dot + 1 >= middle.count,
            rest[...dot].suffix(middle.count).elementsEqual(middle)
        else { return nil }
        task = String(decoding: rest[..<(dot + 1 - middle.count)], as: UTF8.self)
        key = String(decoding: rest[(dot + 1)...], as: UTF8.self)
        guard !task.isEmpty, OutputText.isKey(key) else { return nil }
    }

    /// The text between `${` and `}`.
    package var name: String { "\(Self.prefix)\(task).outputs.\(key)" }

    /// Whether a name can only be meant as one, well written or not.
    package static func isMeant(by name: String) -> Bool { name.hasPrefix(prefix) }

    /// Whether a text may hold such a place; told without taking it apart.
    package static func mayStand(in text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "$")) && text.contains("${\(prefix)")
    }

    private static let prefix = "tasks."
}
