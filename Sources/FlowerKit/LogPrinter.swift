import Execution
import Flows

/// Prints a run's lines as they come.
struct LogPrinter {
    private let reader: LogReader
    private let view: LogView
    private let attempt: Int?
    private let output: Output

    /// Longest silence before the run is asked again whether it has settled.
    private static let patience = Duration.milliseconds(200)
    /// Printed at once, so that neither a line costs a write nor a long log all the memory.
    private static let blockBytes = 64 << 10

    init(_ reader: LogReader, _ view: LogView, attempt: Int?, output: Output) {
        self.reader = reader
        self.view = view
        self.attempt = attempt
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
        try reader.readNew { entry in
            come += 1
            guard attempt == nil || entry.attempt == attempt else { return }
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
    /// - Parameter stage: asked before each reading, so that no last line is missed.
    mutating func follow(while stage: () throws -> Stage) throws {
        var wasSettled = false
        while true {
            let stage = try stage()
            let count = try printNew()
            if stage == .complete || (wasSettled && count == 0) { return }
            wasSettled = stage == .settled
            reader.wait(limit: Self.patience)
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
