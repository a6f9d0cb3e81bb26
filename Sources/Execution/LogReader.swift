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

    /// Of the query, `last` is the caller's part: what is not yet read may be among the last.
    package init(_ state: StateFolder, _ query: LogQuery) {
        folder = LogFolder(state)
        self.query = query
    }

    /// How many lines there are of each attempt that is asked for, whatever else is asked.
    package func counts() -> [LogAttempt: Int] {
        let path = folder.path(run: run)
        var counts: [LogAttempt: Int] = [:]
        for name in asked(folderNames(path)) {
            let attempt = LogAttempt(task: name.task, item: name.item, number: name.attempt)
            if let number = query.attempt, number != attempt.number { continue }
            counts[attempt] = lineCount("\(path)/\(name.text)")
        }
        return counts
    }

    private func lineCount(_ path: String) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var block = [UInt8](repeating: 0, count: 256 << 10)
        var lines = 0
        while true {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { return lines }
            lines += block[..<count].count { $0 == 10 }
        }
    }

    /// Gives every line that came since the last call, in order of time.
    ///
    /// A run that printed nothing has no folder, and no lines.
    package func readNew(_ body: (LogEntry) throws -> Void) throws {
        // Where it cannot be watched, there is no folder yet, or it is looked through each time.
        // Watched before it is read, so that what comes during the reading is told by `wait`.
        if watch == nil { watch = try? FolderWatch(folder.path(run: run), .writes) }
        var fresh = names().map { cursors[$0] ?? LogCursor($0, folder.path(run: run)) }
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
    private let path: String
    private var offset: off_t = 0
    private var lines = 0
    private var buffer: ArraySlice<UInt8> = []

    init(_ name: LogFolder.Name, _ folder: String) {
        self.name = name
        path = "\(folder)/\(name.text)"
    }

    /// By the next line's instant; names keep it the same each time it is asked.
    var order: (Int64, String, Int, Int) {
        (next?.readAt.milliseconds ?? .max, name.task, name.item, name.attempt)
    }

    /// Takes the next whole line; `false` where there is none yet.
    func advance() -> Bool {
        next = nil
        while next == nil {
            if let end = buffer.firstIndex(of: 10) {
                next = entry(buffer[..<end])
                buffer = buffer[(end + 1)...]
            } else if !fill() {
                return false
            }
        }
        return true
    }

    /// A line that was not stored so (a disk that filled in the middle of one) is passed over.
    private func entry(_ line: ArraySlice<UInt8>) -> LogEntry? {
        guard let parsed = LogFile.parse(line) else { return nil }
        lines += 1
        let (priority, text) = JournalLines.priority(of: parsed.text[...], parsed.stream)
        return LogEntry(
            task: name.task,
            item: name.item,
            attempt: name.attempt,
            readAt: parsed.readAt,
            stream: parsed.stream,
            line: lines,
            priority: priority,
            text: Array(text)
        )
    }

    private func fill() -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
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
    }
}
