/// A place in a JSON text (RFC 6901): `/items/0/id`; the empty text is the whole.
package struct JSONPointer: Sendable, Hashable {
    package enum Fault: Error, Hashable {
        /// The text is no JSON; the byte that shows it, from 1.
        case noJSON(byte: Int)
        case holdsNUL
        /// Nothing stands at that place.
        case nothingThere
    }

    package let text: String
    private let names: [String]

    /// `nil` where `text` neither is empty nor begins with `/`, or has a `~` that is not `~0` or `~1`.
    package init?(_ text: String) {
        self.text = text
        var names: [String] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = String(part)
            let rest = name.replacing("~0", with: "").replacing("~1", with: "")
            guard !rest.contains("~") else { return nil }
            names.append(name.replacing("~1", with: "/").replacing("~0", with: "~"))
        }
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
        self.names = names
    }

    /// What stands there: a text without its quotes and escapes, all else as it is written, byte by byte. Of a
    /// key that an object has twice the later one counts, as for most programs.
    ///
    /// - Throws: `Fault`, also for what is no JSON behind that place.
    package func value(in json: [UInt8]) throws(Fault) -> String {
        var scanner = JSONScanner(json)
        var found: JSONScanner.Value?
        do throws(JSONScanner.Fault) {
            scanner.skipBlanks()
            found = try Self.find(names[...], in: &scanner, depth: 0)
            scanner.skipBlanks()
            guard scanner.isAtEnd else { throw scanner.broken }
        } catch {
            switch error {
            case .broken(let byte): throw .noJSON(byte: byte)
            case .holdsNUL: throw .holdsNUL
            }
        }
        switch found {
        case .text(let text): return text
        case .written(let bytes): return String(decoding: bytes, as: UTF8.self)
        case nil: throw .nothingThere
        }
    }

    private static func find(
        _ names: ArraySlice<String>,
        in scanner: inout JSONScanner,
        depth: Int
    ) throws(JSONScanner.Fault) -> JSONScanner.Value? {
        guard let name = names.first else { return try scanner.value(depth: depth) }
        var found: JSONScanner.Value?
        switch scanner.upcoming {
        case UInt8(ascii: "{"):
            try scanner.object(depth) { key, scanner throws(JSONScanner.Fault) in
                if key == name {
                    found = try find(names.dropFirst(), in: &scanner, depth: depth + 1)
                } else {
                    _ = try scanner.value(depth: depth + 1)
                }
            }
        case UInt8(ascii: "["):
            var index = 0
            try scanner.array(depth) { scanner throws(JSONScanner.Fault) in
                // "01" is no index (RFC 6901, section 4).
                if String(index) == name {
                    found = try find(names.dropFirst(), in: &scanner, depth: depth + 1)
                } else {
                    _ = try scanner.value(depth: depth + 1)
                }
                index += 1
            }
        default: _ = try scanner.value(depth: depth)
        }
        return found
    }
}
