import Flows

/// Values of `with`.
extension FlowReader {
    /// A scalar without quotes is null, true, false or a number exactly where JSON (RFC 8259) reads
    /// it so, `~` and nothing being null too; all else is text: `no`, `01`, `1:30`.
    func json(_ node: Node) -> JSONValue? {
        switch node.content {
        case .scalar(let text, .plain): return plainJSON(text, node)
        case .scalar(let text, _): return .string(text)
        case .sequence(let elements):
            let values = elements.compactMap { json($0) }
            return values.count == elements.count ? .array(values) : nil
        case .mapping(let members):
            var values: [String: JSONValue] = [:]
            var isWhole = true
            for member in members {
                guard let key = member.key.text, let value = json(member.value) else {
                    isWhole = false
                    continue
                }
                values[key] = value
            }
            return isWhole ? .object(values) : nil
        }
    }

    private func plainJSON(_ text: String, _ node: Node) -> JSONValue? {
        switch text {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        guard Self.isJSONNumber(text) else { return .string(text) }
        if let integer = Int64(text) { return .integer(integer) }
        let isWhole = text.utf8.allSatisfy { $0 == 0x2D || (0x30...0x39).contains($0) }
        if !isWhole, let number = Double(text), number.isFinite { return .number(number) }
        findings.fault(
            "\(Text.quoted(text)) is too large for a number",
            at: node.place,
            hint: "in quotes it is kept as a text"
        )
        return nil
    }

    /// RFC 8259, section 6.
    static func isJSONNumber(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        func skip(_ letters: String) -> Bool {
            guard let first = rest.first, letters.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = skip("-")
        if !skip("0"), digits() == 0 { return false }
        if skip("."), digits() == 0 { return false }
        if skip("eE") {
            _ = skip("+-")
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }
}

extension JSONValue {
    /// Whether a text in it holds `${`.
    var holdsPlaces: Bool {
        switch self {
        case .null, .bool, .integer, .number: false
        case .string(let text): Text.offset(of: "${", in: text) != nil
        case .array(let values): values.contains { $0.holdsPlaces }
        case .object(let members): members.values.contains { $0.holdsPlaces }
        }
    }
}
