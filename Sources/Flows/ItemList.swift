/// What a task with `for_each:` is executed for: so many task rows, items 1...n.
package enum ItemList: Sendable, Hashable {
    /// As written in the file; each may hold `${…}`.
    case texts([String])
    /// A text that gives the list once its places are filled: a JSON array, or lines.
    case template(String)

    package struct Fault: Error, Hashable {
        package let message: String
    }

    /// The items of a filled text: where it begins with a bracket the elements of a JSON array of texts,
    /// numbers, true and false, else its lines, empty ones passed over.
    ///
    /// - Throws: `Fault` beyond `Limit.itemsPerTask`, and for what begins with a bracket and is no such array.
    package static func items(of text: String) throws(Fault) -> [String] {
        let start = text.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let items =
            start == UInt8(ascii: "[")
            ? try JSONList(text).elements
            : text.split(whereSeparator: \.isNewline).map(String.init)
        guard items.count <= Limit.itemsPerTask else {
            throw Fault(
                message: "it has \(items.count) items, a task may have \(Limit.itemsPerTask)"
            )
        }
        return items
    }
}

/// A task of a run as commands name it: `clean`, or one item of it, `clean[3]`.
package struct TaskName: Sendable, Hashable, CustomStringConvertible {
    package let task: String
    /// `nil` = the task with all its items.
    package let item: Int?

    package init(_ task: String, item: Int? = nil) {
        self.task = task
        self.item = item
    }

    package init(parsing text: String) {
        if text.hasSuffix("]"), let open = text.lastIndex(of: "["),
            let item = Int(text[text.index(after: open)...].dropLast()), item >= 1
        {
            self.init(String(text[..<open]), item: item)
        } else {
            self.init(text)
        }
    }

    package var description: String { item.map { "\(task)[\($0)]" } ?? task }
}
