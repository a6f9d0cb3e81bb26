import Cron
import Flows
import Glibc
import Storage

/// Reads the kept lines of a run, all tasks' in order of time, and then what comes after them.
///
/// ```
/// let reader = LogReader(folder, LogQuery(run: 12))
/// while true {
///     let isSettled = …           // asked before the read, so that nothing is missed after it
///     try reader.readNew { print($0) }
///     if isSettled { break }
///     reader.wait(limit: .seconds(1), or: [])
/// }
/// ```
package final class LogReader: LogLines {
    private let folder: LogFolder
    private let query: LogQuery
    private var run: Int64 { query.run }
    private var cursors: [LogFolder.Name: LogCursor] = [:]
    private var watch: FolderWatch?
    /// Whether the whole folder must be looked through.
    private var isComplete = false
    private var changed: Set<String> = []
    /// Whether it has begun to read.
    private var isPlaced = false

    /// Of the query, `last` is the caller's part: of each attempt at least so many are given, where it has them.
    package init(_ state: StateFolder, _ query: LogQuery) {
        folder = LogFolder(state)
        self.query = query
    }

    /// How many of their lines there are of each attempt that is asked for, whatever else is asked.
    ///
    /// - Parameter known: what the database says; a file that ends as it should is not read through.
    package func counts(_ known: [PrintedLines]) -> [LogAttempt: Int] {
        let path = folder.path(run: run)
        let printed = Dictionary(known.map { ($0.key, $0) }) { first, _ in first }
        var counts: [LogAttempt: Int] = [:]
        for name in asked(folderNames(path)) {
            if let number = query.attempt, number != name.attempt { continue }
            counts[name.key] = LogFile.reading("\(path)/\(name.text)") { descriptor in
                Self.whole(descriptor, printed[name.key]) ?? LogFile.count(descriptor)
            }
        }
        return counts
    }

    /// Whether the end of every attempt's output is there.
    package func hasEnds(of known: [PrintedLines]) -> Bool {
        let path = folder.path(run: run)
        return known.allSatisfy { printed in
            guard let lines = printed.lines, printed.lost == 0 else { return false }
            if lines == 0 { return true }
            let name = LogFolder.Name(printed.key)
            return LogFile.reading("\(path)/\(name.text)", LogFile.lastNumber) == lines
        }
    }

    /// How many lines a file has, where its end is that of all that can be in it.
    private static func whole(_ descriptor: Int32, _ printed: PrintedLines?) -> Int? {
        guard let printed, let lines = printed.lines, let last = LogFile.lastNumber(descriptor)
        else { return nil }
        let kept = lines - printed.lost
        return last == lines || last == kept ? kept : nil
    }

    package func reached(_ attempt: LogAttempt) -> Int? {
        cursors[LogFolder.Name(attempt)]?.reached ?? 0
    }

    /// Gives every line that came since the last call, in order of time.
    ///
    /// A run that printed nothing has no folder, and no lines.
    package func readNew(_ body: (LogEntry) throws -> Void) throws {
        // Where it cannot be watched, there is no folder yet, or it is looked through each time.
        // Watched before it is read, so that what comes during the reading is told by `wait`.
        if watch == nil { watch = try? FolderWatch(folder.path(run: run), .writes) }
        // Also what came since `wait`: whoever asks may have found out meanwhile that no more will come.
        takeChanges()
        var fresh = names().map { cursors[$0] ?? LogCursor($0, folder.path(run: run)) }
        if let last = query.last, !isPlaced {
            for cursor in fresh { cursor.place(atLast: last, query) }
        }
        isPlaced = true
        isComplete = watch != nil
        changed = []
        for cursor in fresh { cursors[cursor.name] = cursor }
        fresh = fresh.filter { $0.next != nil || $0.advance() }
        try merge(fresh, body)
    }

    /// Waits until there may be more, or one of `descriptors` is readable; at most `limit`.
    ///
    /// A run without a line has no folder: that one is made is to be told by a descriptor
    /// (`StateWatch`).
    package func wait(limit: Duration, or descriptors: [Int32]) {
        let watched = descriptors + (watch.map { [$0.descriptor] } ?? [])
        var entries = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&entries, nfds_t(entries.count), Int32(clamping: limit.milliseconds))
        takeChanges()
    }

    private func takeChanges() {
        guard let watch else { return }
        let changes = watch.take()
        changed.formUnion(changes.names)
        if changes.isOverflow { isComplete = false }
    }

    /// The files to look into: all at first, then those that changed.
    private func names() -> [LogFolder.Name] {
        let found = isComplete ? Array(changed) : folderNames(folder.path(run: run))
        return asked(found)
    }

    private func asked(_ names: [String]) -> [LogFolder.Name] {
        names.compactMap(LogFolder.Name.init).filter { name in
            guard let task = query.task else { return true }
            return name.task == task.task && (task.item == nil || task.item == name.item)
        }
    }

    /// Attempts that did not overlap are joined, not compared: only cursors whose first line is due
    /// are looked at for each line.
    private func merge(_ fresh: [LogCursor], _ body: (LogEntry) throws -> Void) throws {
        var pending = fresh.sorted { $0.order > $1.order }
        var active: [LogCursor] = []
        while true {
            if active.isEmpty, let first = pending.popLast() { active.append(first) }
            guard var least = active.first else { return }
            for cursor in active.dropFirst() where cursor.order < least.order { least = cursor }
            while let first = pending.last, first.order < least.order {
                pending.removeLast()
                active.append(first)
                least = first
            }
            if let entry = least.next, query.accepts(entry) { try body(entry) }
            if !least.advance() { active.removeAll { $0 === least } }
        }
    }
}

