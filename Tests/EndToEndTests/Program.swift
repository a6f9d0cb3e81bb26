import Foundation
import Testing

/// How a program ended, and what it said.
struct Ending {
    /// As a shell has it: 128 + the signal where one ended it.
    let code: Int32
    let output: String
    let errors: String
}

/// A program at work: waited for with a deadline, signalled and ended by its own pid.
final class Program: Sendable {
    /// So long may anything take; only a fault makes a test wait for it.
    static let patience = 120

    let pid: pid_t
    private let process: Process
    private let gone = DispatchGroup()
    private let outputPath: String
    private let errorsPath: String

    /// - Parameters:
    ///   - environment: all that it sees of one.
    ///   - transcript: its output goes to files of this name with `.out` and `.err` behind it.
    ///   - output: takes its output in place of that file.
    init(
        _ words: [String],
        environment: [String: String],
        folder: String,
        transcript: String,
        output: Channel? = nil
    ) throws {
        outputPath = output?.path ?? transcript + ".out"
        errorsPath = transcript + ".err"
        let process = Process()
        self.process = process
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        let handles = (try Self.opened(outputPath), try Self.opened(errorsPath))
        (process.standardOutput, process.standardError) = handles
        gone.enter()
        process.terminationHandler = { [gone] _ in gone.leave() }
        try Self.withoutBlockedSignals { try process.run() }
        pid = process.processIdentifier
        // Foundation (Swift 6.3) keeps each process, and its files, for ever.
        try handles.1.close()
        if output == nil { try handles.0.close() }
    }

    deinit {
        if process.isRunning { kill(pid, SIGKILL) }
    }

    func signal(_ number: Int32) {
        kill(pid, number)
    }

    /// Sends it a signal and returns when it has taken notice, so that what follows comes later.
    func signalAndWait(_ number: Int32) throws {
        signal(number)
        let deadline = DispatchTime.now() + .seconds(Self.patience)
        while try isPending(number) {
            try #require(DispatchTime.now() < deadline, "signal \(number) stays pending")
            sched_yield()
        }
    }

    var isRunning: Bool { process.isRunning }

    /// Waits until it has ended; one that does not in time is killed, and the test fails.
    func ended(within seconds: Int = Program.patience) async throws -> Ending {
        let isInTime = await isGone(within: seconds)
        if !isInTime {
            kill(pid, SIGKILL)
            _ = await isGone(within: Program.patience)
        }
        let ending = Ending(
            code: process.terminationReason == .exit
                ? process.terminationStatus : 128 + process.terminationStatus,
            output: try Self.text(outputPath),
            errors: try Self.text(errorsPath)
        )
        try #require(isInTime, "it did not end in time: \(ending)")
        return ending
    }

    private func isGone(within seconds: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [gone] in
                let result = gone.wait(timeout: .now() + .seconds(seconds))
                continuation.resume(returning: result == .success)
            }
        }
    }

    /// proc(5): `ShdPnd` has a bit for each signal that waits for the whole process.
    private func isPending(_ number: Int32) throws -> Bool {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("ShdPnd:") })
        let mask = try #require(UInt64(line.dropFirst(7).drop { $0 == "\t" }, radix: 16))
        return mask & (1 << UInt64(number - 1)) != 0
    }

    /// The threads of Dispatch and of Swift's tasks block every signal, and a child inherits that.
    private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }

    private static func opened(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0, "cannot open \(path)")
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// A channel's text is its reader's.
    private static func text(_ path: String) throws -> String {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return "" }
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}
