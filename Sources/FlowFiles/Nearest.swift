import Flows

/// Finds the known word that a person most likely meant, for as long as it takes little time.
struct Nearest {
    /// Comparisons left. A file may be wrong in 100,000 places with 100,000 words to choose from;
    /// the hints end before they take longer than the reading.
    private var budget = 500_000

    /// - Returns: `nil` where none is near, and for one letter, to which every other one is.
    mutating func word(to word: String, in candidates: some Collection<String>) -> String? {
        guard budget >= candidates.count, 2...Limit.nameBytes ~= word.utf8.count else { return nil }
        budget -= candidates.count
        return nearest(to: word, among: candidates)
    }

    /// `did you mean 'X'?`, or `nil` where nothing is near.
    mutating func hint(_ word: String, in candidates: some Collection<String>) -> String? {
        self.word(to: word, in: candidates).map { "did you mean '\($0)'?" }
    }
}
