import Cron
import Flows
import Glibc
import Storage

/// The stored form of a line: `2026-11-23T21:10:54.807Z o text`, the instant (UTC) of reading and
/// the stream (`o` output, `e` errors, `-` Flower's note) before the bytes as they came.
package enum LogFile {
    /// Of instant, blank, stream and blank.
    static let prefixBytes = 27

    static func append(_ chunk: LogChunk, to buffer: inout [UInt8]) {
        let prefix = stamp(chunk.readAt) + [blank, chunk.stream.rawValue, blank]
        var rest = chunk.lines[...]
        while let end = rest.firstIndex(of: newline) {
            buffer += prefix
            buffer += rest[...end]
            rest = rest[(end + 1)...]
        }
    }

    /// A stored line, without its newline, taken apart; `nil` for one that was not stored so.
    static func parse(_ line: ArraySlice<UInt8>) -> (
        readAt: Instant, stream: OutputStream, text: [UInt8]
    )? {
        guard line.count >= prefixBytes else { return nil }
        let start = line.startIndex
        guard let readAt = instant(line[start..<(start + 24)]),
            line[start + 24] == blank, line[start + 26] == blank,
            let stream = OutputStream(rawValue: line[start + 25])
        else { return nil }
        return (readAt, stream, Array(line[(start + prefixBytes)...]))
    }

    /// 24 bytes, `YYYY-MM-DDTHH:MM:SS.mmmZ`; years of four digits, which lasts.
    static func stamp(_ instant: Instant) -> [UInt8] {
        var seconds = time_t(instant.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func add(_ value: Int, _ width: Int, _ end: UInt8) {
            var scale = 1
            for _ in 1..<width { scale *= 10 }
            while scale > 0 {
                text.append(UInt8(truncatingIfNeeded: 0x30 + value / scale % 10))
                scale /= 10
            }
            text.append(end)
        }
        add(Int(parts.tm_year) + 1900, 4, UInt8(ascii: "-"))
        add(Int(parts.tm_mon) + 1, 2, UInt8(ascii: "-"))
        add(Int(parts.tm_mday), 2, UInt8(ascii: "T"))
        add(Int(parts.tm_hour), 2, UInt8(ascii: ":"))
        add(Int(parts.tm_min), 2, UInt8(ascii: ":"))
        add(Int(parts.tm_sec), 2, UInt8(ascii: "."))
        add(Int(instant.milliseconds - instant.seconds * 1000), 3, UInt8(ascii: "Z"))
        return text
    }

    private static func instant(_ stamp: ArraySlice<UInt8>) -> Instant? {
        var fields: [Int] = []
        var value = 0
        for byte in stamp {
            switch byte {
            case 0x30...0x39: value = value * 10 + Int(byte - 0x30)
            default:
                fields.append(value)
                value = 0
            }
        }
        guard fields.count == 7 else { return nil }
        var parts = tm()
        parts.tm_year = Int32(clamping: fields[0] - 1900)
        parts.tm_mon = Int32(clamping: fields[1] - 1)
        parts.tm_mday = Int32(clamping: fields[2])
        parts.tm_hour = Int32(clamping: fields[3])
        parts.tm_min = Int32(clamping: fields[4])
        parts.tm_sec = Int32(clamping: fields[5])
        return Instant(milliseconds: Int64(timegm(&parts)) * 1000 + Int64(fields[6]))
    }

    private static let newline: UInt8 = 10
    private static let blank: UInt8 = 32
}

/// `logs/` of a state folder: `<run>/<task>.<attempt>.log`, or `<task>~<item>.<attempt>.log`; no
/// task's name has a `~`.
package struct LogFolder: Sendable {
    private let state: StateFolder

    package init(_ state: StateFolder) { self.state = state }

    /// What a file's name says.
    package struct Name: Sendable, Hashable {
        package let task: String
        package let item: Int
        package let attempt: Int

        init(task: String, item: Int, attempt: Int) {
            self.task = task
            self.item = item
            self.attempt = attempt
        }

        var text: String {
            item == 0 ? "\(task).\(attempt).log" : "\(task)~\(item).\(attempt).log"
        }

        /// `nil` for a name that Flower would not give.
        init?(_ text: String) {
            guard text.hasSuffix(".log") else { return nil }
            let stem = text.dropLast(4)
            guard let dot = stem.lastIndex(of: "."),
                let attempt = Int(stem[stem.index(after: dot)...]), attempt >= 1
            else { return nil }
            let parts = stem[..<dot].split(separator: "~", omittingEmptySubsequences: false)
            guard let task = parts.first, !task.isEmpty, parts.count <= 2 else { return nil }
            guard let item = parts.count == 2 ? Int(parts[1]) : 0 else { return nil }
            self.init(task: String(task), item: item, attempt: attempt)
        }
    }

    package func path(run: Int64) -> String { "\(state.logsPath)/\(run)" }

    /// Relative to the state folder, which may be moved.
    func relativePath(of source: LogSource) -> String {
        "logs/\(source.run.runID)/\(name(source).text)"
    }

    func path(of source: LogSource) -> String {
        "\(path(run: source.run.runID))/\(name(source).text)"
    }

    /// Opens the file of a source to append to it, folder included; a group that shares the state
    /// folder shares its logs.
    func create(_ source: LogSource) throws(SystemFailure) -> Int32 {
        let path = path(of: source)
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW
        var descriptor = open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            try makeFolder(self.path(run: source.run.runID))
            descriptor = open(path, flags, 0o600)
        }
        guard descriptor >= 0 else { throw SystemFailure("cannot open the log file \(path)") }
        // The umask must not decide it.
        if isShared { fchmod(descriptor, 0o660) }
        return descriptor
    }

    private func makeFolder(_ path: String) throws(SystemFailure) {
        if mkdir(path, 0o700) != 0 {
            guard errno == EEXIST else { throw SystemFailure("cannot make the folder \(path)") }
        } else if isShared {
            chmod(path, 0o2770)
        }
    }

    private var isShared: Bool {
        var status = stat()
        return stat(state.logsPath, &status) == 0 && status.st_mode & S_ISGID != 0
    }

    private func name(_ source: LogSource) -> Name {
        Name(task: source.task, item: source.item, attempt: source.attempt)
    }
}
