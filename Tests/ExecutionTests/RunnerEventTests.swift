import Components
import Flows
import Storage
import Synchronization
import Systemd
import Testing

@testable import Execution

/// What a runner tells the journal, in its order among the lines.
@Suite struct RunnerEventTests {
    /// Lines and events as they come.
    private final class ToldSink: LogSink {
        let room: Signal
        let limitBytes: Int? = nil
        let isFull = false
        let takesEvents = true
        private let told = Mutex<[String]>([])

        init() throws { room = try Signal() }

        func place(of source: LogSource) -> String { "journal" }
        func close(_ source: LogSource) {}
        func finish(limit: Duration) -> String? { nil }

        func write(_ chunk: LogChunk) {
            let text = String(decoding: chunk.lines, as: UTF8.self)
            told.withLock { $0 += text.split(separator: "\n").map { "line \($0)" } }
        }

        func tell(_ event: JournalEvent) {
            let state = event.fields.first { $0.name == "FLOWER_STATE" }?.text
            told.withLock { $0.append(event.kind.rawValue + (state.map { " \($0)" } ?? "")) }
        }

        var all: [String] { told.withLock { $0 } }
    }

    private let harness: RunnerHarness
    private let sink: ToldSink

    init() throws {
        harness = try RunnerHarness()
        sink = try ToldSink()
    }

    private func run(_ task: TaskSpec) throws -> [String] {
        // A flow of its own: one of the same digest is not applied again.
        try harness.register([task], flow: task.name)
        var options = Runner.Options()
        options.linger = .zero
        options.waitsForRetries = true
        _ = try Runner(harness.store, options: options, sink: sink).run()
        return sink.all
    }

    @Test(
        arguments: [
            ("echo 1; echo 2", ["task-started", "line 1", "line 2", "task-succeeded succeeded"]),
            ("echo 1; exit 3", ["task-started", "line 1", "task-failed failed"]),
            ("kill -KILL $$", ["task-started", "task-failed failed"]),
            ("echo 'no sign' > $FLOWER_OUTPUT", ["task-started", "task-failed failed"]),
        ]
    )
    func `a process's lines stand between its start and its end`(
        script: String,
        told: [String]
    ) throws {
        #expect(try run(TaskSpec(name: "a", action: .run(script))) == told)
    }

    @Test func `a component's too`() throws {
        let with = JSONValue.object(["text": .string("hello")])
        let told = try run(TaskSpec(name: "a", action: .component(name: "echo", with: with)))
        #expect(told == ["task-started", "line hello", "task-succeeded succeeded"])
    }

    @Test func `the run that a task waits for is told when it is made`() throws {
        let flow = Flow(
            name: "below",
            workingDirectory: "/",
            tasks: [TaskSpec(name: "t", action: .run("true"))]
        )
        let source = FlowSource(path: "/flows/below.yaml", digest: "1", flows: [flow])
        _ = try harness.store.apply([source], by: "test", at: .now)
        let told = try run(TaskSpec(name: "a", action: .flow(name: "below", parameters: [])))
        #expect(told.first == "run-registered")
        #expect(told.count { $0 == "run-registered" } == 1)
    }

    @Test func `a retry is told with what it makes of the task`() throws {
        var task = TaskSpec(name: "a", action: .run("test $FLOWER_ATTEMPT = 2"))
        task.retries = RetryPolicy(limit: 1, delay: .milliseconds(1))
        #expect(
            try run(task) == [
                "task-started", "task-retried waiting", "task-started", "task-succeeded succeeded",
            ]
        )
    }

    @Test func `what cannot be started, and what takes too long`() throws {
        let missing = try run(TaskSpec(name: "a", action: .exec(["/no/such/program"])))
        #expect(missing == ["task-failed failed"])
        var slow = TaskSpec(name: "b", action: .run("sleep 600"))
        slow.timeout = .milliseconds(10)
        let told = try run(slow)
        #expect(told == ["task-failed failed", "task-started", "task-timed-out failed"])
    }
}

/// Two sinks, of which one keeps all.
@Suite struct PairedLogSinkTests {
    @Test func `beyond the files' limit the journal alone gets the rest`() throws {
        let (files, journal) = (MemorySink(limitBytes: 10), MemorySink())
        let output = AttemptOutput(
            LogSource(.of(.run(""))),
            PairedLogSink(files, journal, room: try Signal())
        )
        for text in ["12345\n", "67890\n", "x\n"] {
            output.take(LineSplitter.Lines(bytes: Array(text.utf8), count: 1), .output)
        }
        #expect(files.lines(of: output.source, .output) == ["12345"])
        #expect(files.lines(of: output.source, .note).count == 1)
        #expect(journal.lines(of: output.source, .output) == ["12345", "67890", "x"])
        #expect(journal.lines(of: output.source, .note) == [])
        #expect(output.note == "output beyond 0 MiB is in the journal alone")
    }
}

/// The queue of a sink, with events.
@Suite struct LogQueueEventTests {
    private final class Taker: Sendable {
        let gate: Signal
        let told = Mutex<[JournalEvent]>([])
        init() throws { gate = try Signal() }
    }

    private struct Writer: LogWriter {
        let taker: Taker
        func write(_ chunk: LogChunk) {}
        func close(_ source: LogSource) -> LogLoss? { nil }
        func closeAll() {}
        func tell(_ event: JournalEvent) {
            _ = taker.gate.wait()
            taker.told.withLock { $0.append(event) }
        }
    }

    @Test func `events that nobody takes are counted, and do not pile up`() throws {
        let taker = try Taker()
        let queue = try LogQueue(name: "test", room: try Signal()) { Writer(taker: taker) }
        let text = String(repeating: "x", count: 64 << 10)
        for _ in 0..<1_000 { queue.tell(JournalEvent(.taskStarted, .info, text)) }
        #expect(queue.isFull)
        taker.gate.raise()
        #expect(queue.finish(limit: .seconds(30), what: "events") == nil)
        let told = taker.told.withLock { $0 }
        let kept = told.count { $0.kind == .taskStarted }
        #expect((1..<200).contains(kept))
        // Told once, or twice where the thread had begun before all had come.
        let lost = told.filter { $0.kind == .eventsLost }
            .compactMap { $0.fields.first.flatMap { Int($0.text) } }
        #expect(kept + lost.reduce(0, +) == 1_000)
        #expect(!queue.isFull)
    }
}
