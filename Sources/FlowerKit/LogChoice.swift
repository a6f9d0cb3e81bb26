import Execution
import Flows
import Storage
import Systemd

/// Where a run's lines are read from: the place that has them all.
///
/// A line is kept in up to three places, and each may lack some: the journal what its rate limit dropped
/// and what was rotated away; the files what is beyond 64 MiB of an attempt or came while the disk was full; the database keeps the last
/// 64 KiB of each. The database also knows how many lines an attempt had, once that has ended. So: the
/// journal where it has every line; else whichever of journal, files and database has more; the earlier
/// of these where they have the same. Where that is not known yet, because tasks run, the same rule holds for
/// what is there.
///
/// A run that is followed is read from the files, to which every runner writes at once, while the journal
/// is a moment behind and may drop lines. Somebody who may not read the state folder follows the journal.
struct LogChoice {
    enum Place: Equatable {
        case journal
        case files
        case tails
    }

    let place: Place
    /// Of the place, and of what is missing, in words.
    let note: String

    init(_ place: Place, _ note: String) {
        self.place = place
        self.note = note
    }

    /// - Parameters:
    ///   - journal: `nil` where there is none.
    ///   - tails: how many lines the database has.
    init(
        _ printed: [PrintedLines],
        journal: JournalLogReader?,
        files: LogReader,
        tails: () throws -> Int
    ) throws {
        let expected = Expected(printed)
        let total = try journal?.total() ?? 0
        if let known = expected.known, known == total, total > 0 {
            self.init(.journal, "from the journal: \(counted(total, "line")), all of them")
            return
        }
        let inFiles = files.counts(printed).values.reduce(0, +)
        let inTails = expected.known == inFiles ? 0 : try tails()
        let gaps = total > 0 ? try journal.map { Gaps(expected, try $0.counts()) } : nil
        let lack = gaps.map { "; \($0.words)" } ?? "; you see none of them in the journal"
        if total == 0, inFiles == 0, inTails == 0 {
            let isNone = expected.known == 0
            self.init(.files, isNone ? "nothing was printed" : "nothing is there yet, or any more")
        } else if let gaps, total >= max(inFiles, inTails) {
            let count = expected.share(total)
            self.init(.journal, "from the journal: \(count)\(gaps.isNone ? "" : lack)")
        } else if inFiles >= inTails {
            let isAll = expected.known.map { $0 > 0 && inFiles >= $0 } ?? false
            let count = isAll ? counted(inFiles, "line") + ", all of them" : expected.share(inFiles)
            // Of a host without a journal there is nothing more to say.
            self.init(.files, "from the files: \(count)\(isAll && total == 0 ? "" : lack)")
        } else {
            let kept = "the last \(Limit.tailBytes >> 10) KiB of each attempt"
            let count = expected.share(inTails)
            self.init(.tails, "from the database, \(kept): \(count)\(lack)")
        }
    }

    /// How many lines there must be.
    fileprivate struct Expected {
        var lines: [LogAttempt: Int] = [:]
        /// Of all attempts; `nil` where it is not known of one.
        var known: Int? = 0

        init(_ printed: [PrintedLines]) {
            for attempt in printed {
                let key = LogAttempt(
                    task: attempt.task,
                    item: attempt.item,
                    number: attempt.attempt
                )
                if let count = attempt.lines { lines[key] = count }
                known = known.flatMap { sum in attempt.lines.map { sum + $0 } }
            }
        }

        /// `16384 of 300000 lines`; of what a rescuer recorded there may be more than it knew.
        func share(_ count: Int) -> String {
            guard let known, known > count else { return counted(count, "line") }
            return "\(count) of \(counted(known, "line"))"
        }
    }

    /// What the journal does not have.
    struct Gaps {
        /// Others of the same attempt came after them, or before: what is missing in the midst and at
        /// the end was dropped.
        var dropped = 0
        /// From an attempt's beginning on, or the whole attempt.
        var gone = 0

        fileprivate init(_ expected: Expected, _ counts: [LogAttempt: JournalLogReader.Count]) {
            for attempt in Set(expected.lines.keys).union(counts.keys) {
                add(counts[attempt], of: expected.lines[attempt])
            }
        }

        /// - Parameter count: of an attempt of which nobody else knows how many there were.
        init(_ counts: [LogAttempt: JournalLogReader.Count]) {
            for count in counts.values { add(count, of: nil) }
        }

        private mutating func add(_ count: JournalLogReader.Count?, of expected: Int?) {
            guard let count else {
                gone += expected ?? 0
                return
            }
            let all = max(expected ?? 0, count.last)
            gone += count.first - 1
            dropped += all - (count.first - 1) - count.lines
        }

        var isNone: Bool { dropped == 0 && gone == 0 }

        var words: String {
            var parts: [String] = []
            if dropped > 0 { parts.append("journald's rate limit dropped \(dropped)") }
            if gone > 0 { parts.append("\(gone) are not in the journal any more, or never were") }
            return parts.isEmpty ? "the journal has less" : parts.joined(separator: ", ")
        }
    }
}
