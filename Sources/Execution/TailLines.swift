import Cron
import Flows
import Storage

/// The last lines of each attempt, which the database keeps: for runs of which nothing else is left.
///
/// Each has the time at which its attempt ended, and no stream.
package final class TailLines: LogLines {
    private let store: Store
    private let printed: [PrintedLines]
    private let query: LogQuery
    private var isRead = false

    package init(_ store: Store, _ printed: [PrintedLines], _ query: LogQuery) {
        self.store = store
        self.printed = printed
        self.query = query
    }

    /// How many there are, whatever is asked of them.
    package func count() throws -> Int {
        try printed.reduce(0) { try $0 + lines(of: $1).lines.count }
    }

    /// All at the first call: nothing comes after them.
    package func readNew(_ body: (LogEntry) throws -> Void) throws {
        guard !isRead else { return }
        isRead = true
        for attempt in printed.sorted(by: { ($0.endedAt ?? .now) < ($1.endedAt ?? .now) }) {
            let (lines, isOpen) = try lines(of: attempt)
            let first = (attempt.lines ?? lines.count) - lines.count + 1
            for (place, line) in lines.enumerated() {
                let (priority, text) = JournalLines.priority(of: line, .output)
                var entry = LogEntry(
                    task: attempt.task,
                    item: attempt.item,
                    attempt: attempt.attempt,
                    readAt: attempt.endedAt ?? .now,
                    stream: .output,
                    line: first + place,
                    priority: priority,
                    text: Array(text)
                )
                entry.isOpen = place == lines.count - 1 && isOpen
                if query.accepts(entry) { try body(entry) }
            }
        }
    }

    package func wait(limit: Duration, or descriptors: [Int32]) {}

    package func reached(_ attempt: LogAttempt) -> Int? { nil }

    /// - Returns: also whether no newline has ended the last.
    private func lines(
        of attempt: PrintedLines
    ) throws -> (lines: ArraySlice<ArraySlice<UInt8>>, isOpen: Bool) {
        let tail = try store.tail(ofRun: query.run, attempt)
        let lines = tail.split(separator: 10, omittingEmptySubsequences: false)
        let isOpen = lines.last?.isEmpty == false
        return (isOpen ? lines[...] : lines.dropLast(), isOpen)
    }
}
