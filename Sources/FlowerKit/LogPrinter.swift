import Execution
import Flows
import Storage

/// Prints a run's lines as they come.
struct LogPrinter {
    private let lines: any LogLines
    private let view: any LogFormatter
    private let output: Output

    /// Silence after which the lines of a run that has settled are all there.
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

    enum Stage {
        /// More may come at any time.
        case running
        /// What was printed last may still be on its way into its file: runners commit first.
        case settled
        /// All is in its file.
        case complete
    }

    /// Goes on until the run has settled and nothing more comes, or all is complete.
    ///
    /// - Parameters:
    ///   - watch: made before the run was looked at.
    ///   - end: told when all is complete.
    ///   - stage: asked when something has changed, and before the reading after it, so that no last
    ///     line is missed.
    mutating func follow(
        _ watch: StateWatch,
        end: Signal? = nil,
        while stage: () throws -> Stage
    ) throws {
        let descriptors = watch.descriptors + (end.map { [$0.descriptor] } ?? [])
        var now = try stage()
        var wasSettled = false
        while true {
            let count = try printNew()
            if now == .complete || (wasSettled && count == 0) { return }
            wasSettled = now == .settled
            let limit = wasSettled ? Self.patience : Self.longestWait
            lines.wait(limit: limit, or: descriptors)
            let hasChanged = watch.take()
            if hasChanged || now == .settled || end?.take() ?? 0 > 0 { now = try stage() }
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
