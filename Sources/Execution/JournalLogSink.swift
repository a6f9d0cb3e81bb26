import Storage
import Systemd

/// Writes lines to the journal, an entry each.
///
/// While journald is stopped or slow its thread blocks, the queue fills, and tasks are slowed; nothing
/// else waits. What journald's rate limit drops is told to nobody: the numbers of the lines tell.
final class JournalLogSink: LogSink {
    let limitBytes: Int? = nil
    private let queue: LogQueue

    /// About what the fields beside the message take. So some 30,000 entries fill the queue, which
    /// journald takes in a second: a runner that ends waits for no more.
    private static let entryCost = 128

    /// Starts the writing thread.
    init(_ journal: Journal, room: Signal) throws(SystemFailure) {
        queue = try LogQueue(name: "flower-journal", room: room, lineCost: Self.entryCost) {
            JournalLines(journal)
        }
    }

    var room: Signal { queue.room }

    func place(of source: LogSource) -> String { "journal" }

    var isFull: Bool { queue.isFull }

    func write(_ chunk: LogChunk) { queue.write(chunk) }

    func close(_ source: LogSource) { queue.close(source) }

    var takesEvents: Bool { true }

    func tell(_ event: JournalEvent) { queue.tell(event) }

    func finish(limit: Duration) -> String? {
        queue.finish(limit: limit, what: "the journal's entries")
    }
}

/// Two sinks that get the same.
final class PairedLogSink: LogSink {
    private let first: any LogSink
    private let second: any LogSink
    let room: Signal

    /// - Parameter room: which both raise.
    init(_ first: any LogSink, _ second: any LogSink, room: Signal) {
        self.first = first
        self.second = second
        self.room = room
    }

    /// The first's: where `flower logs` reads.
    func place(of source: LogSource) -> String { first.place(of: source) }

    var limitBytes: Int? { first.limitBytes ?? second.limitBytes }

    var keepsAll: Bool { first.keepsAll || second.keepsAll }

    var isFull: Bool {
        // Both are asked, for each remembers that room is waited for.
        let (isFirstFull, isSecondFull) = (first.isFull, second.isFull)
        return isFirstFull || isSecondFull
    }

    func write(_ chunk: LogChunk) {
        for sink in [first, second] {
            let isFor: Bool =
                switch chunk.reach {
                case .everywhere: true
                case .limitedSinks: !sink.keepsAll
                case .unlimitedSinks: sink.keepsAll
                }
            if isFor { sink.write(chunk) }
        }
    }

    func close(_ source: LogSource) {
        first.close(source)
        second.close(source)
    }

    var takesEvents: Bool { first.takesEvents || second.takesEvents }

    func tell(_ event: JournalEvent) {
        first.tell(event)
        second.tell(event)
    }

    func bytesKept(of bytes: Int, lines: Int, last: Int) -> Int {
        (first.limitBytes == nil ? second : first).bytesKept(of: bytes, lines: lines, last: last)
    }

    func takeLosses() -> [LogLoss] { first.takeLosses() + second.takeLosses() }

    func finish(limit: Duration) -> String? {
        let faults = [first.finish(limit: limit), second.finish(limit: limit)].compactMap { $0 }
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }
}

/// Lines as journal entries, with the fields that name their task.
struct JournalLines: LogWriter {
    private let journal: Journal
    private var fields: [ObjectIdentifier: [JournalField]] = [:]
    /// Of sources with a line that was left open.
    private var priorities: [ObjectIdentifier: OpenPriorities] = [:]

    init(_ journal: Journal) { self.journal = journal }

    mutating func write(_ chunk: LogChunk) throws {
        let key = ObjectIdentifier(chunk.source)
        let known = fields[key] ?? Self.fields(of: chunk.source)
        fields[key] = known
        var open = priorities[key] ?? OpenPriorities()
        defer { if chunk.open > 0 { priorities[key] = open } }
        try chunk.forEachLine { line throws(JournalFailure) in
            let (priority, text) = open.take(line.text, chunk.stream, line.isOpen, line.goesOn)
            let own = Self.fields(text, priority, line.number, chunk.stream, isOpen: line.isOpen)
            try journal.write(known + own)
        }
    }

    mutating func close(_ source: LogSource) -> LogLoss? {
        fields[ObjectIdentifier(source)] = nil
        priorities[ObjectIdentifier(source)] = nil
        return nil
    }

    mutating func tell(_ event: JournalEvent) throws { try journal.write(event.entry) }

    mutating func closeAll() { fields = [:] }

    static func fields(of source: LogSource) -> [JournalField] {
        [JournalField("SYSLOG_IDENTIFIER", JournalEvent.identifier)] + source.journalFields
    }

    static func fields(
        _ text: ArraySlice<UInt8>,
        _ priority: Int,
        _ number: Int,
        _ stream: OutputStream,
        isOpen: Bool
    ) -> [JournalField] {
        let fields = [
            JournalField("MESSAGE", Array(text)), JournalField("PRIORITY", priority),
            JournalField("FLOWER_LINE", number), JournalField("FLOWER_STREAM", "\(stream)"),
        ]
        return isOpen ? fields + [JournalField(LogEntry.openField, "none")] : fields
    }

    /// A line may begin with `<N>`, N its priority from 0 (emergency) to 7 (debug), as in
    /// sd-daemon(3); that is no part of the message then.
    static func priority(
        of line: ArraySlice<UInt8>,
        _ stream: OutputStream
    ) -> (Int, ArraySlice<UInt8>) {
        let start = line.startIndex
        if stream != .note, line.count >= 3, line[start] == UInt8(ascii: "<"),
            line[start + 2] == UInt8(ascii: ">"),
            (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(line[start + 1])
        {
            return (Int(line[start + 1] - UInt8(ascii: "0")), line[(start + 3)...])
        }
        // What Flower says between a task's lines is a notice, all else information.
        return (stream == .note ? 5 : 6, line)
    }
}

/// The priorities of an attempt's lines of which some are in pieces: the rest of a line has that of its beginning,
/// and no `<N>` of its own.
struct OpenPriorities {
    private var open: [OutputStream: Int] = [:]

    /// - Returns: the priority, and what is left of the text.
    mutating func take(
        _ line: ArraySlice<UInt8>,
        _ stream: OutputStream,
        _ isOpen: Bool,
        _ goesOn: Bool
    ) -> (Int, ArraySlice<UInt8>) {
        guard isOpen || goesOn else { return JournalLines.priority(of: line, stream) }
        let (priority, text) =
            goesOn
            ? (open[stream] ?? JournalLines.priority(of: [], stream).0, line)
            : JournalLines.priority(of: line, stream)
        open[stream] = isOpen ? priority : nil
        return (priority, text)
    }
}
