import CLinux
import Flows
import Glibc
import Storage

/// Executes attempts as processes of our own.
///
/// Why not swift-subprocess: it reaches half the spawn rate, reads 3 MB/s of lines and gives no
/// rusage (`execution-notes.md`).
package final class ProcessLauncher: Launcher {
    package var result: ((Attempt, AttemptResult) -> Void)?

    private let gate: OutputGate
    private let file: RunnerFile
    private let orphans: Orphans
    private let null: Int32
    /// Those that may not have exec'd yet.
    private var launches: [Launch] = []
    /// How many have ended of which that is all that is known yet: others may take their places.
    private(set) var reapedCount = 0

    /// crond(8)'s, systemd's and nearly every login's; a task's files must not depend on who starts
    /// the runner.
    private static let mask: mode_t = 0o022

    /// To be called on the event thread.
    convenience init(
        _ loop: EventLoop,
        _ sink: any LogSink,
        _ file: RunnerFile
    ) throws(SystemFailure) {
        try self.init(loop, sink, file, try Orphans(loop))
    }

    init(
        _ loop: EventLoop,
        _ sink: any LogSink,
        _ file: RunnerFile,
        _ orphans: Orphans
    ) throws(SystemFailure) {
        self.orphans = orphans
        gate = try OutputGate(loop, sink)
        self.file = file
        null = try Self.openNull()
    }

    deinit { close(null) }

    package func start(_ attempt: Attempt, _ world: TaskWorld) throws(LaunchFault) {
        let program = try Self.program(of: world)
        let input = try Self.input(of: world)
        var output = try Pipe()
        var errors = try Pipe()
        if let slot = attempt.slot {
            let isRecorded = file.willLaunch(attempt.claim, at: attempt.startedAt, in: slot)
            guard isRecorded else { throw .unrecorded }
        }
        let mark = AttemptMark(attempt.claim)
        let launch = Launch(program, world, mark)
        let code = launch.begin(
            input: input?.descriptor ?? null,
            output: output.writeEnd,
            errors: errors.writeEnd,
            mask: Self.mask
        )
        guard code == 0 else {
            throw LaunchFault(spawning: program, in: world.workingDirectory, code: code)
        }
        launches.removeAll { $0.settle() }
        launches.append(launch)
        orphans.began(launch.pid, mark)
        attempt.pid = launch.pid
        if let slot = attempt.slot { file.didLaunch(launch.pid, in: slot) }
        let pipes = [
            OutputPipe(output.takeReadEnd(), .output, attempt.output, gate),
            OutputPipe(errors.takeReadEnd(), .errors, attempt.output, gate),
        ]
        do {
            let grace = attempt.claim.killGrace
            let remains = Remains(of: launch.pid, mark, orphans)
            attempt.handle = try ChildProcess(launch, pipes, remains, gate.loop, killGrace: grace) {
                [weak self] result in
                result.duration = MonotonicTime.now - attempt.started
                guard let self else { return }
                reapedCount += 1
                if let slot = attempt.slot {
                    file.didEnd(result, in: slot, verdict: attempt.verdict)
                }
            } concluding: { [weak self] in
                self?.reapedCount -= 1
            } ended: { [weak self] result in
                attempt.handle = nil
                self?.result?(attempt, result)
            }
        } catch {
            // A process that cannot be watched must not run: nobody would know of its end.
            for pipe in pipes { pipe.close() }
            clinux_pidfd_send_signal(launch.pidfd, SIGKILL)
            var status: Int32 = 0
            waitpid(launch.pid, &status, 0)
            orphans.ended(launch.pid)
            throw LaunchFault("its process was ended at once: \(error.description)")
        }
    }

    /// Processes are not taken over, because their pipes died with the runner: they are ended.
    package func adopt(_ attempts: [Adopted]) {
        let table = ProcessTable()
        for adopted in attempts {
            let attempt = adopted.attempt
            let survivors = Survivors(adopted, gate.loop) { [weak self] result in
                attempt.handle = nil
                self?.result?(attempt, result)
            }
            attempt.handle = survivors
            survivors.begin(with: table)
        }
    }

    package func end(_ attempt: Attempt, byForce: Bool) {
        switch attempt.handle {
        case let process as ChildProcess: process.end(byForce: byForce)
        case let survivors as Survivors: survivors.end(byForce: byForce)
        default: return
        }
    }

    private static func input(of world: TaskWorld) throws(LaunchFault) -> MemoryFile? {
        guard let bytes = world.input else { return nil }
        return try MemoryFile(bytes)
    }

    private static func program(of world: TaskWorld) throws(LaunchFault) -> String {
        let directory = world.workingDirectory
        guard access(directory, X_OK) == 0 else {
            throw LaunchFault(spawning: "/", in: directory, code: errno)
        }
        if let program = world.program { return program }
        let path = world.environment.first { $0.name == "PATH" }?.value ?? ""
        return try Program.find(world.arguments[0], path: path, directory: directory)
    }

    /// `/dev/null` above the standard descriptors, so that nothing of ours ever stands at 0, 1 or
    /// 2, also where the runner was started with one of them closed.
    private static func openNull() throws(SystemFailure) -> Int32 {
        while true {
            let descriptor = open("/dev/null", O_RDWR | O_NOCTTY)
            guard descriptor >= 0 else { throw SystemFailure("cannot open /dev/null") }
            if descriptor > 2 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                return descriptor
            }
        }
    }
}

/// What a process reads as its input: written whole before it starts, so that nobody waits for it.
private final class MemoryFile {
    let descriptor: Int32

    init(_ bytes: [UInt8]) throws(LaunchFault) {
        descriptor = clinux_memory_file("flower-input")
        guard descriptor >= 0 else { throw LaunchFault(spawning: "/", in: "/", code: errno) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw LaunchFault(spawning: "/", in: "/", code: ENOMEM) }
            rest = rest.dropFirst(count)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}

/// A pipe for one stream; what is not taken is closed with it.
private struct Pipe: ~Copyable {
    private var readEnd: Int32
    let writeEnd: Int32

    init() throws(LaunchFault) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) {
            clinux_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard result == 0 else { throw LaunchFault(spawning: "/", in: "/", code: errno) }
        (readEnd, writeEnd) = ends
    }

    deinit {
        if readEnd >= 0 { close(readEnd) }
        close(writeEnd)
    }

    mutating func takeReadEnd() -> Int32 {
        defer { readEnd = -1 }
        return readEnd
    }
}
