/// Secrets as texts, known again wherever they are carried.
///
/// A value is looked for line by line, as it stands; a line shorter than `Limit.secretBytes` would be found in
/// every other word, and is let be.
package enum SecretText {
    /// What is looked for of a value.
    package static func pieces(of value: String) -> [String] {
        value.utf8.split(separator: newline)
            .filter { $0.count >= Limit.secretBytes }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Those of `secrets` that stand in `text`, in their order.
    package static func held(_ secrets: some Sequence<String>, in text: String) -> [String] {
        let bytes = Array(text.utf8)
        return secrets.filter { place(of: Array($0.utf8), in: bytes[...]) != nil }
    }

    /// `text` with `***` in the place of each of them; the longest first, so that one that holds another is
    /// taken whole.
    package static func masked(_ text: String, _ secrets: some Sequence<String>) -> String {
        var bytes = Array(text.utf8)
        var isChanged = false
        for secret in Set(secrets).sorted(by: { ($0.utf8.count, $1) > ($1.utf8.count, $0) }) {
            let wanted = Array(secret.utf8)
            var result: [UInt8] = []
            var rest = bytes[...]
            while !wanted.isEmpty, let found = place(of: wanted, in: rest) {
                result += rest[..<found] + "***".utf8
                rest = rest[(found + wanted.count)...]
                isChanged = true
            }
            bytes = result + rest
        }
        return isChanged ? String(decoding: bytes, as: UTF8.self) : text
    }

    /// By bytes: to `Character` what follows a secret may make another of its last one.
    private static func place(of wanted: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
        let last = bytes.endIndex - wanted.count
        var start = bytes.startIndex
        while start <= last {
            if bytes[start] == first, bytes[start...].starts(with: wanted) { return start }
            start += 1
        }
        return nil
    }

    private static let newline = UInt8(ascii: "\n")
}
