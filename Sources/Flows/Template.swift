/// A text with `${NAME}` places, as allowed in values of `environment`, elements of `exec` and strings
/// of `with`; never in `run:`, where parameters arrive as environment and are not pasted into text.
///
/// `$${` stands for a literal `${`. A lone `$` is itself. A place is all that stands between `${` and `}`;
/// one with a default, `${NAME ?? "text"}`, has it in quotes, and a `}` in them ends nothing.
package struct Template: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        case text(String)
        case place(String)
    }

    package let parts: [Part]
    /// Where each place's `$` stands in the text, from 0, in UTF-8 bytes; in the order of `names`.
    package let placeOffsets: [Int]

    package struct Fault: Error, Hashable {
        package let message: String
        /// From 0, in UTF-8 bytes, of the `$` that begins the bad place.
        package let offset: Int
    }

    /// Where the `}` stands that ends the place with which `bytes` begin.
    static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let marks = [UInt8(ascii: "?"), UInt8(ascii: "?")]
        let place = bytes[..<end]
        let mark = place.indices.first { place[$0...].starts(with: marks) }
        guard let mark else { return end }
        let text = bytes[(mark + 2)...].drop { $0 == UInt8(ascii: " ") }
        guard let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
            let last = text.dropFirst().firstIndex(of: quote)
        else { return end }
        return bytes[last...].firstIndex(of: UInt8(ascii: "}"))
    }

    /// - Throws: `Fault` for a `${` without `}` and for an empty name.
    package init(_ text: String) throws(Fault) {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var placeOffsets: [Int] = []
        var literal: [UInt8] = []
        var index = 0
        let dollar = UInt8(ascii: "$")
        let open = UInt8(ascii: "{")
        while index < bytes.count {
            if bytes[index] != dollar {
                literal.append(bytes[index])
                index += 1
            } else if bytes[index...].starts(with: [dollar, dollar, open]) {
                literal += [dollar, open]
                index += 3
            } else if bytes[index...].starts(with: [dollar, open]) {
                guard let end = Self.end(of: bytes[index...]) else {
                    throw Fault(
                        message: "'${' has no '}'; a literal one is written '$${'",
                        offset: index
                    )
                }
                let name = String(decoding: bytes[(index + 2)..<end], as: UTF8.self)
                guard !name.isEmpty else {
                    throw Fault(message: "'${}' names nothing", offset: index)
                }
                if !literal.isEmpty {
                    parts.append(.text(String(decoding: literal, as: UTF8.self)))
                }
                literal = []
                parts.append(.place(name))
                placeOffsets.append(index)
                index = end + 1
            } else {
                literal.append(bytes[index])
                index += 1
            }
        }
        if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
        self.parts = parts
        self.placeOffsets = placeOffsets
    }

    /// The names in its places, in order, repeated where they repeat.
    package var names: [String] {
        parts.compactMap { if case .place(let name) = $0 { name } else { nil } }
    }

    /// The text with every place filled; `nil` from `value` leaves the place empty.
    ///
    /// `FlowFiles` refuses unknown names, so a missing one can only come from a change in SQL.
    package func filled(_ value: (String) -> String?) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .place(let name): text += value(name) ?? ""
            }
        }
        return text
    }

    /// A template that yields `text` itself, whatever stands in it.
    package static func literal(_ text: String) -> String {
        // Byte by byte: `$` and `{` may be parts of longer characters to `String`.
        var escaped: [UInt8] = []
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == UInt8(ascii: "$"), next == UInt8(ascii: "{") { escaped.append(byte) }
            escaped.append(byte)
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// The names every template may use besides the flow's parameters.
    package static let builtInNames = ["due.at", "due.date", "due.time", "run.id"]
}
