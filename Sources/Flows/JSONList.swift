/// A JSON array (RFC 8259) of texts, numbers, true and false, as a list of texts.
///
/// A number's text is the one that is written: `1.10`, and an id of 21 digits, stay what they are.
struct JSONList {
    private(set) var elements: [String] = []

    /// - Throws: `ItemList.Fault` where `text` is no such array.
    init(_ text: String) throws(ItemList.Fault) {
        var scanner = JSONScanner(Array(text.utf8))
        var fault: ItemList.Fault?
        var elements: [String] = []
        do throws(JSONScanner.Fault) {
            scanner.skipBlanks()
            try scanner.array { scanner throws(JSONScanner.Fault) in
                if let why = Self.refusal(scanner) {
                    fault = Self.fault(elements.count + 1, why)
                    throw scanner.broken
                }
                switch try scanner.value() {
                case .text(let text): elements.append(text)
                case .written(let bytes): elements.append(String(decoding: bytes, as: UTF8.self))
                }
            }
            scanner.skipBlanks()
            guard scanner.isAtEnd else { throw scanner.broken }
        } catch {
            switch error {
            case .holdsNUL:
                throw Self.fault(
                    elements.count + 1,
                    "holds a NUL (\\u0000), which neither an argument nor a variable can"
                )
            case .broken(let byte):
                throw fault
                    ?? ItemList.Fault(
                        message:
                            "it begins with '[' and is no JSON array, which shows at byte \(byte);"
                            + " write lines that begin otherwise, or a whole array"
                    )
            }
        }
        self.elements = elements
    }

    /// Why the element that begins here is none of a list.
    private static func refusal(_ scanner: JSONScanner) -> String? {
        var rest = scanner
        if rest.takes("[") || rest.takes("{") {
            return "is neither a text, a number, true nor false"
        }
        return rest.takes("null") ? "is null, which is no text" : nil
    }

    private static func fault(_ number: Int, _ what: String) -> ItemList.Fault {
        ItemList.Fault(message: "element \(number) of its JSON array \(what)")
    }
}
