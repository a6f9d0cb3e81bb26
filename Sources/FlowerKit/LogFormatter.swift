import Execution

/// Puts the pieces of a line together again: what was too long for one entry, and what no newline has ended.
struct LineJoiner {
    /// Whose line has no newline yet.
    private var open: (attempt: LogAttempt, stream: OutputStream)?

    /// - Returns: whether the entry begins a line; else it goes on with the last.
    func begins(_ entry: LogEntry, _ block: inout [UInt8]) -> Bool {
        guard let open else { return true }
        if open.attempt == entry.attemptKey, open.stream == entry.stream { return false }
        block.append(UInt8(ascii: "\n"))
        return true
    }

    /// Ends the line of an entry, unless it goes on.
    mutating func end(_ entry: LogEntry, _ block: inout [UInt8]) {
        open = entry.isOpen ? (entry.attemptKey, entry.stream) : nil
        if !entry.isOpen { block.append(UInt8(ascii: "\n")) }
    }

    /// Ends a line that is open after the last entry.
    mutating func end(_ block: inout [UInt8]) {
        if open != nil { block.append(UInt8(ascii: "\n")) }
        open = nil
    }
}

extension LogEntry {
    fileprivate var attemptKey: LogAttempt { LogAttempt(task: task, item: item, number: attempt) }
}

/// Writes lines as people or programs read them.
protocol LogFormatter {
    mutating func append(_ entry: LogEntry, to block: inout [UInt8])
    /// After the last.
    mutating func end(_ block: inout [UInt8])
}
