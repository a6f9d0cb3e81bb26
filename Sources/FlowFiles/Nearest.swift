import Flows

/// Finds the known word that a person most likely meant, for as long as it takes little time.
struct Nearest {
    /// Comparisons left. A file may be wrong in 100,000 places with 100,000 words to choose from;
    /// the hints end before they take longer than the reading.
    private var budget = 500_000

    /// - Returns: `nil` where none is near.
    mutating func word(to word: String, in candidates: some Collection<String>) -> String? {
        guard budget >= candidates.count, word.utf8.count <= Limit.nameBytes else { return nil }
        budget -= candidates.count
        return nearest(to: word, among: candidates)
    }

    /// What to write for a time zone that is not there. The zone data is read from the host's disk each
    /// time: a file gets so many of these hints.
    mutating func zoneHint(_ name: String, _ hint: (String) -> String?) -> String {
        // Where no known name is near.
        let none = "names are as in /usr/share/zoneinfo: Europe/Berlin"
        guard zoneHints > 0 else { return none }
        zoneHints -= 1
        return hint(name) ?? none
    }

    private var zoneHints = 20

    /// `did you mean 'X'?`, or `nil` where nothing is near.
    mutating func hint(_ word: String, in candidates: some Collection<String>) -> String? {
        self.word(to: word, in: candidates).map { "did you mean '\($0)'?" }
    }
}
