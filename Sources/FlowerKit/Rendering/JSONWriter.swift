import Flows

/// Writes JSON (RFC 8259) row by row, so that no more of it than a block is ever in memory.
///
/// Indented by two, keys sorted, slashes as they are, a newline at the end: what Foundation's encoder writes for
/// `.prettyPrinted`, `.sortedKeys` and `.withoutEscapingSlashes`, which scripts have been reading. What a terminal
/// would obey is written as `\uXXXX`, which means the same; see ``Printable``.
final class JSONWriter {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var block: [UInt8] = []
    /// How many elements the array has that is being written, and how deep they stand.
    private var rows = 0
    private var rowDepth = 0

    private static let blockBytes = 64 << 10

    init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
        block.reserveCapacity(Self.blockBytes + 4_096)
    }

    func write(_ value: JSONValue) throws {
        append(value, depth: 0)
        try finish()
    }

    /// An array whose elements `rows` adds, by `add`.
    func write(_ rows: () throws -> Void) throws {
        try array(depth: 0, rows)
        try finish()
    }

    /// An object with `members`, and under `key`, which is none of them, an array whose elements `rows` adds, by
    /// `add`.
    func write(
        _ members: [String: JSONValue],
        array key: String,
        _ rows: () throws -> Void
    ) throws {
        append("{")
        for (number, name) in (Array(members.keys) + [key]).sorted().enumerated() {
            begin(number, depth: 1)
            append(string: name)
            append(" : ")
            if let value = members[name] {
                append(value, depth: 1)
            } else {
                try array(depth: 1, rows)
            }
        }
        end(members.count + 1, "}", depth: 0)
        try finish()
    }

    private func finish() throws {
        append("\n")
        try flush()
    }

    private func flush() throws {
        try block.withUnsafeBytes { try sink($0) }
        block.removeAll(keepingCapacity: true)
    }

    /// The next element of the array that is being written.
    func add(_ value: JSONValue) throws {
        begin(rows, depth: rowDepth)
        append(value, depth: rowDepth)
        rows += 1
        if block.count >= Self.blockBytes { try flush() }
    }

    private func array(depth: Int, _ body: () throws -> Void) throws {
        append("[")
        (rows, rowDepth) = (0, depth + 1)
        try body()
        end(rows, "]", depth: depth)
    }

    // MARK: - Values

    private func append(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): block += String(value).utf8
        case .number(let value): append(number: value)
        case .string(let value): append(string: value)
        case .array(let values):
            append("[")
            for (number, value) in values.enumerated() {
                begin(number, depth: depth + 1)
                append(value, depth: depth + 1)
            }
            end(values.count, "]", depth: depth)
        case .object(let members):
            append("{")
            for (number, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                begin(number, depth: depth + 1)
                append(string: member.key)
                append(" : ")
                append(member.value, depth: depth + 1)
            }
            end(members.count, "}", depth: depth)
        }
    }

    /// Before an element.
    private func begin(_ number: Int, depth: Int) {
        if number > 0 { append(",") }
        indent(depth)
    }

    /// After the last one. Foundation gives an empty array and object a line of their own too.
    private func end(_ count: Int, _ bracket: StaticString, depth: Int) {
        if count == 0 { append("\n") }
        indent(depth)
        append(bracket)
    }

    private func indent(_ depth: Int) {
        append("\n")
        for _ in 0..<depth { append("  ") }
    }

    /// A whole number without its fraction. Infinity, which SQL can leave in a column, has no form in JSON.
    private func append(number value: Double) {
        guard value.isFinite else { return append("null") }
        let text = value.description
        block += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    }

    private func append(string: String) {
        append("\"")
        var string = string
        string.withUTF8 { bytes in
            if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
                block += bytes
            } else {
                for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                    append(scalar: scalar)
                }
            }
        }
        append("\"")
    }

    private func append(scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append("\\\"")
        case "\\": append("\\\\")
        case "\n": append("\\n")
        case "\r": append("\\r")
        case "\t": append("\\t")
        case "\u{8}": append("\\b")
        case "\u{C}": append("\\f")
        case _ where Printable.isControl(scalar):
            let digits = String(scalar.value, radix: 16)
            append("\\u")
            block += repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count)
            block += digits.utf8
        default: block += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
    }

    private func append(_ text: StaticString) {
        block += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
