import Execution
import Flows

/// Prints a run's lines as they come.
struct LogPrinter {
    private let reader: LogReader
    private let view: LogView
    private let attempt: Int?
    private let output: Output

    /// Longest silence before the run is asked again whether it has settled: a line that never comes
    /// must not keep anyone waiting.
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
    mutating func printNew(last count: Int? = nil) throws {
        var block: [UInt8] = []
        var last = count.map { LastLines($0) }
        try reader.readNew { entry in
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
    }

    /// Goes on until `isSettled`, which is asked before each reading so that no last line is missed.
    mutating func follow(until isSettled: () throws -> Bool) throws {
        while true {
            let wasSettled = try isSettled()
            try printNew()
            if wasSettled { return }
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
