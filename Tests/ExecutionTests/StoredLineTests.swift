import Cron
import Flows
import Glibc
import Storage
import TestSupport
import Testing

@testable import Execution

/// What a task prints, in its file and back: byte by byte, forwards and from the end.
@Suite struct StoredLineTests {
    private let folder: TemporaryFolder
    private let source = LogSource(.of(.run("")))
    private var path: String { "\(folder.state.logsPath)/7/task.1.log" }

    init() throws { folder = try .withState() }

    /// Bytes of one stream, read in pieces, on their way into the file.
    private func print(_ parts: [(OutputStream, [UInt8])], ending: [OutputStream]) throws {
        let sink = try FileLogSink(folder.state)
        let output = AttemptOutput(source, sink)
        var splitters: [OutputStream: LineSplitter] = [:]
        for (stream, bytes) in parts {
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(RunnerLimit.lineBytes)
                let lines = piece.withUnsafeBytes { splitters[stream, default: .init()].take($0) }
                if let lines { output.take(lines, stream) }
                rest = rest.dropFirst(piece.count)
            }
        }
        for stream in ending {
            if let rest = splitters[stream, default: .init()].finish() { output.take(rest, stream) }
        }
        output.close()
        #expect(sink.finish(limit: .seconds(30)) == nil)
    }

    private func entries(last: Int? = nil) throws -> [LogEntry] {
        var query = LogQuery(run: 7)
        query.last = last
        var found: [LogEntry] = []
        try LogReader(folder.state, query).readNew { found.append($0) }
        return found
    }

    private func bytes(_ entries: some Sequence<LogEntry>) -> [UInt8] {
        entries.flatMap { $0.isOpen ? $0.text : $0.text + [10] }
    }

    private static let limit = RunnerLimit.lineBytes

    @Test(arguments: [
        [10], [10, 10, 97], Array("a\nb".utf8), [UInt8](repeating: 120, count: limit),
        [UInt8](repeating: 120, count: limit) + [10], [UInt8](repeating: 120, count: 3 * limit + 7),
        Array("<3>".utf8) + [UInt8](repeating: 121, count: limit - 3) + Array("<4>z\n<5>".utf8),
        Array("é+ o:7 \r\n\0\n".utf8) + (0...255).map { UInt8($0) },
    ])
    func `bytes come back as they were written`(bytes: [UInt8]) throws {
        try print([(.output, bytes)], ending: [.output])
        let found = try entries()
        let priority = bytes.starts(with: "<3>".utf8)
        #expect(
            self.bytes(found) == Array(priority ? bytes.dropFirst(3) : bytes[...]).withoutPriority
        )
        if priority { #expect(found.map(\.priority) == [3, 3, 5]) }
        #expect(found.map(\.line) == Array(1...found.count))
        let tail = try #require(LogFolder(folder.state).kept(of: source) as LogFolder.Kept?)
        #expect(tail.lines == found.count)
        #expect(tail.tail.elementsEqual(bytes.suffix(tail.tail.count)))
        #expect(tail.tail.count == min(bytes.count, tail.tail.count))
    }

    @Test func `a line that is cut is whole again, whatever the other stream prints meanwhile`()
        throws
    {
        let long = [UInt8](repeating: 120, count: Self.limit)
        try print(
            [(.output, long), (.output, [121]), (.errors, Array("e\n".utf8)), (.output, [122])],
            ending: [.output, .errors]
        )
        let found = try entries()
        #expect(found.map(\.stream) == [.output, .errors, .output])
        #expect(bytes(found.filter { $0.stream == .output }) == long + [121, 122])
    }

    @Test func `the limit is one of the file, not of the text`() throws {
        let count = 1_000
        let text = [UInt8](repeating: 10, count: count)
        let chunk = LogChunk(
            source: source,
            stream: .output,
            readAt: .now,
            firstLine: 9_000,
            lines: text
        )
        var stored: [UInt8] = []
        LogFile.append(chunk, to: &stored)
        #expect(LogFile.bytes(text.count, lines: count, last: 9_999) == stored.count)
    }

    private static let good = "1970-01-01T00:00:00.005Z"

    @Test(arguments: [
        "\(good) o:12 text", "\(good) e:1 ", "\(good)+o:3+go on", "\(good) - a note",
        "\(good) o an older version's", "\(good) o:12 13 14",
    ])
    func `a stored line is read`(line: String) throws {
        let record = try #require(LogFile.parse(Array(line.utf8)[...]))
        #expect(record.readAt.milliseconds == 5)
        #expect(record.isOpen == line.contains("3+") && record.goesOn == line.contains("Z+"))
    }

    @Test(arguments: [
        "", good, "\(good) o", "\(good) o:", "\(good) o:1", "\(good) o:x", "\(good) x text",
        "\(good)-o text", "\(good) o:1-text", "\(good) o:99999999999999999999 text",
        "1970-01-01 00:00:00.005Z o:1 text".replacing(" 00", with: "x0"),
    ])
    func `what was not stored so is no line`(line: String) {
        #expect(LogFile.parse(Array(line.utf8)[...]) == nil)
    }

    @Test(arguments: [0, 1, 2, 3]) func `from its end a file has the same lines`(seed: UInt64)
        throws
    {
        var generator = SeededGenerator(seed: seed)
        var parts: [(OutputStream, [UInt8])] = []
        for number in 0..<300 {
            // Some longer than a block.
            let length = number % 97 == 5 ? 150_000 : Int.random(in: 0..<2_000, using: &generator)
            let stream = Bool.random(using: &generator) ? OutputStream.output : .errors
            parts.append(
                (stream, [UInt8](repeating: 65 + UInt8(number % 26), count: length) + [10])
            )
        }
        try print(parts, ending: [])
        let all = try entries()
        for count in [0, 1, 2, 7, 150, all.count - 1, all.count, all.count + 1] {
            #expect(try entries(last: count) == all.suffix(count), "seed \(seed), last \(count)")
        }
        let size = try #require(LogFile.reading(path) { lseek($0, 0, SEEK_END) })
        #expect(LogFile.reading(path) { LogFile.count($0) } == all.count)
        #expect(LogFile.reading(path, LogFile.lastNumber) == all.count)
        // Cut off anywhere, as by a kill: what is whole is read.
        truncate(path, size - Int.random(in: 1..<1_000, using: &generator))
        let left = try entries()
        #expect(left == Array(all.prefix(left.count)))
        #expect(try entries(last: 3) == left.suffix(3))
    }

    @Test func `a file of an older version is read as ever`() throws {
        mkdir("\(folder.state.logsPath)/7", 0o700)
        let lines = (1...2_000).map { "\(Self.good) \($0 % 3 == 0 ? "e" : "o") line \($0)\n" }
        let note = "\(Self.good) - flower: 64 MiB are kept of an attempt; the rest was not\n"
        try folder.write(lines.joined() + note, "state/logs/7/task.1.log")
        let all = try entries()
        #expect(all.count == 2_001)
        #expect(all.dropLast().map(\.line) == Array(1...2_000) && all[2_000].line == nil)
        #expect(try entries(last: 5) == all.suffix(5))
        #expect(LogFile.reading(path) { LogFile.count($0) } == 2_000)
        let kept = LogFolder(folder.state).kept(of: source)
        #expect(kept.lines == 2_000)
        #expect(String(decoding: kept.tail, as: UTF8.self).hasSuffix("line 1999\nline 2000\n"))
    }

    /// Whoever follows a run looks whether it has ended and then reads: what was written before that look is
    /// there, though nothing was waited for in between.
    @Test func `a reading has all that was written before it, in new files too`() throws {
        try print([(.output, Array("one\n".utf8))], ending: [])
        let reader = LogReader(folder.state, LogQuery(run: 7))
        var found: [String] = []
        func read() throws {
            try reader.readNew { found.append(String(decoding: $0.text, as: UTF8.self)) }
        }
        try read()
        let sink = try FileLogSink(folder.state)
        for (place, task) in ["task", "other"].enumerated() {
            let source = LogSource(.of(.run(""), task: task))
            let line = Array("\(task)\n".utf8)
            sink.write(
                LogChunk(
                    source: source,
                    stream: .output,
                    readAt: Instant(milliseconds: Int64(place)),
                    firstLine: 2,
                    lines: line
                )
            )
        }
        #expect(sink.finish(limit: .seconds(30)) == nil)
        try read()
        #expect(found == ["one", "task", "other"])
    }

    @Test func `what could not be written is told at its place, and of its attempt`() throws {
        let run = "\(folder.state.logsPath)/7"
        // In the place of the folder: it can be made once this is away.
        try folder.write("", "state/logs/7")
        let sink = try FileLogSink(folder.state)
        let output = AttemptOutput(source, sink)
        func take(_ text: String) {
            let bytes = Array(text.utf8)
            output.take(.init(bytes: bytes, count: bytes.count { $0 == 10 }), .output)
        }
        take("a\nb\n")
        let other = LogSource(.of(.run(""), task: "other"))
        sink.write(
            LogChunk(source: other, stream: .output, readAt: .now, firstLine: 1, lines: [10])
        )
        sink.close(other)
        while sink.takeLosses().isEmpty { sched_yield() }
        unlink(run)
        take("c\n")
        output.close()
        var losses: [LogLoss] = []
        while losses.isEmpty { losses = sink.takeLosses() }
        #expect(losses == [LogLoss(task: 1, attempt: 1, lines: 2, reason: "Not a directory")])
        #expect(sink.finish(limit: .seconds(30))?.contains("Not a directory") == true)
        let found = try entries()
        #expect(
            found.map { String(decoding: $0.text, as: UTF8.self) } == [
                "2 lines could not be written here", "c",
            ]
        )
        #expect(found.map(\.line) == [nil, 3])
    }
}

extension [UInt8] {
    /// Of a last line too, whose `<N>` is none of its text.
    fileprivate var withoutPriority: [UInt8] {
        suffix(3) == Array("<5>".utf8)[...] ? Array(dropLast(3)) : self
    }
}
