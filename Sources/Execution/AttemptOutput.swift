import Cron
import Flows
import Storage

/// What one attempt prints, on its way to the log sink, with what the database keeps of it.
final class AttemptOutput {
    let source: LogSource
    private let sink: any LogSink
    private var tail = Tail()
    private(set) var lines = 0
    /// What the sink has kept of it.
    private var bytes = 0
    /// How many lines there were when the sink's limit was reached.
    private var linesWithinLimit: Int?
    /// The streams whose last line is open.
    private var open: Set<OutputStream> = []
    /// What is known of one that a dead runner has taken.
    private let adopted: LogFolder.Kept?
    /// What is not to be kept of it.
    let mask: Mask

    /// - Parameter adopted: what a dead runner, which took its output, has kept of it.
    init(
        _ source: LogSource,
        _ sink: any LogSink,
        adopted: LogFolder.Kept? = nil,
        mask: Mask = .none
    ) {
        self.source = source
        self.sink = sink
        self.adopted = adopted
        self.mask = mask
        lines = adopted?.lines ?? 0
    }

    var tailBytes: [UInt8] { adopted?.tail ?? tail.bytes }

    /// How many of its lines its file does not have, as far as that is known here.
    var lost: Int { linesWithinLimit.map { lines - $0 } ?? 0 }

    /// What the database says of where the lines are; empty where none was printed.
    var place: String { lines == 0 && adopted == nil ? "" : sink.place(of: source) }

    /// What a person should know of the output; `nil` for nothing.
    var note: String? {
        if adopted != nil { return "the last of its output may be missing" }
        guard linesWithinLimit != nil, let limit = sink.limitBytes else { return nil }
        let what = sink.keepsAll ? "is in the journal alone" : "was not kept"
        return "output beyond \(limit >> 20) MiB \(what)"
    }

    func take(_ read: LineSplitter.Lines, _ stream: OutputStream) {
        var new = read
        if !mask.isEmpty { new.bytes = mask.applied(to: new.bytes) }
        tail.append(new, stream)
        forward(new, stream)
        lines += new.count
        if new.open == new.count { open.insert(stream) } else { open.remove(stream) }
    }

    /// A text of ours about the attempt, without what is not to be kept.
    func masked(_ text: String) -> String { mask.applied(to: text) }

    /// Says that nothing more will come.
    func close() {
        if lines > 0 { sink.close(source) }
    }

    private func forward(_ new: LineSplitter.Lines, _ stream: OutputStream) {
        let readAt = Instant.now
        let last = lines + new.count
        bytes += sink.bytesKept(of: new.bytes.count, lines: new.count, last: last)
        if linesWithinLimit == nil, let limit = sink.limitBytes, bytes > limit {
            linesWithinLimit = lines
            let text = "\(limit >> 20) MiB are kept of an attempt; the rest was not\n"
            let note = LineSplitter.Lines(bytes: Array(text.utf8), count: 1)
            sink.write(chunk(.note, readAt, note, .limitedSinks))
        }
        if linesWithinLimit == nil {
            sink.write(chunk(stream, readAt, new))
        } else if sink.keepsAll {
            sink.write(chunk(stream, readAt, new, .unlimitedSinks))
        }
    }

    private func chunk(
        _ stream: OutputStream,
        _ readAt: Instant,
        _ lines: LineSplitter.Lines,
        _ reach: LogChunk.Reach = .everywhere
    ) -> LogChunk {
        LogChunk(
            source: source,
            stream: stream,
            readAt: readAt,
            firstLine: self.lines + 1,
            lines: lines.bytes,
            open: lines.open,
            goesOn: open.contains(stream),
            reach: reach
        )
    }
}
