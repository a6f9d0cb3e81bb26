import CLinux
import Flows

/// Replaces secret values in what a task prints by `***`.
///
/// It is found as it stands, in one line: not encoded, not in pieces, not over the end of a line that
/// was cut for its length. A value of several lines is looked for line by line; what is shorter than
/// `Limit.secretBytes` is let be.
package struct Mask: Sendable, Equatable {
    /// Longest first, so that one that holds another is taken whole.
    private let values: [[UInt8]]

    package static let none = Mask([])

    init(_ secrets: [String]) {
        let values = Set(secrets.flatMap(SecretText.pieces).map { Array($0.utf8) })
        self.values = values.sorted { $0.count > $1.count }
    }

    /// The values of the variables that `names` name, and `others`.
    init(
        of names: Set<String>,
        in variables: [Variable],
        and others: some Collection<String> = [] as [String]
    ) {
        // Nearly no flow has a secret.
        let values =
            names.isEmpty ? [] : variables.filter { names.contains($0.name) }.map(\.value)
        self.init(values + others)
    }

    /// The same, and `others`.
    func adding(_ others: Set<String>) -> Mask {
        others.isEmpty ? self : Mask(texts + others)
    }

    /// What it looks for.
    var texts: [String] { values.map { String(decoding: $0, as: UTF8.self) } }

    package var isEmpty: Bool { values.isEmpty }

    package func applied(to text: String) -> String {
        isEmpty ? text : String(decoding: applied(to: Array(text.utf8)), as: UTF8.self)
    }

    func applied(to bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for value in values { bytes = Self.replacing(value, in: bytes) }
        return bytes
    }

    private static func replacing(_ value: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var from = 0
        bytes.withUnsafeBytes { all in
            while let start = all.baseAddress, from < all.count,
                let found = clinux_find(start + from, all.count - from, value, value.count)
            {
                let place = found - start
                result += all[from..<place]
                result += stars
                from = place + value.count
            }
        }
        return from == 0 ? bytes : result + bytes[from...]
    }

    private static let stars = Array("***".utf8)
}
