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

    package func write(_ chunk: LogChunk) { queue.write(chunk) }

    package func close(_ source: LogSource) { queue.close(source) }

    package func finish(limit: Duration) -> String? {
        queue.finish(limit: limit, what: "the log files")
    }
}

/// The files that the sink's thread has open, one a source at most.
private struct OpenLogFiles: LogWriter {
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
