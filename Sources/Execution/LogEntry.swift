import Cron
import Flows
import Storage

/// A kept line, or an event, and whose it is.
package struct LogEntry: Sendable, Equatable {
    /// Empty for an event that is of no task.
    package let task: String
    package let item: Int
    package let attempt: Int
    /// When Flower read it, or the journal got it.
    package let readAt: Instant
    package let stream: OutputStream
    /// From 1 in its attempt; `nil` for an event.
    package let line: Int?
    /// 0 (emergency) to 7 (debug).
    package let priority: Int
    /// Without its newline and its `<N>`; any bytes.
    package let text: [UInt8]
    /// Whether no newline followed it in what was printed: it was too long for one entry and goes on in the
    /// next of its stream, or it was the last.
    package var isOpen = false
    /// All that the journal has of it, where that was asked for.
    package var fields: [Field] = []

    /// Tells in the journal, and for programs, that `isOpen`: `none`, where journald's own _LINE_BREAK has
    /// other words for what no newline has ended.
    package static let openField = "FLOWER_LINE_BREAK"

    /// One `NAME=value`, journald's own too.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: [UInt8]

        package init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    package init(
        task: String,
        item: Int,
        attempt: Int,
        readAt: Instant,
        stream: OutputStream,
        line: Int?,
        priority: Int,
        text: [UInt8]
    ) {
        self.task = task
        self.item = item
        self.attempt = attempt
        self.readAt = readAt
        self.stream = stream
        self.line = line
        self.priority = priority
        self.text = text
    }
}

/// Where lines are read from, and then those that come after them.
package protocol LogLines: AnyObject {
    /// Gives every line that came since the last call.
    func readNew(_ body: (LogEntry) throws -> Void) throws

    /// The number of the last line of an attempt that was read, 0 for none, whether it was asked for or not;
    /// `nil` where that is not known.
    func reached(_ attempt: LogAttempt) -> Int?

    /// How long after its runner's end a line may come.
    var delay: Duration { get }

    /// Waits until there may be more, or one of `descriptors` is readable; at most `limit`.
    func wait(limit: Duration, or descriptors: [Int32])
}

extension LogLines {
    package var delay: Duration { .zero }
}

/// Which lines of a run.
package struct LogQuery: Sendable {
    package var run: Int64
    /// With all its items, or one, `clean[3]`; `nil` = every task of the run.
    package var task: TaskName?
    package var attempt: Int?
    /// Both included.
    package var since: Instant?
    package var until: Instant?
    /// Both included.
    package var priorities: ClosedRange<Int>?
    /// Only so many of the last; `nil` = all.
    package var last: Int?
    /// What became of the run and its tasks too; the journal alone has it.
    package var hasEvents = false

    package init(run: Int64, task: String? = nil) {
        self.run = run
        self.task = task.map { TaskName(parsing: $0) }
    }

    /// Whether an entry of the run and the task is asked for.
    func accepts(_ entry: LogEntry) -> Bool {
        if let attempt, entry.attempt != attempt { return false }
        if let since, entry.readAt < since { return false }
        if let until, entry.readAt > until { return false }
        return priorities?.contains(entry.priority) ?? true
    }
}

/// One try of a task of a run.
package struct LogAttempt: Sendable, Hashable {
    package let task: String
    package let item: Int
    package let number: Int

    package init(task: String, item: Int, number: Int) {
        self.task = task
        self.item = item
        self.number = number
    }
}

extension PrintedLines {
    /// Whose they are.
    package var key: LogAttempt { LogAttempt(task: task, item: item, number: attempt) }
}
