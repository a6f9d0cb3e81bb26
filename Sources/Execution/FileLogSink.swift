import Cron
import Flows
import Glibc
import Storage
import Synchronization

/// Keeps lines in `logs/<run>/<task>.<attempt>.log`, as `LogFile` has them.
///
/// A file is made with an attempt's first line: most tasks print nothing.
package final class FileLogSink: LogSink {
    package let room: Signal
    package let limitBytes: Int? = RunnerLimit.logFileBytes

    private enum Item: Sendable {
        case chunk(LogChunk)
        case close(LogSource)
    }

    private struct Queue {
        var items: [Item] = []
        var bytes = 0
        var isFinished = false
        /// Whether somebody was told that it is full and waits for `room`.
        var isRoomAwaited = false
        var fault: String?
    }

    private let queue = Mutex(Queue())
    private let work: Signal
    private let folder: LogFolder
    private let thread = Mutex<WorkerThread?>(nil)

    /// Starts the writing thread.
    package init(_ folder: StateFolder) throws(SystemFailure) {
        room = try Signal()
        work = try Signal()
        self.folder = LogFolder(folder)
        let started = try WorkerThread(name: "flower-logs") { [weak self] in self?.writeAll() }
        thread.withLock { $0 = started }
    }

    package func place(of source: LogSource) -> String {
        "file:" + folder.relativePath(of: source)
    }

    package var isFull: Bool {
        queue.withLock { queue in
            let isFull = queue.bytes >= RunnerLimit.logQueueBytes
            if isFull { queue.isRoomAwaited = true }
            return isFull
        }
    }

    package func write(_ chunk: LogChunk) { add(.chunk(chunk), bytes: chunk.lines.count) }

    package func close(_ source: LogSource) { add(.close(source), bytes: 0) }

    package func finish(limit: Duration) -> String? {
        queue.withLock { $0.isFinished = true }
        work.raise()
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let thread, !thread.join(limit: limit) {
            return "the log files could not be written within \(DurationText.format(limit))"
        }
        return queue.withLock { $0.fault }
    }

    private func add(_ item: Item, bytes: Int) {
        let wasEmpty = queue.withLock { queue in
            queue.items.append(item)
            queue.bytes += bytes
            return queue.items.count == 1
        }
        if wasEmpty { work.raise() }
    }

    /// The thread: writes what has come until it is told that no more will.
    private func writeAll() {
        var files = OpenLogFiles(folder)
        var isFinished = false
        while !isFinished {
            _ = work.wait()
            work.take()
            let items: [Item]
            (items, isFinished) = queue.withLock { queue in
                defer { queue.items = [] }
                return (queue.items, queue.isFinished)
            }
            for item in items { write(item, to: &files) }
        }
        files.closeAll()
    }

    private func write(_ item: Item, to files: inout OpenLogFiles) {
        switch item {
        case .close(let source): files.close(source)
        case .chunk(let chunk):
            var fault: String?
            do { try files.write(chunk) } catch { fault = error.description }
            let isRoomMade = queue.withLock { queue in
                queue.bytes -= chunk.lines.count
                if let fault, queue.fault == nil { queue.fault = fault }
                guard queue.isRoomAwaited, queue.bytes < RunnerLimit.logQueueBytes / 2 else {
                    return false
                }
                queue.isRoomAwaited = false
                return true
            }
            if isRoomMade { room.raise() }
        }
    }
}

/// The files that the sink's thread has open, one a source at most.
private struct OpenLogFiles {
    private let folder: LogFolder
    private var descriptors: [ObjectIdentifier: Int32] = [:]
    private var buffer: [UInt8] = []

    init(_ folder: LogFolder) { self.folder = folder }

    mutating func write(_ chunk: LogChunk) throws(SystemFailure) {
        let key = ObjectIdentifier(chunk.source)
        let descriptor: Int32
        if let open = descriptors[key] {
            descriptor = open
        } else {
            descriptor = try folder.create(chunk.source)
            descriptors[key] = descriptor
        }
        buffer.removeAll(keepingCapacity: true)
        LogFile.append(chunk, to: &buffer)
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw SystemFailure("cannot write \(folder.path(of: chunk.source))")
            }
            rest = rest.dropFirst(written)
        }
    }

    mutating func close(_ source: LogSource) {
        if let descriptor = descriptors.removeValue(forKey: ObjectIdentifier(source)) {
            Glibc.close(descriptor)
        }
    }

    mutating func closeAll() {
        for descriptor in descriptors.values { Glibc.close(descriptor) }
        descriptors = [:]
    }
}
