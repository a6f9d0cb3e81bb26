import Cron
import Flows
import Storage
import Systemd

/// Where an attempt prints to.
package enum OutputStream: UInt8, Sendable, CaseIterable {
    case output = 0x6F  // o
    case errors = 0x65  // e
    /// What Flower itself says between the task's lines.
    case note = 0x2D  // -
}

/// Whose lines they are: told to the sink with every chunk, known by reference.
package final class LogSource: Sendable {
    package let run: RunContext
    package let task: String
    package let item: Int
    package let attempt: Int
    let taskID: Int64

    package init(_ claim: Claim) {
        run = claim.run
        task = claim.name
        item = claim.item
        attempt = claim.attempt
        taskID = claim.taskID
    }
}

/// Lines of one stream that were read at once.
package struct LogChunk: Sendable {
    package let source: LogSource
    package let stream: OutputStream
    package let readAt: Instant
    /// From 1 within the attempt, over all streams: the number of the first line.
    package let firstLine: Int
    /// Whole lines, each ended by a newline. Any bytes else: nothing says that it is text.
    package let lines: [UInt8]
    /// How many of them, from the first on, no newline followed in what was printed (`LineSplitter.Lines`).
    package var open = 0
    /// Whether the first goes on where the line before of its stream was left open.
    package var goesOn = false
    /// Which of several sinks it is for.
    package var reach = Reach.everywhere

    package enum Reach: Sendable {
        case everywhere
        /// Those that keep no more of the attempt.
        case limitedSinks
        /// Those that keep all.
        case unlimitedSinks
    }
}

extension LogChunk {
    /// Gives each line, without its newline.
    func forEachLine<E: Error>(_ body: (Line) throws(E) -> Void) throws(E) {
        var rest = lines[...]
        var place = 0
        while let end = rest.firstIndex(of: 10) {
            let line = Line(
                text: rest[..<end],
                number: firstLine + place,
                isOpen: place < open,
                goesOn: place == 0 ? goesOn : place <= open
            )
            try body(line)
            rest = rest[(end + 1)...]
            place += 1
        }
    }

    struct Line {
        let text: ArraySlice<UInt8>
        let number: Int
        /// Whether no newline followed it in what was printed.
        let isOpen: Bool
        /// Whether it goes on where the line before of its stream was left open.
        let goesOn: Bool
    }
}

/// Where lines are kept: files here; the journal has one of its own.
///
/// Logs never stop work (promise 7): no call blocks. A sink writes on a thread of its own behind a
/// queue of bounded size; while that is full, the runner leaves the tasks' pipes unread, and
/// nothing else waits.
package protocol LogSink: AnyObject, Sendable {
    /// What the database remembers of where an attempt's lines are: `file:PATH`, `journal`.
    func place(of source: LogSource) -> String

    /// Bytes of one attempt that it keeps, or that one of several sinks does; `nil` = all.
    var limitBytes: Int? { get }

    /// What lines take of these that have so many bytes; `last` is the greatest of their numbers.
    func bytesKept(of bytes: Int, lines: Int, last: Int) -> Int

    /// Whether what is beyond `limitBytes` is kept too, by another of several sinks.
    var keepsAll: Bool { get }

    /// Whether no more should be brought. Then `room` is raised when there is.
    var isFull: Bool { get }
    var room: Signal { get }

    /// Takes a chunk, also when full.
    func write(_ chunk: LogChunk)

    /// Says that no more will come from a source.
    func close(_ source: LogSource)

    /// Whether events go anywhere.
    var takesEvents: Bool { get }

    /// Takes an event, behind what was written before it. Where too many wait, it is counted and
    /// forgotten: the database has it.
    func tell(_ event: JournalEvent)

    /// Lines that could not be kept, of attempts of which no more comes; each is given once. `room` is raised
    /// when there are some.
    func takeLosses() -> [LogLoss]

    /// Waits until all is written, at most `limit`; nothing may be brought after it.
    ///
    /// - Returns: what could not be written, in words; `nil` where all was.
    func finish(limit: Duration) -> String?
}

extension LogSink {
    package var keepsAll: Bool { limitBytes == nil }
    package var takesEvents: Bool { false }
    package func bytesKept(of bytes: Int, lines: Int, last: Int) -> Int { bytes }
    package func takeLosses() -> [LogLoss] { [] }
    package func tell(_ event: JournalEvent) {}
}
