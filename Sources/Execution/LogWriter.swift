import Storage
import Systemd

/// Where a log sink's thread puts lines. Used on that thread alone.
protocol LogWriter {
    mutating func write(_ chunk: LogChunk) throws
    /// No more will come from the source.
    ///
    /// - Returns: what could not be written of it; `nil` where all was.
    mutating func close(_ source: LogSource) -> LogLoss?
    mutating func closeAll()
    mutating func tell(_ event: JournalEvent) throws
}

extension LogWriter {
    mutating func tell(_ event: JournalEvent) {}
}
