import Foundation
import Synchronization
import TestSupport
import Testing

/// `Tests/Support/http_server.py` at work, for one test.
final class HTTPServer: Sendable {
    let folder: TemporaryFolder
    private let process: Process
    private let input = Pipe()
    private let lines: AsyncStream<String>
    let ports: Ports

    struct Ports: Decodable {
        let plain, ipv6, right, over, other: Int
    }

    init() async throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-B", Self.script, folder.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        self.process = process
        let (lines, continuation) = AsyncStream<String>.makeStream()
        let reader = output.fileHandleForReading
        Thread.detachNewThread {
            var rest = Data()
            while case let block = reader.availableData, !block.isEmpty {
                rest += block
                while let end = rest.firstIndex(of: 10) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = rest[(end + 1)...]
                }
            }
            continuation.finish()
        }
        self.lines = lines
        var iterator = lines.makeAsyncIterator()
        let first = try #require(await iterator.next(), "http_server.py says nothing")
        ports = try JSONDecoder().decode(Ports.self, from: Data(first.utf8))
    }

    deinit {
        // It ends with its input.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static let script =
        #filePath.split(separator: "/").dropLast(2)
        .reduce("") { $0 + "/" + $1 } + "/Support/http_server.py"

    var url: String { "http://127.0.0.1:\(ports.plain)" }
    /// As `ca_file` names them.
    var authority: String { folder.path + "/authority.pem" }

    /// Waits until it has told this.
    func told(_ line: String) async throws {
        for await told in lines where told == line { return }
        Issue.record("http_server.py ended without '\(line)'")
    }
}
