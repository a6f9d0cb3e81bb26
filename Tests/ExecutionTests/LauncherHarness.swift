import Cron
import Flows
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Execution

/// A launcher with its loop in a temporary state folder; runs one attempt at a time to its end.
final class LauncherHarness {
    let folder: TemporaryFolder
    let loop: EventLoop
    let sink = MemorySink()
    let file: RunnerFile
    let launcher: ProcessLauncher
    private var results: [(attempt: Attempt, result: AttemptResult)] = []

    init() throws {
        folder = try .withState()
        loop = try EventLoop()
        file = try RunnerFile(in: folder.state, workers: 8)
        launcher = try ProcessLauncher(loop, sink, file)
        launcher.result = { [unowned self] in results.append(($0, $1)) }
    }

    /// What one attempt came to.
    struct Run {
        let attempt: Attempt
        let result: AttemptResult
        let output: [String]
        let errors: [String]

        var outcome: Outcome { result.outcome }
    }

    func run(_ claim: Claim) throws -> Run {
        while true {
            let run = try finish(start(claim))
            guard case .notStarted(let reason) = run.outcome, reason.contains("open for writing")
            else { return run }
            // A script that this process has just written: a child of a test beside this one, between
            // fork and exec, still holds its descriptor (ETXTBSY). It has exec'd in a moment.
            sched_yield()
        }
    }

    func start(_ claim: Claim) throws -> Attempt {
        let world = try RunWorld(claim.run, zone: .utc)
        let attempt = Attempt(claim, AttemptOutput(LogSource(claim), sink), slot: file.takeSlot())
        try launcher.start(attempt, try TaskWorld(claim, of: world))
        return attempt
    }

    /// Turns the loop until the attempt has ended.
    func finish(_ attempt: Attempt) throws -> Run {
        var found: AttemptResult?
        try turn(until: {
            found = results.first { $0.attempt === attempt }?.result
            return found != nil
        })
        attempt.output.close()
        return Run(
            attempt: attempt,
            result: try #require(found),
            output: sink.lines(of: attempt.output.source, .output),
            errors: sink.lines(of: attempt.output.source, .errors)
        )
    }

    /// Turns the loop until `condition` holds, at most a minute.
    func turn(until condition: () throws -> Bool) throws {
        let deadline = MonotonicTime.now + .seconds(60)
        while try !condition() {
            try #require(MonotonicTime.now < deadline, "it did not happen within a minute")
            try loop.turn(limit: .milliseconds(20))
        }
    }
}

/// Keeps lines in memory; a test may say that it is full.
final class MemorySink: LogSink {
    let room: Signal
    let limitBytes: Int?
    private let chunks = Mutex<[LogChunk]>([])
    private let full = Atomic(false)

    init(limitBytes: Int? = nil) {
        guard let room = try? Signal() else { preconditionFailure("no descriptor is left") }
        self.room = room
        self.limitBytes = limitBytes
    }

    var isFull: Bool {
        get { full.load(ordering: .sequentiallyConsistent) }
        set {
            full.store(newValue, ordering: .sequentiallyConsistent)
            if !newValue { room.raise() }
        }
    }

    func place(of source: LogSource) -> String { "memory" }
    func write(_ chunk: LogChunk) { chunks.withLock { $0.append(chunk) } }
    func close(_ source: LogSource) {}
    func finish(limit: Duration) -> String? { nil }

    func bytes(of source: LogSource, _ stream: OutputStream) -> [UInt8] {
        chunks.withLock {
            $0.filter { $0.source === source && $0.stream == stream }.flatMap(\.lines)
        }
    }

    func lines(of source: LogSource, _ stream: OutputStream) -> [String] {
        let bytes = bytes(of: source, stream)
        guard !bytes.isEmpty else { return [] }
        return bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

extension TemporaryFolder {
    /// One with a state folder in it.
    static func withState() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.state.create()
        return folder
    }

    var state: StateFolder { StateFolder(path: "\(path)/state") }

    /// Makes a file with this text.
    @discardableResult
    func write(_ text: String, _ name: String, mode: mode_t = 0o644) throws -> String {
        let path = "\(path)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("cannot make \(path)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw SystemFailure("cannot write \(path)")
        }
        fchmod(descriptor, mode)
        return path
    }
}

extension RunWorld {
    /// With outputs below a folder that is not there.
    init(_ run: RunContext, zone: Zone) throws(TaskWorld.Fault) {
        let outputs = OutputFolder(StateFolder(path: "/nowhere"), instance: run.instance)
        try self.init(run, account: .current, zone: zone, outputs: outputs)
    }
}

extension Claim {
    /// A claim as the database would give it.
    static func of(
        _ action: TaskAction,
        task: String = "task",
        environment: [Variable] = [],
        flowEnvironment: [Variable] = [],
        parameters: [Variable] = [],
        timeout: Duration? = nil,
        directory: String = "/",
        shell: [String] = Flow.defaultShell,
        instance: String = "0123abcd",
        attempt: Int = 1,
        killGrace: Duration = Limit.killGrace
    ) -> Claim {
        let run = RunContext(
            runID: 7,
            flow: "flow",
            instance: instance,
            dueAt: Instant(milliseconds: 1_795_402_200_000),
            registeredAt: Instant(milliseconds: 1_795_402_201_234),
            timezone: "UTC",
            parameters: parameters,
            environment: flowEnvironment,
            workingDirectory: directory,
            shell: shell
        )
        return Claim(
            taskID: 1,
            attempt: attempt,
            run: run,
            name: task,
            item: 0,
            action: action,
            environment: environment,
            timeout: timeout,
            retries: .none,
            retryBase: 0,
            killGrace: killGrace
        )
    }
}

extension ProcessTable {
    /// The letter of proc(5); `nil` where there is no such process.
    static func state(of pid: pid_t) -> String? {
        let descriptor = open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        let lines = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(
            separator: "\n"
        )
        let line = lines.first { $0.hasPrefix("State:\t") }
        return line.map { String($0.dropFirst(7).prefix(1)) }
    }
}
