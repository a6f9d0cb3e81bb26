/// The candidate that `word` was most likely meant to be: at most a third of its letters away, at least
/// one allowed; `nil` where none is near, and for one letter, to which every other one is. Ties go to the
/// earlier candidate.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    guard word.count > 1 else { return nil }
    let limit = max(1, word.count / 3)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
        let distance = editDistance(word, candidate, limit: limit)
        if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.candidate
}

/// A hint for a word that is none of those known: `did you mean 'X'?`, or `nil` where nothing is near.
package func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String? {
    nearest(to: word, among: candidates).map { "did you mean '\($0)'?" }
}

/// The same where spelling is no help: of a word that other programs have for one of those known.
package func didYouMean(
    _ word: String,
    among candidates: some Sequence<String>,
    synonyms: [String: String]
) -> String? {
    synonyms[word.lowercased()].map { "did you mean '\($0)'?" }
        ?? didYouMean(word, among: candidates)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words, case ignored
/// (optimal string alignment); anything above `limit` is returned as `limit + 1`.
private func editDistance(_ a: String, _ b: String, limit: Int) -> Int {
    let a = Array(a.lowercased())
    let b = Array(b.lowercased())
    if abs(a.count - b.count) > limit { return limit + 1 }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                cost = min(cost, beforeLast[j - 1] + 1)
            }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return min(last[b.count], limit + 1)
}
