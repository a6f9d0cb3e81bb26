import Execution
import Flows
import Glibc
import Storage

/// Prints a run's lines as they come.
struct LogPrinter {
    private let lines: any LogLines
    private var view: any LogFormatter
    private let output: Output

    /// Between two looks for lines that are on their way.
    private static let patience = Duration.milliseconds(200)
    /// Longest wait without a look; a safety net.
    static let longestWait = Duration.seconds(60)
    /// Printed at once, so that neither a line costs a write nor a long log all the memory.
    private static let blockBytes = 64 << 10

    init(_ lines: any LogLines, _ view: any LogFormatter, output: Output) {
        self.lines = lines
        self.view = view
        self.output = output
    }

    /// Prints what has come since the last call.
    ///
    /// - Parameter count: only so many of the last lines; `nil` = all.
    /// - Returns: how many lines have come.
    @discardableResult
    mutating func printNew(last count: Int? = nil) throws -> Int {
        var come = 0
        var block: [UInt8] = []
        var last = count.map { LastLines($0) }
        try lines.readNew { entry in
            come += 1
            if last != nil {
                last?.append(entry)
                return
            }
            view.append(entry, to: &block)
            if block.count >= Self.blockBytes {
                try write(block)
                block.removeAll(keepingCapacity: true)
            }
        }
        for entry in last?.entries ?? [] { view.append(entry, to: &block) }
        try write(block)
        return come
    }

    /// Ends what it has printed.
    mutating func end() throws {
        var block: [UInt8] = []
        view.end(&block)
        try write(block)
    }

    /// Goes on until the run has settled and every line that its attempts count has come, or none can come
    /// any more.
    ///
    /// - Parameters:
    ///   - watch: made before the run was looked at.
    ///   - end: told when there is another reason to look at `goal`.
    ///   - goal: looked at when something has changed, and before the reading after it, so that no last line is
    ///     missed.
    ///   - runnerEnded: called when some runner may have ended.
    /// - Returns: what has not come.
    mutating func follow(
        _ watch: StateWatch,
        end: Signal? = nil,
        to goal: LogGoal,
        runnerEnded: () throws -> Void = {}
    ) throws -> LogGoal.Lack {
        let descriptors = watch.descriptors + (end.map { [$0.descriptor] } ?? [])
        var stage = try goal.look()
        var lastCame = MonotonicTime.now
        while true {
            if try printNew() > 0 { lastCame = .now }
            let silence = MonotonicTime.now - lastCame
            if let lack = stage.lack(lines, silence: silence) {
                try self.end()
                return lack
            }
            lines.wait(limit: stage.isRunning ? Self.longestWait : Self.patience, or: descriptors)
            let hasChanged = watch.take()
            if watch.sawRunner {
                // The kernel tells of its end before it gives its lock back.
                poll(nil, 0, Int32(RunnerLimit.peerEnd.milliseconds))
                try runnerEnded()
            }
            if hasChanged || !stage.isRunning || end?.take() ?? 0 > 0 { stage = try goal.look() }
        }
    }

    private func write(_ block: [UInt8]) throws {
        try block.withUnsafeBytes { try output.write($0) }
    }
}

/// The last of many lines: what is older is forgotten.
struct LastLines {
    /// All of them are held in memory.
    static let limit = 1_000_000

    private let count: Int
    private var ring: [LogEntry] = []
    private var oldest = 0

    init(_ count: Int) {
        self.count = count
    }

    mutating func append(_ entry: LogEntry) {
        guard count > 0 else { return }
        if ring.count < count {
            ring.append(entry)
        } else {
            ring[oldest] = entry
            oldest = (oldest + 1) % count
        }
    }

    /// In the order in which they came.
    var entries: [LogEntry] { Array(ring[oldest...] + ring[..<oldest]) }
}
