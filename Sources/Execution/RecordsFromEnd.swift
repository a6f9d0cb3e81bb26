import CLinux
import Flows
import Glibc

/// The lines of a log file from the last to the first, read block by block from its end.
///
/// What has no newline at the end is no line yet.
struct RecordsFromEnd {
    private let descriptor: Int32
    private var block: [UInt8] = []
    /// Where the block begins in the file.
    private var start: off_t
    /// The end of what is not given yet, in the block.
    private var end = 0
    private var hasEnd = false
    private var size = Self.firstBytes

    /// Most callers look at one line, or a few.
    private static let firstBytes = 4 << 10
    private static let mostBytes = 256 << 10

    /// Of an open file, which is the caller's to close.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        start = fstat(descriptor, &status) == 0 ? status.st_size : 0
    }

    /// The line before, without its newline, and where it begins in the file.
    mutating func previous() -> (line: ArraySlice<UInt8>, offset: off_t)? {
        while true {
            if end > 0 {
                let first = newline(before: end - 1).map { $0 + 1 } ?? 0
                if first > 0 || start == 0 {
                    defer { end = first }
                    return (block[first..<(end - 1)], start + off_t(first))
                }
            }
            guard start > 0, readBlock() else { return nil }
            if !hasEnd {
                end = newline(before: end).map { $0 + 1 } ?? 0
                hasEnd = end > 0
            }
        }
    }

    private mutating func readBlock() -> Bool {
        let count = min(size, Int(start))
        size = min(size * 2, Self.mostBytes)
        var read = 0
        let new = [UInt8](unsafeUninitializedCapacity: count) { space, used in
            read = pread(descriptor, space.baseAddress, count, start - off_t(count))
            used = max(read, 0)
        }
        guard read == count else { return false }
        block = new + block[..<end]
        start -= off_t(count)
        end += count
        return true
    }

    private func newline(before limit: Int) -> Int? {
        block.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = clinux_find_last(base, limit, 10)
            else { return nil }
            return found - base
        }
    }
}

extension LogFolder {
    /// What there is of an attempt's output in its file.
    struct Kept {
        var lines = 0
        /// As the database keeps it.
        var tail: [UInt8] = []
    }

    /// Of an attempt whose file nobody writes any more.
    func kept(of source: LogSource) -> Kept {
        LogFile.reading(path(of: source)) { descriptor in
            var kept = Kept()
            kept.lines = LogFile.lastNumber(descriptor) ?? LogFile.count(descriptor)
            var records: [LogFile.Record] = []
            var bytes = 0
            var lines = RecordsFromEnd(descriptor)
            while bytes <= Limit.tailBytes, let (line, _) = lines.previous() {
                guard let record = LogFile.parse(line), record.stream != .note else { continue }
                records.append(record)
                bytes += record.text.count + 1
            }
            var tail = Tail()
            for record in records.reversed() {
                let line = LineSplitter.Lines(
                    bytes: record.text + [10],
                    count: 1,
                    open: record.isOpen ? 1 : 0
                )
                tail.append(line, record.stream)
            }
            kept.tail = tail.bytes
            return kept
        } ?? Kept()
    }
}

extension LogFile {
    /// - Returns: `nil` where there is no such file.
    static func reading<T>(_ path: String, _ body: (Int32) throws -> T) rethrows -> T? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    /// The number of the last line; `nil` where there is none, or an older version wrote the file.
    static func lastNumber(_ descriptor: Int32) -> Int? {
        var lines = RecordsFromEnd(descriptor)
        while let (line, _) = lines.previous() {
            guard let record = parse(line), record.stream != .note else { continue }
            return record.number
        }
        return nil
    }

    /// How many of the task's lines begin before `end`; the whole file is read.
    static func count(_ descriptor: Int32, before end: off_t = .max) -> Int {
        var block = [UInt8](repeating: 0, count: 256 << 10)
        var lines = 0
        /// Of the line that goes on, before the block.
        var begun: [UInt8] = []
        var offset: off_t = 0
        while offset < end {
            let wanted = Int(min(off_t(block.count), end - offset))
            let read = pread(descriptor, &block, wanted, offset)
            guard read > 0 else { break }
            offset += off_t(read)
            block.withUnsafeBytes { bytes in
                var rest = UnsafeRawBufferPointer(rebasing: bytes[..<read])
                while let base = rest.baseAddress, let found = memchr(base, 10, rest.count) {
                    let length = UnsafeRawPointer(found) - base
                    let line = UnsafeRawBufferPointer(start: base, count: length)
                    if begun.isEmpty {
                        if !isNote(line) { lines += 1 }
                    } else {
                        begun += line.prefix(prefixBytes)
                        if !begun.withUnsafeBytes(isNote) { lines += 1 }
                        begun = []
                    }
                    rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
                }
                if begun.count < prefixBytes { begun += rest.prefix(prefixBytes) }
            }
        }
        return lines
    }
}
