import Cron
import Flows
import Glibc
import Storage
import TestSupport
import Testing

@testable import Execution

/// Lines on their way into files and back.
@Suite struct LogTests {
    private let folder: TemporaryFolder

    init() throws { folder = try .withState() }

    private func chunk(
        _ source: LogSource,
        _ text: String,
        at milliseconds: Int64,
        _ stream: OutputStream = .output
    ) -> LogChunk {
        LogChunk(
            source: source,
            stream: stream,
            readAt: Instant(milliseconds: milliseconds),
            firstLine: 1,
            lines: Array(text.utf8)
        )
    }

    private func entries(task: String? = nil) throws -> [String] {
        var found: [String] = []
        try LogReader(folder.state, LogQuery(run: 7, task: task)).readNew { entry in
            let text = String(decoding: entry.text, as: UTF8.self)
            found.append("\(entry.task).\(entry.attempt) \(entry.stream) \(text)")
        }
        return found
    }

    @Test func `lines of several tasks come back in order of time`() throws {
        let sink = try FileLogSink(folder.state)
        let a = LogSource(.of(.run(""), task: "a"))
        let b = LogSource(.of(.run(""), task: "b.c", attempt: 12))
        sink.write(chunk(a, "one\ntwo\n", at: 1000))
        sink.write(chunk(b, "three\n", at: 2000, .errors))
        sink.write(chunk(a, "four\n", at: 3000))
        sink.write(chunk(b, "\n", at: 3000))
        sink.close(a)
        sink.close(b)
        #expect(sink.place(of: b) == "file:logs/7/b.c.12.log")
        #expect(sink.finish(limit: .seconds(30)) == nil)
        #expect(
            try entries() == [
                "a.1 output one", "a.1 output two", "b.c.12 errors three", "a.1 output four",
                "b.c.12 output ",
            ]
        )
        #expect(try entries(task: "a").count == 3)
    }

    @Test func `a run that printed nothing has neither folder nor lines`() throws {
        let sink = try FileLogSink(folder.state)
        sink.close(LogSource(.of(.run(""))))
        #expect(sink.finish(limit: .seconds(30)) == nil)
        #expect(access("\(folder.state.logsPath)/7", F_OK) != 0)
        #expect(try entries().isEmpty)
    }

    @Test func `what is added later is told once`() throws {
        let source = LogSource(.of(.run(""), task: "a"))
        let reader = LogReader(folder.state, LogQuery(run: 7))
        let sink = try FileLogSink(folder.state)
        var found: [String] = []
        let deadline = MonotonicTime.now + .seconds(60)
        for round in 1...3 {
            sink.write(chunk(source, "line \(round)\n", at: Int64(round)))
            while found.count < round {
                try #require(MonotonicTime.now < deadline)
                try reader.readNew { found.append(String(decoding: $0.text, as: UTF8.self)) }
                if found.count < round { reader.wait(limit: .seconds(1), or: []) }
            }
        }
        #expect(sink.finish(limit: .seconds(30)) == nil)
        #expect(found == ["line 1", "line 2", "line 3"])
    }

    @Test func `a line cut by a full disk is passed over`() throws {
        mkdir("\(folder.state.logsPath)/7", 0o700)
        let good = String(decoding: LogFile.stamp(Instant(milliseconds: 5)), as: UTF8.self)
        try folder.write("1970-01-01T0\n\(good) o whole\n\(good) o unend", "state/logs/7/a.1.log")
        try folder.write("\(good) o other\n", "state/logs/7/not-ours")
        #expect(try entries() == ["a.1 output whole"])
    }

    @Test func `what cannot be written is said at the end and stops nothing`() throws {
        // A file stands where the run's folder is to be.
        try folder.write("", "state/logs/7")
        let sink = try FileLogSink(folder.state)
        sink.write(chunk(LogSource(.of(.run(""))), "lost\n", at: 1))
        let fault = sink.finish(limit: .seconds(30))
        #expect(fault?.contains("/logs/7/task.1.log: Not a directory") == true)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_795_402_201_234, "2026-11-23T02:50:01.234Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `an instant's stored form is read back`(milliseconds: Int64, text: String) throws {
        let stamp = LogFile.stamp(Instant(milliseconds: milliseconds))
        #expect(String(decoding: stamp, as: UTF8.self) == text)
        let parsed = try #require(LogFile.parse(ArraySlice(stamp + Array(" e:7 x y".utf8))))
        #expect(parsed.readAt.milliseconds == milliseconds)
        #expect(parsed.stream == .errors && parsed.text.elementsEqual("x y".utf8))
    }

    @Test(arguments: ["a.1.log", "a.b~3.12.log", "1.1.log"]) func `a file's name round-trips`(
        text: String
    ) throws {
        #expect(try #require(LogFolder.Name(text)).text == text)
    }

    @Test(arguments: ["a.log", "a.0.log", ".1.log", "a~b~1.1.log", "a~x.1.log", "a.1.txt", "wake"])
    func `a name that Flower would not give is no log`(text: String) {
        #expect(LogFolder.Name(text) == nil)
    }

    @Test func `beyond the sink's limit a note ends what is kept`() {
        let sink = MemorySink(limitBytes: 10)
        let output = AttemptOutput(LogSource(.of(.run(""))), sink)
        for text in ["12345\n", "67890\n", "x\n"] {
            output.take(LineSplitter.Lines(bytes: Array(text.utf8), count: 1), .output)
        }
        #expect(sink.lines(of: output.source, .output) == ["12345"])
        #expect(sink.lines(of: output.source, .note).count == 1)
        #expect(output.lines == 3)
        #expect(String(decoding: output.tailBytes, as: UTF8.self) == "12345\n67890\nx\n")
        #expect(output.note?.contains("was not kept") == true)
    }

    @Test func `the queue is full at its bound and says when there is room`() throws {
        // Nothing is read of the fifo that stands in the file's place, so the thread stays in write(2).
        let path = "\(folder.state.logsPath)/7/task.1.log"
        mkdir("\(folder.state.logsPath)/7", 0o700)
        mkfifo(path, 0o600)
        let reader = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        defer { close(reader) }
        let sink = try FileLogSink(folder.state)
        let source = LogSource(.of(.run("")))
        let line = String(repeating: "x", count: RunnerLimit.lineBytes - 1) + "\n"
        #expect(!sink.isFull)
        // And what the fifo holds.
        for _ in 0..<RunnerLimit.logQueueBytes / RunnerLimit.lineBytes + 4 {
            sink.write(chunk(source, line, at: 1))
        }
        #expect(sink.isFull)
        #expect(sink.finish(limit: .milliseconds(1))?.contains("could not be written") == true)
        _ = fcntl(reader, F_SETFL, 0)
        var block = [UInt8](repeating: 0, count: 1 << 20)
        // Until the thread has written all and closes its end.
        while read(reader, &block, block.count) > 0 {}
        #expect(sink.room.take() > 0)
        #expect(!sink.isFull)
    }
}
