import Cron
import Flows
import Glibc
import Systemd

/// Reads a run's lines from the journal, in the order in which it got them, and then what comes.
///
/// Of one thread.
package final class JournalLogReader: LogLines {
    private let journal: JournalReader
    private let query: LogQuery
    private let instance: String
    private let hasFields: Bool
    private var isPlaced = false
    /// The greatest line number of each attempt.
    private var read: [LogAttempt: Int] = [:]

    /// - Parameters:
    ///   - instance: the database's name; runs of another one have the same numbers.
    ///   - hasFields: whether entries have all that the journal has of them.
    package init(
        _ journal: JournalReader,
        _ query: LogQuery,
        instance: String,
        hasFields: Bool = false
    ) {
        self.journal = journal
        self.query = query
        self.instance = instance
        self.hasFields = hasFields
    }

    /// The database of the newest run of this number that a unit has worked on; `nil` where the journal
    /// has none that this user may read.
    package static func instance(
        ofRun run: Int64,
        unit: String,
        _ journal: JournalReader
    ) throws(JournalFailure) -> String? {
        journal.matchAll()
        try journal.match("FLOWER_RUN", "\(run)")
        try journal.match("_SYSTEMD_UNIT", unit)
        try journal.seekTail()
        return try journal.previous() ? try journal.text(of: "FLOWER_INSTANCE") : nil
    }

    // MARK: - How much there is

    /// How many lines of an attempt there are, and which.
    package struct Count: Sendable, Equatable {
        package var lines = 0
        /// The numbers of the first and the last.
        package var first = Int.max
        package var last = 0
    }

    /// Lines of all attempts asked for, whatever else is asked. Faster than `counts`.
    package func total() throws(JournalFailure) -> Int {
        isPlaced = false
        try matchLines()
        try journal.seekHead()
        var lines = 0
        while try journal.next() { lines += 1 }
        return lines
    }

    /// Those of each attempt.
    package func counts() throws(JournalFailure) -> [LogAttempt: Count] {
        isPlaced = false
        try matchLines()
        try journal.seekHead()
        var counts: [LogAttempt: Count] = [:]
        while try journal.next() {
            let attempt = LogAttempt(
                task: try journal.text(of: "FLOWER_TASK") ?? "",
                item: try number("FLOWER_ITEM") ?? 0,
                number: try number("FLOWER_ATTEMPT") ?? 0
            )
            var count = counts[attempt] ?? Count()
            let line = try number("FLOWER_LINE") ?? 0
            count.lines += 1
            count.first = min(count.first, line)
            count.last = max(count.last, line)
            counts[attempt] = count
        }
        return counts
    }

    // MARK: - Reading

    package func reached(_ attempt: LogAttempt) -> Int? {
        // Of what is not asked for nothing is read.
        let isWhole =
            query.priorities == nil && query.since == nil && query.until == nil && query.last == nil
        return isWhole ? read[attempt, default: 0] : nil
    }

    /// journald takes what was sent in its own time, and tells of it 250 ms later.
    package var delay: Duration { .seconds(2) }

    package func readNew(_ body: (LogEntry) throws -> Void) throws {
        if !isPlaced {
            isPlaced = true
            guard try place() else { return }
            try give(body)
        }
        while try journal.next(), try isInTime() { try give(body) }
    }

    package func wait(limit: Duration, or descriptors: [Int32]) {
        // Where it cannot be waited for, the next reading says why.
        guard let own = try? journal.descriptor() else { return }
        var entries = ([own] + descriptors).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        poll(&entries, nfds_t(entries.count), Int32(clamping: limit.milliseconds))
        _ = try? journal.takeChange()
    }

    /// Goes to the first entry that is asked for.
    ///
    /// Without one it stands where those that come will be found.
    ///
    /// - Returns: whether there is one.
    private func place() throws(JournalFailure) -> Bool {
        // From now on changes are noted: what comes during the reading is told by `wait`.
        _ = try journal.descriptor()
        if let last = query.last { return try place(atLast: last) }
        try matchAsked()
        if let since = query.since {
            try journal.seek(toMicroseconds: Self.microseconds(since))
        } else {
            try journal.seekHead()
        }
        guard try journal.next() else { return false }
        return try isInTime()
    }

    /// On the last entry of all before matches are added: see `JournalReader.match`.
    private func place(atLast last: Int) throws(JournalFailure) -> Bool {
        journal.matchAll()
        if let until = query.until {
            // Its whole millisecond.
            try journal.seek(toMicroseconds: Self.microseconds(until) + 999)
        } else {
            try journal.seekTail()
        }
        guard try journal.previous() else {
            try matchAsked()
            try journal.seekHead()
            return false
        }
        let end = try journal.cursor()
        try matchAsked()
        guard last > 0 else { return false }
        // From there, that entry itself included.
        try journal.seek(toCursor: end)
        var found = 0
        while found < last, try journal.previous() {
            if let since = query.since, try readAt() < since {
                return found > 0 ? try journal.next() : false
            }
            found += 1
        }
        return found > 0
    }

    private func isInTime() throws(JournalFailure) -> Bool {
        guard let until = query.until else { return true }
        return try readAt() <= until
    }

    private func give(_ body: (LogEntry) throws -> Void) throws {
        var entry = LogEntry(
            task: try journal.text(of: "FLOWER_TASK") ?? "",
            item: try number("FLOWER_ITEM") ?? 0,
            attempt: try number("FLOWER_ATTEMPT") ?? 0,
            readAt: try readAt(),
            stream: try stream(),
            line: try number("FLOWER_LINE"),
            priority: try number("PRIORITY") ?? 6,
            text: try journal.value(of: "MESSAGE") ?? []
        )
        if let line = entry.line {
            entry.isOpen = try journal.value(of: LogEntry.openField) != nil
            let attempt = LogAttempt(task: entry.task, item: entry.item, number: entry.attempt)
            read[attempt] = max(read[attempt, default: 0], line)
        }
        if hasFields {
            entry.fields = try address()
            let all = try journal.fields().map { LogEntry.Field($0.name, $0.value) }
            // Among the fields of the place, as journalctl(1) has it.
            entry.fields += all.filter { $0.name == "_BOOT_ID" }
            entry.fields += all.filter { $0.name != "_BOOT_ID" }
        }
        try body(entry)
    }

    /// Where and when: what journald knows of an entry besides its fields, in the order of journalctl(1).
    private func address() throws(JournalFailure) -> [LogEntry.Field] {
        var fields: [LogEntry.Field] = []
        func add(_ name: String, _ text: String) { fields.append(.init(name, Array(text.utf8))) }
        add("__CURSOR", try journal.cursor())
        add("__REALTIME_TIMESTAMP", "\(try journal.microseconds())")
        add("__MONOTONIC_TIMESTAMP", "\(try journal.monotonicMicroseconds())")
        if let sequence = try journal.sequence() {
            add("__SEQNUM", "\(sequence.number)")
            add("__SEQNUM_ID", sequence.name)
        }
        return fields
    }

    private func stream() throws(JournalFailure) -> OutputStream {
        switch try journal.text(of: "FLOWER_STREAM") {
        case "output": .output
        case "errors": .errors
        default: .note
        }
    }

    private func number(_ field: String) throws(JournalFailure) -> Int? {
        try journal.text(of: field).flatMap { Int($0) }
    }

    private func readAt() throws(JournalFailure) -> Instant {
        Instant(milliseconds: Int64(try journal.microseconds() / 1_000))
    }

    private static func microseconds(_ instant: Instant) -> UInt64 {
        UInt64(max(instant.milliseconds, 0)) * 1_000
    }

    // MARK: - Matches

    private func matchRun() throws(JournalFailure) {
        journal.matchAll()
        try journal.match("FLOWER_RUN", "\(query.run)")
        try journal.match("FLOWER_INSTANCE", instance)
        if let task = query.task {
            try journal.match("FLOWER_TASK", task.task)
            if let item = task.item { try journal.match("FLOWER_ITEM", "\(item)") }
        }
        if let attempt = query.attempt { try journal.match("FLOWER_ATTEMPT", "\(attempt)") }
    }

    private func matchLines() throws(JournalFailure) {
        try matchRun()
        // Of several matches of one field, one must fit.
        for stream in OutputStream.allCases { try journal.match("FLOWER_STREAM", "\(stream)") }
    }

    private func matchAsked() throws(JournalFailure) {
        if query.hasEvents { try matchRun() } else { try matchLines() }
        guard let priorities = query.priorities else { return }
        for priority in priorities { try journal.match("PRIORITY", "\(priority)") }
    }
}
