/// Finds the name that a mistyped one probably means.
package enum NearestName {
    /// More edits than this are another name.
    private static let limit = 3

    package static func find(_ name: String, among names: [String]) -> String? {
        let wanted = fold(name)
        guard !wanted.isEmpty else { return nil }
        // `Tokyo` for `Asia/Tokyo`.
        let tails = names.filter {
            $0.contains("/") && wanted == fold($0.split(separator: "/").last!)
        }
        if let same = names.first(where: { fold($0) == wanted }) ?? tails.first { return same }
        let ranked = names.map { (distance: distance(wanted, fold($0)), name: $0) }
        guard let best = ranked.min(by: { $0 < $1 }) else { return nil }
        return best.distance <= min(limit, wanted.count / 3) ? best.name : nil
    }

    private static func fold(_ name: some StringProtocol) -> [UInt8] {
        Array(name.lowercased().utf8).map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
    }

    /// Insertions, deletions and replacements between two names (Levenshtein).
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard abs(a.count - b.count) <= limit else { return limit + 1 }
        var row = Array(0...b.count)
        for (i, byte) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
