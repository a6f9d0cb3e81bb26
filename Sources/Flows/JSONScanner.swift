/// Reads a JSON text (RFC 8259) from its beginning to its end, and changes nothing of what is written.
///
/// Why not JSONDecoder: it gives a number as a Double or an Int64, so that `1.10`, and an id of 21 digits,
/// become others.
struct JSONScanner {
    enum Fault: Error {
        /// It is no JSON; the byte that shows it, from 1.
        case broken(byte: Int)
        /// A text holds `\u0000`.
        case holdsNUL
    }

    private let bytes: [UInt8]
    private var next = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { next == bytes.count }

    /// The byte to be read next; `nil` at the end.
    var upcoming: UInt8? { isAtEnd ? nil : bytes[next] }

    /// What stands at the place of a value.
    enum Value {
        /// Without its quotes and escapes.
        case text(String)
        /// A number, true, false or null as it is written, or a whole array or object.
        case written(ArraySlice<UInt8>)
    }

    /// - Parameter depth: of the arrays and objects around it.
    mutating func value(depth: Int = 0) throws(Fault) -> Value {
        let start = next
        switch upcoming {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "["):
            try array(depth) { scanner throws(Fault) in
                _ = try scanner.value(depth: depth + 1)
            }
        case UInt8(ascii: "{"):
            try object(depth) { _, scanner throws(Fault) in
                _ = try scanner.value(depth: depth + 1)
            }
        default: if !takes("true"), !takes("false"), !takes("null") { try number() }
        }
        return .written(bytes[start..<next])
    }

    /// Calls `member` at each element's first byte, which it is to read.
    mutating func array(
        _ depth: Int = 0,
        _ element: (inout JSONScanner) throws(Fault) -> Void
    ) throws(Fault) {
        guard depth < Self.depths, takes("[") else { throw broken }
        skipBlanks()
        if takes("]") { return }
        repeat {
            skipBlanks()
            try element(&self)
            skipBlanks()
        } while takes(",")
        guard takes("]") else { throw broken }
    }

    /// Calls `member` with each key, at the first byte of its value, which it is to read.
    mutating func object(
        _ depth: Int = 0,
        _ member: (String, inout JSONScanner) throws(Fault) -> Void
    ) throws(Fault) {
        guard depth < Self.depths, takes("{") else { throw broken }
        skipBlanks()
        if takes("}") { return }
        repeat {
            skipBlanks()
            guard upcoming == UInt8(ascii: "\"") else { throw broken }
            let key = try string()
            skipBlanks()
            guard takes(":") else { throw broken }
            skipBlanks()
            try member(key, &self)
            skipBlanks()
        } while takes(",")
        guard takes("}") else { throw broken }
    }

    mutating func skipBlanks() {
        while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
    }

    mutating func takes(_ text: String) -> Bool {
        guard bytes[next...].starts(with: text.utf8) else { return false }
        next += text.utf8.count
        return true
    }

    var broken: Fault { .broken(byte: next + 1) }

    /// More are in one another in no answer that somebody means; each is a call within a call.
    private static let depths = 500

    private mutating func number() throws(Fault) {
        _ = takes("-")
        if !takes("0") { try digits() }
        if takes(".") { try digits() }
        if takes("e") || takes("E") {
            if !takes("+") { _ = takes("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Fault) {
        let found = bytes[next...].prefix { (0x30...0x39).contains($0) }
        guard !found.isEmpty else { throw broken }
        next = found.endIndex
    }

    private mutating func string() throws(Fault) -> String {
        next += 1
        var text: [UInt8] = []
        while next < bytes.count {
            let byte = bytes[next]
            next += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw broken }
                return text
            case UInt8(ascii: "\\"): text += try escaped()
            case 0..<0x20:
                next -= 1
                throw broken
            default: text.append(byte)
            }
        }
        throw broken
    }

    private mutating func escaped() throws(Fault) -> [UInt8] {
        guard next < bytes.count else { throw broken }
        let letter = bytes[next]
        next += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try scalar()).utf8)
        default:
            next -= 1
            throw broken
        }
    }

    /// Of one `\u` or, beyond the first plane, two.
    private mutating func scalar() throws(Fault) -> Unicode.Scalar {
        var value = UInt32(try unit())
        if (0xD800..<0xDC00).contains(value) {
            guard takes("\\u") else { throw broken }
            let low = UInt32(try unit())
            guard (0xDC00..<0xE000).contains(low) else { throw broken }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard value > 0 else { throw .holdsNUL }
        guard let scalar = Unicode.Scalar(value) else { throw broken }
        return scalar
    }

    private mutating func unit() throws(Fault) -> UInt16 {
        let written = bytes[next...].prefix(4)
        let text = String(decoding: written, as: UTF8.self)
        let isPlain = written.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }
        guard written.count == 4, isPlain, let value = UInt16(text, radix: 16) else {
            throw broken
        }
        next += 4
        return value
    }
}
