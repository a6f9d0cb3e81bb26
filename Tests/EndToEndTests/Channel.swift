import Foundation
import Testing

/// A named pipe where a test and the programs that it started meet: each line is an event.
///
/// Held open for reading and writing, so that neither side waits for the other to open it.
final class Channel: @unchecked Sendable {
    let path: String
    private let descriptor: Int32
    /// What came behind the last line that was handed out; used by one caller at a time.
    private var rest: [UInt8] = []

    init(at path: String) throws {
        self.path = path
        try #require(mkfifo(path, 0o666) == 0, "cannot make \(path)")
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0, "cannot open \(path)")
    }

    deinit { close(descriptor) }

    func send(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    /// The next line; the test fails where none comes in time.
    func line(within seconds: Int = Program.patience) async throws -> String {
        let line = await line(withinMilliseconds: seconds * 1000)
        return try #require(line, "nothing came through \(path) within \(seconds) s")
    }

    /// The next line, or `nil` where none comes in time: what happens at any moment need not wait for it.
    func line(withinMilliseconds milliseconds: Int) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let line = self.nextLine(withinMilliseconds: milliseconds)
                continuation.resume(returning: line)
            }
        }
    }

    /// Reads lines until one holds `text`; that one.
    func line(with text: String) async throws -> String {
        while true {
            let line = try await line()
            if line.contains(text) { return line }
        }
    }

    private func nextLine(withinMilliseconds milliseconds: Int) -> String? {
        let end = DispatchTime.now() + .milliseconds(milliseconds)
        while true {
            if let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest.removeSubrange(...newline) }
                return String(decoding: rest[..<newline], as: UTF8.self)
            }
            let now = DispatchTime.now()
            guard now < end else { return nil }
            let left = (end.uptimeNanoseconds - now.uptimeNanoseconds) / 1_000_000
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, Int32(left) + 1)
            var block = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &block, block.count)
            if count > 0 { rest += block[..<count] }
        }
    }
}
