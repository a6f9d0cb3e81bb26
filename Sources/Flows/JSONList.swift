/// A JSON array (RFC 8259) of texts, numbers, true and false, as a list of texts.
///
/// A number's text is the one that is written: `1.10`, and an id of 21 digits, stay what they are.
struct JSONList {
    private let bytes: [UInt8]
    private var next = 0
    private(set) var elements: [String] = []

    /// - Throws: `ItemList.Fault` where `text` is no such array.
    init(_ text: String) throws(ItemList.Fault) {
        bytes = Array(text.utf8)
        skipBlanks()
        guard takes("[") else { throw broken() }
        skipBlanks()
        if !takes("]") {
            repeat {
                skipBlanks()
                elements.append(try element())
                skipBlanks()
            } while takes(",")
            guard takes("]") else { throw broken() }
        }
        skipBlanks()
        guard next == bytes.count else { throw broken() }
    }

    private mutating func element() throws(ItemList.Fault) -> String {
        guard next < bytes.count else { throw broken() }
        switch bytes[next] {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            throw fault("is neither a text, a number, true nor false")
        case UInt8(ascii: "n"):
            guard takes("null") else { throw broken() }
            throw fault("is null, which is no text")
        default:
            for word in ["true", "false"] where takes(word) { return word }
            return try number()
        }
    }

    /// As written.
    private mutating func number() throws(ItemList.Fault) -> String {
        let start = next
        _ = takes("-")
        if !takes("0") { try digits() }
        if takes(".") { try digits() }
        if takes("e") || takes("E") {
            if !takes("+") { _ = takes("-") }
            try digits()
        }
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    private mutating func digits() throws(ItemList.Fault) {
        let found = bytes[next...].prefix { (0x30...0x39).contains($0) }
        guard !found.isEmpty else { throw broken() }
        next = found.endIndex
    }

    private mutating func string() throws(ItemList.Fault) -> String {
        next += 1
        var text: [UInt8] = []
        while next < bytes.count {
            let byte = bytes[next]
            next += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escaped()
            case 0..<0x20:
                next -= 1
                throw broken()
            default: text.append(byte)
            }
        }
        throw broken()
    }

    private mutating func escaped() throws(ItemList.Fault) -> [UInt8] {
        guard next < bytes.count else { throw broken() }
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
            throw broken()
        }
    }

    /// Of one `\u` or, beyond the first plane, two.
    private mutating func scalar() throws(ItemList.Fault) -> Unicode.Scalar {
        var value = UInt32(try unit())
        if (0xD800..<0xDC00).contains(value) {
            guard takes("\\u") else { throw broken() }
            let low = UInt32(try unit())
            guard (0xDC00..<0xE000).contains(low) else { throw broken() }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard value > 0 else {
            throw fault("holds a NUL (\\u0000), which neither an argument nor a variable can")
        }
        guard let scalar = Unicode.Scalar(value) else { throw broken() }
        return scalar
    }

    private mutating func unit() throws(ItemList.Fault) -> UInt16 {
        let written = bytes[next...].prefix(4)
        let text = String(decoding: written, as: UTF8.self)
        let isPlain = written.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }
        guard written.count == 4, isPlain, let value = UInt16(text, radix: 16) else {
            throw broken()
        }
        next += 4
        return value
    }

    private mutating func skipBlanks() {
        while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
    }

    private mutating func takes(_ text: String) -> Bool {
        guard bytes[next...].starts(with: text.utf8) else { return false }
        next += text.utf8.count
        return true
    }

    private func fault(_ what: String) -> ItemList.Fault {
        ItemList.Fault(message: "element \(elements.count + 1) of its JSON array \(what)")
    }

    private func broken() -> ItemList.Fault {
        ItemList.Fault(
            message: "it begins with '[' and is no JSON array, which shows at byte \(next + 1);"
                + " write lines that begin otherwise, or a whole array"
        )
    }
}
