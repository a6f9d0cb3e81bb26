/// What a task with `for_each:` is executed for: so many task rows, items 1...n.
package enum ItemList: Sendable, Hashable {
    /// As written in the file; each may hold `${…}`.
    case texts([String])
    /// A text that gives the list once its places are filled: a JSON array, or lines.
    case template(String)

    package struct Fault: Error, Hashable {
        package let message: String
    }

    /// The items of a filled text: the elements of a JSON array of texts, numbers, true and false, or else
    /// its lines, empty ones passed over.
    ///
    /// - Throws: `Fault` beyond `Limit.itemsPerTask`, and for an array that holds other values.
    package static func items(of text: String, decode: (String) -> JSONValue?) throws(Fault)
        -> [String]
    {
        var items: [String] = []
        let start = text.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if start == UInt8(ascii: "["), case .array(let values)? = decode(text) {
            for value in values {
                guard let item = value.scalarText else {
                    throw Fault(
                        message: "element \(items.count + 1) of its JSON array is neither a text,"
                            + " a number, true nor false"
                    )
                }
                items.append(item)
            }
        } else {
            items = text.split(whereSeparator: \.isNewline).map(String.init)
        }
        guard items.count <= Limit.itemsPerTask else {
            throw Fault(
                message: "it has \(items.count) items, a task may have \(Limit.itemsPerTask)"
            )
        }
        return items
    }
}

extension JSONValue {
    /// The text of a value that is no list, mapping or null.
    var scalarText: String? {
        switch self {
        case .string(let text): text
        case .integer(let value): String(value)
        case .number(let value): "\(value)"
        case .bool(let value): String(value)
        case .null, .array, .object: nil
        }
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
