import Glibc
import Storage

/// Keeps lines in `logs/<run>/<task>.<attempt>.log`, as `LogFile` has them.
///
/// A file is made with an attempt's first line: most tasks print nothing.
package final class FileLogSink: LogSink {
    package let limitBytes: Int? = RunnerLimit.logFileBytes

    private let queue: LogQueue
    private let folder: LogFolder

    /// Starts the writing thread.
    ///
    /// - Parameter room: of a pair of sinks; `nil` = its own.
    package init(_ folder: StateFolder, room: Signal? = nil) throws(SystemFailure) {
        let logs = LogFolder(folder)
        self.folder = logs
        let signal = if let room { room } else { try Signal() }
        queue = try LogQueue(name: "flower-logs", room: signal) { OpenLogFiles(logs) }
    }

    package var room: Signal { queue.room }

    package func place(of source: LogSource) -> String {
        "file:" + folder.relativePath(of: source)
    }

    package var isFull: Bool { queue.isFull }

    package func bytesKept(of bytes: Int, lines: Int, last: Int) -> Int {
        LogFile.bytes(bytes, lines: lines, last: last)
    }

    package func write(_ chunk: LogChunk) { queue.write(chunk) }

    package func takeLosses() -> [LogLoss] { queue.takeLosses() }

    package func close(_ source: LogSource) { queue.close(source) }

    package func finish(limit: Duration) -> String? {
        queue.finish(limit: limit, what: "the log files")
    }
}

/// The files that the sink's thread has open, one a source at most.
private struct OpenLogFiles: LogWriter {
    private let folder: LogFolder
    private var descriptors: [ObjectIdentifier: Int32] = [:]
    /// What was lost of sources that are not closed yet; nearly never any.
    private var losses: [ObjectIdentifier: LogLoss] = [:]
    /// Of these, what no line of theirs has told of yet.
    private var untold: [ObjectIdentifier: Int] = [:]
    private var buffer: [UInt8] = []

    init(_ folder: LogFolder) { self.folder = folder }

    mutating func write(_ chunk: LogChunk) throws(SystemFailure) {
        let key = ObjectIdentifier(chunk.source)
        let descriptor: Int32
        do throws(SystemFailure) {
            descriptor = try self.descriptor(of: chunk.source)
        } catch {
            note(chunk.lines[...], of: chunk, error)
            throw error
        }
        buffer.removeAll(keepingCapacity: true)
        if let lost = untold[key] { tell(lost, before: chunk) }
        let told = buffer.count
        LogFile.append(chunk, to: &buffer)
        let kept = append(buffer[...], to: descriptor)
        if kept < buffer.count {
            let failure = SystemFailure("cannot write \(folder.path(of: chunk.source))")
            if kept >= told { untold[key] = nil }
            note(buffer[max(kept, told)...], of: chunk, failure)
            throw failure
        }
        if told > 0 { untold[key] = nil }
    }

    private mutating func descriptor(of source: LogSource) throws(SystemFailure) -> Int32 {
        if let open = descriptors[ObjectIdentifier(source)] { return open }
        let descriptor = try folder.create(source)
        descriptors[ObjectIdentifier(source)] = descriptor
        return descriptor
    }

    /// Writes whole lines: what a disk that filled up took of one is taken back, for what comes once there
    /// is room again would be taken for its rest.
    ///
    /// - Returns: how many bytes of `bytes` were written; where not all, `errno` says why.
    private func append(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { break }
            rest = rest.dropFirst(written)
        }
        let written = bytes.count - rest.count
        guard !rest.isEmpty else { return written }
        let reason = errno
        let whole = bytes.prefix(written).lastIndex(of: 10).map { $0 + 1 - bytes.startIndex } ?? 0
        var status = stat()
        if whole < written, fstat(descriptor, &status) == 0 {
            ftruncate(descriptor, status.st_size - off_t(written - whole))
        }
        errno = reason
        return whole
    }

    private mutating func tell(_ lost: Int, before chunk: LogChunk) {
        let text = "\(lost) \(lost == 1 ? "line" : "lines") could not be written here\n"
        let note = LogChunk(
            source: chunk.source,
            stream: .note,
            readAt: chunk.readAt,
            firstLine: 0,
            lines: Array(text.utf8)
        )
        LogFile.append(note, to: &buffer)
    }

    private mutating func note(_ lines: ArraySlice<UInt8>, of chunk: LogChunk, _ why: SystemFailure)
    {
        guard chunk.stream != .note else { return }
        let count = lines.count { $0 == 10 }
        let key = ObjectIdentifier(chunk.source)
        untold[key, default: 0] += count
        losses[key, default: Self.loss(of: chunk.source, why)].lines += count
    }

    private static func loss(of source: LogSource, _ why: SystemFailure) -> LogLoss {
        LogLoss(task: source.taskID, attempt: source.attempt, reason: systemMessage(why.code))
    }

    mutating func close(_ source: LogSource) -> LogLoss? {
        let key = ObjectIdentifier(source)
        if let descriptor = descriptors.removeValue(forKey: key) { Glibc.close(descriptor) }
        guard !losses.isEmpty else { return nil }
        untold[key] = nil
        return losses.removeValue(forKey: key)
    }

    mutating func closeAll() {
        for descriptor in descriptors.values { Glibc.close(descriptor) }
        descriptors = [:]
    }
}
