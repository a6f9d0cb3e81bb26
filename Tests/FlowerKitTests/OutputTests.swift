import Glibc
import Testing

@testable import FlowerKit

@Suite struct OutputTests {
    /// `flower runs | head`: the reader has what it wanted, and that is no failure.
    @Test func `a reader that goes away is told apart from a failure`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        #expect(throws: Output.ReaderGone.self) { try Output(descriptor: ends[1]).write("text") }
    }

    @Test func `a full disk is a failure`() {
        let descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let error = #expect(throws: Failure.self) {
            try Output(descriptor: descriptor).write("text")
        }
        #expect(error?.code == .unusable)
        #expect(error?.message == "cannot write the output: No space left on device")
    }

    /// A pipe holds 64 KiB: the rest must wait for its reader, not be lost.
    @Test func `a non-blocking pipe gets all of a long text`() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        try #require(fcntl(writeEnd, F_SETFL, O_NONBLOCK) == 0)
        let text = String(repeating: "0123456789", count: 50_000)
        async let count = Self.drained(readEnd)
        try Output(descriptor: writeEnd).write(text)
        close(writeEnd)
        #expect(await count == text.utf8.count)
        close(readEnd)
    }

    private static func drained(_ descriptor: Int32) async -> Int {
        var total = 0
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, -1)
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return total }
            if count > 0 { total += count }
        }
    }
}