/// One file's place. It is open only while it is read: a run may have more files than a process may
/// open.
private final class LogCursor {
    let name: LogFolder.Name
    private(set) var next: LogEntry?
    /// The number of the last line that was read.
    private(set) var reached = 0
    private let path: String
    private var offset: off_t = 0
    private var buffer: ArraySlice<UInt8> = []
    private var priorities = OpenPriorities()

    init(_ name: LogFolder.Name, _ folder: String) {
        self.name = name
        path = "\(folder)/\(name.text)"
    }

    /// By the next line's instant; names keep it the same each time it is asked.
    var order: (Int64, String, Int, Int) {
        (next?.readAt.milliseconds ?? .max, name.task, name.item, name.attempt)
    }

    /// Goes to where so many of the last lines that are asked for begin: nothing before them is read.
    func place(atLast count: Int, _ query: LogQuery) {
        LogFile.reading(path) { descriptor in
            var lines = RecordsFromEnd(descriptor)
            var found = 0
            var first: LogFile.Record?
            while let (line, place) = lines.previous() {
                if found == count {
                    offset = place + off_t(line.count) + 1
                    break
                }
                guard let record = LogFile.parse(line) else { continue }
                var ignored = OpenPriorities()
                if query.accepts(entry(record, &ignored)) { found += 1 }
                first = record
            }
            guard offset > 0 else { return }
            // What an older version wrote, and what Flower says, has its place for a number.
            reached = first?.number.map { $0 - 1 } ?? LogFile.count(descriptor, before: offset)
        }
    }

    /// Takes the next whole line; `false` where there is none yet.
    func advance() -> Bool {
        next = nil
        while next == nil {
            if let end = buffer.firstIndex(of: 10) {
                // A line that was not stored so (a power cut in the middle of one) is passed over.
                if let record = LogFile.parse(buffer[..<end]) {
                    if record.stream != .note { reached = record.number ?? reached + 1 }
                    next = entry(record, &priorities)
                }
                buffer = buffer[(end + 1)...]
            } else if !fill() {
                return false
            }
        }
        return true
    }

    private func entry(_ record: LogFile.Record, _ priorities: inout OpenPriorities) -> LogEntry {
        let (priority, text) = priorities.take(
            record.text,
            record.stream,
            record.isOpen,
            record.goesOn
        )
        var entry = LogEntry(
            task: name.task,
            item: name.item,
            attempt: name.attempt,
            readAt: record.readAt,
            stream: record.stream,
            line: record.stream == .note ? nil : record.number ?? reached,
            priority: priority,
            text: Array(text)
        )
        entry.isOpen = record.isOpen
        return entry
    }

    private func fill() -> Bool {
        LogFile.reading(path) { descriptor in
            let size = 2 * RunnerLimit.lineBytes
            var read = 0
            let block = [UInt8](unsafeUninitializedCapacity: size) { space, count in
                read = pread(descriptor, space.baseAddress, size, offset)
                count = max(read, 0)
            }
            guard read > 0 else { return false }
            offset += off_t(read)
            buffer = ArraySlice(buffer + block)
            return true
        } ?? false
    }
}
