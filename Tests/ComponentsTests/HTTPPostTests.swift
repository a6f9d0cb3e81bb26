import Flows
import Glibc
import Synchronization
import Testing

@testable import Components

/// `http-post` against a server of our own on the loopback address.
@Suite struct HTTPPostTests {
    private func post(
        _ answer: String,
        path: String = "/hook",
        _ with: [String: JSONValue] = [:]
    ) async throws -> (request: String, printed: [String], failure: String?) {
        let server = try OneAnswerServer(answer)
        var with = with
        with["url"] = .string("http://127.0.0.1:\(server.port)\(path)")
        let component = try ComponentRegistry.builtIn.make("http-post", .object(with))
        let printed = Told()
        var failure: String?
        do {
            try await component.run(in: printed.context)
        } catch {
            failure = "\(error)"
        }
        return (server.finish(), printed.lines, failure?.replacing(":\(server.port)", with: ""))
    }

    @Test func `the document is sent and the answer told`() async throws {
        let (request, printed, failure) = try await post(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfine\n",
            [
                "json": .object(["day": .string("2026-11-23"), "a": .array([.integer(1), .null])]),
                "headers": .object(["X-Key": .string("k"), "User-Agent": .string("mine")]),
            ]
        )
        #expect(failure == nil)
        #expect(request.hasPrefix("POST /hook HTTP/1.1\r\n"))
        #expect(request.hasSuffix("\r\n\r\n{\"a\":[1,null],\"day\":\"2026-11-23\"}"))
        let lowered = request.lowercased()
        #expect(lowered.contains("content-type: application/json\r\n"))
        #expect(lowered.contains("x-key: k\r\n") && lowered.contains("user-agent: mine\r\n"))
        #expect(printed.last == "fine")
    }

    @Test(arguments: [400, 404, 503]) func `a status of 400 or more fails with an excerpt`(
        status: Int
    ) async throws {
        let body = String(repeating: "no such hook. ", count: 1_000)
        let (_, _, failure) = try await post(
            "HTTP/1.1 \(status) Sorry\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let text = try #require(failure)
        #expect(text.hasPrefix("POST http://127.0.0.1/hook: \(status) "))
        #expect(text.contains("no such hook. no such") && text.utf8.count < 2_500)
    }

    @Test func `no answer within the time fails`() async throws {
        let (_, _, failure) = try await post("", ["timeout": .string("100ms")])
        #expect(failure == "POST http://127.0.0.1/hook: no answer within 100ms")
    }

    @Test func `nobody there fails`() async throws {
        let server = try OneAnswerServer("")
        let port = server.port
        _ = server.finish()
        let with: JSONValue = .object([
            "url": .string("http://127.0.0.1:\(port)/"), "timeout": .string("10s"),
        ])
        let component = try ComponentRegistry.builtIn.make("http-post", with)
        await #expect(throws: HTTPFailure.self) {
            try await component.run(in: Told().context)
        }
    }
}

/// Takes one connection, reads one request with a body of JSON, and gives one answer (none if it is
/// empty).
private final class OneAnswerServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let request = Mutex("")
    private let thread: Mutex<pthread_t>

    struct CannotListen: Error { let code: Int32 }

    init(_ answer: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isBound else { throw CannotListen(code: errno) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        thread = Mutex(pthread_t())
        let work = Unmanaged.passRetained(Work(self, answer))
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.server.serve(work.answer)
                return nil
            },
            work.toOpaque()
        )
        let started = thread
        self.thread.withLock { $0 = started }
    }

    private final class Work {
        let server: OneAnswerServer
        let answer: String

        init(_ server: OneAnswerServer, _ answer: String) {
            self.server = server
            self.answer = answer
        }
    }

    /// Ends it; gives the request that it had.
    func finish() -> String {
        shutdown(listener, Int32(SHUT_RDWR))
        pthread_join(thread.withLock { $0 }, nil)
        close(listener)
        return request.withLock { $0 }
    }

    private func serve(_ answer: String) {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        var text = ""
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while !text.hasSuffix("}") {
            let count = read(connection, &block, block.count)
            guard count > 0 else { return }
            text += String(decoding: block[..<count], as: UTF8.self)
            let received = text
            request.withLock { $0 = received }
        }
        let bytes = Array(answer.utf8)
        _ = bytes.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
        // Until the client goes: an answer that never comes is not a connection that is closed.
        while answer.isEmpty, read(connection, &block, block.count) > 0 {}
    }
}
