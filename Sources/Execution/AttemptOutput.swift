import Cron
import Flows
import Storage

/// What one attempt prints, on its way to the log sink, with what the database keeps of it.
final class AttemptOutput {
    let source: LogSource
    private let sink: any LogSink
    private var tail = Tail()
    private(set) var lines = 0
    private var bytes = 0
    private var isLimitReached = false
    private let isAdopted: Bool
    /// What is not to be kept of it.
    let mask: Mask

    /// - Parameter isAdopted: a dead runner took its output, and how much there was is not known.
    init(
        _ source: LogSource,
        _ sink: any LogSink,
        isAdopted: Bool = false,
        mask: Mask = .none
    ) {
        self.source = source
        self.sink = sink
        self.isAdopted = isAdopted
        self.mask = mask
    }

    var tailBytes: [UInt8] { tail.bytes }

    /// What the database says of where the lines are; empty where none was printed.
    var place: String { lines == 0 && !isAdopted ? "" : sink.place(of: source) }

    /// What a person should know of the output; `nil` for nothing.
    var note: String? {
        guard isLimitReached, let limit = sink.limitBytes else { return nil }
        let what = sink.keepsAll ? "is in the journal alone" : "was not kept"
        return "output beyond \(limit >> 20) MiB \(what)"
    }

    func take(_ read: LineSplitter.Lines, _ stream: OutputStream) {
        var new = read
        if !mask.isEmpty { new.bytes = mask.applied(to: new.bytes) }
        tail.append(new.bytes)
        forward(new, stream)
        lines += new.count
        bytes += new.bytes.count
    }

    /// A text of ours about the attempt, without what is not to be kept.
    func masked(_ text: String) -> String { mask.applied(to: text) }

    /// Says that nothing more will come.
    func close() {
        if lines > 0 { sink.close(source) }
    }

    private func forward(_ new: LineSplitter.Lines, _ stream: OutputStream) {
        let readAt = Instant.now
        if !isLimitReached, let limit = sink.limitBytes, bytes + new.bytes.count > limit {
            isLimitReached = true
            let text = "flower: \(limit >> 20) MiB are kept of an attempt; the rest was not\n"
            sink.write(chunk(.note, readAt, Array(text.utf8), .limitedSinks))
        }
        if !isLimitReached {
            sink.write(chunk(stream, readAt, new.bytes))
        } else if sink.keepsAll {
            sink.write(chunk(stream, readAt, new.bytes, .unlimitedSinks))
        }
    }

    private func chunk(
        _ stream: OutputStream,
        _ readAt: Instant,
        _ lines: [UInt8],
        _ reach: LogChunk.Reach = .everywhere
    ) -> LogChunk {
        LogChunk(
            source: source,
            stream: stream,
            readAt: readAt,
            firstLine: self.lines + 1,
            lines: lines,
            reach: reach
        )
    }
}
