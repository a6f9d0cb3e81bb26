import Flows
import Foundation
import TestSupport
import Testing

@testable import Components

/// `http` against a real server on the loopback address.
@Suite(.serialized) struct HTTPTests {
    private struct Result {
        var lines: [String] = []
        var outputs: [String] = []
        var failure: String?
    }

    private func http(
        _ url: String,
        _ with: [String: JSONValue] = [:],
        component name: String = "http"
    ) async throws -> Result {
        let with = with.merging(["url": .string(url)]) { given, _ in given }
        let component = try ComponentRegistry.builtIn.make(name, .object(with))
        let told = Told()
        var result = Result()
        do {
            try await component.run(in: told.context)
        } catch {
            result.failure = "\(error)"
        }
        (result.lines, result.outputs) = (told.lines, told.outputs)
        return result
    }

    /// What `/echo` has seen.
    private func echo(
        _ url: String,
        _ with: [String: JSONValue],
        component: String = "http"
    ) async throws -> [String: JSONValue] {
        var with = with
        if component == "http" { with["outputs"] = .object(["all": .string("")]) }
        let result = try await http(url, with, component: component)
        #expect(result.failure == nil)
        let text = result.outputs.first { $0.hasPrefix("all=") }.map { String($0.dropFirst(4)) }
        let document = try #require(text ?? result.lines.last)
        return try JSONDecoder().decode([String: JSONValue].self, from: Data(document.utf8))
    }

    private func headers(_ echo: [String: JSONValue]) -> [String: JSONValue] {
        if case .object(let headers) = echo["headers"] { headers } else { [:] }
    }

    @Test func `a request without more is a GET, whose status is an output`() async throws {
        let server = try await HTTPServer()
        let result = try await http("\(server.url)/status/200")
        #expect(result.failure == nil)
        #expect(
            result.lines == ["GET \(server.url)/status/200: 200 OK", "as you wish"]
        )
        #expect(result.outputs == ["status=200"])
        let seen = try await echo("\(server.url)/echo", [:])
        #expect(seen["method"] == "GET" && seen["bytes"] == .integer(0))
        let sent = headers(seen)
        #expect(sent["user-agent"] == "flower" && sent["content-type"] == nil)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PURGE"])
    func `any method is sent, with a body and without`(method: String) async throws {
        let server = try await HTTPServer()
        let head = try await http("\(server.url)/status/200", ["method": .string(method)])
        #expect(head.failure == nil && head.lines.first?.hasPrefix("\(method) http://") == true)
        try await server.told("request \(method) /status/200")
        guard method != "HEAD" else { return }
        let file = server.folder.path + "/body"
        try Data("from a file".utf8).write(to: URL(fileURLWithPath: file))
        let bodies: [([String: JSONValue], type: JSONValue?, body: JSONValue)] = [
            (
                ["json": .object(["b": .integer(1), "a": "x/y"])], "application/json",
                #"{"a":"x/y","b":1}"#
            ),
            (["body": "text\n"], "text/plain; charset=utf-8", "text\n"),
            (["body": ""], "text/plain; charset=utf-8", ""),
            (["body_file": .string(file)], "application/octet-stream", "from a file"),
            (["body": "a=1", "headers": .object(["content-type": "x/y"])], "x/y", "a=1"),
        ]
        for (with, type, body) in bodies {
            let with = with.merging(["method": .string(method)]) { given, _ in given }
            let seen = try await echo("\(server.url)/echo", with)
            #expect(seen["method"] == .string(method) && seen["body"] == body, "\(with)")
            let sent = headers(seen)
            #expect(sent["content-type"] == type && sent["expect"] == nil, "\(with)")
        }
    }

    @Test func `a body makes it a POST, and a large file is sent as it is`() async throws {
        let server = try await HTTPServer()
        let file = server.folder.path + "/body"
        try Data(repeating: 7, count: 3 << 20).write(to: URL(fileURLWithPath: file))
        let seen = try await echo("\(server.url)/echo", ["body_file": .string(file)])
        #expect(seen["method"] == "POST" && seen["bytes"] == .integer(3 << 20))
    }

    @Test func `headers are sent as they are, an empty one too`() async throws {
        let server = try await HTTPServer()
        let given: JSONValue = .object(["X-Key": "a: b", "Empty": "", "User-Agent": "mine"])
        let sent = headers(try await echo("\(server.url)/echo", ["headers": given]))
        #expect(sent["x-key"] == "a: b" && sent["empty"] == "" && sent["user-agent"] == "mine")
    }

    @Test func `outputs are taken of the answer as it is written`() async throws {
        let server = try await HTTPServer()
        let names = [
            "id": "/id", "price": "/price", "tag": "/tag", "none": "/none",
            "second": "/items/0/a/1",
            "items": "/items", "etag": "etag", "two": "X-Two",
        ]
        let result = try await http(
            "\(server.url)/json",
            ["outputs": .object(names.mapValues { .string($0) })]
        )
        #expect(result.failure == nil)
        #expect(
            result.outputs == [
                "status=200", "etag=\"7\"", "id=123456789012345678901", "items=[{\"a\": [1, 2]}]",
                "none=null", "price=1.10", "second=2", "tag=v1.2\nü", "two=a, b",
            ]
        )
    }

    @Test func `what the answer does not have fails the task`() async throws {
        let server = try await HTTPServer()
        let cases = [
            ("/json", "/items/7", "the answer's JSON has nothing at '/items/7'"),
            ("/json", "Absent", "the answer has no header Absent"),
            ("/status/200", "/a", "the answer is no JSON, which shows at byte 1"),
        ]
        for (path, what, sentence) in cases {
            let url = server.url + path
            let result = try await http(url, ["outputs": .object(["o": .string(what)])])
            #expect(result.failure == "GET \(url): \(sentence), of which output 'o' is to be")
        }
        let url = "\(server.url)/big/20000000"
        let result = try await http(url, ["outputs": .object(["o": ""])])
        let sentence = "the answer has more than 16 MiB: no outputs are taken of it; save it"
        #expect(result.failure == "GET \(url): \(sentence)")
    }

    @Test(arguments: [400, 404, 503])
    func `a status of 400 or more fails, and is an output`(status: Int) async throws {
        let server = try await HTTPServer()
        let result = try await http("\(server.url)/status/\(status)")
        #expect(result.failure?.hasPrefix("GET \(server.url)/status/\(status): \(status) ") == true)
        #expect(result.failure?.hasSuffix(": as you wish") == true)
        #expect(result.outputs == ["status=\(status)"])
    }

    @Test func `redirects are followed, five of them, and to HTTP alone`() async throws {
        let server = try await HTTPServer()
        let key: JSONValue = .object(["Authorization": "secret", "X-Key": "k"])
        let here = headers(try await echo("\(server.url)/redirect/5", ["headers": key]))
        #expect(here["authorization"] == "secret")
        let posted = try await echo("\(server.url)/redirect/1", ["json": .object([:])])
        #expect(posted["method"] == "GET" && posted["bytes"] == .integer(0))
        // 307 keeps the method; another host is not told who asks.
        let away = "http://localhost:\(server.ports.plain)/away/\(server.ports.plain)"
        let elsewhere = try await echo(away, ["headers": key, "json": .object([:])])
        #expect(elsewhere["method"] == "POST" && elsewhere["body"] == "{}")
        #expect(headers(elsewhere)["authorization"] == nil && headers(elsewhere)["x-key"] == "k")
        for path in ["/redirect/6", "/file"] {
            let result = try await http(server.url + path)
            #expect(result.failure?.hasPrefix("GET \(server.url)\(path): ") == true)
            #expect(result.failure?.contains("root:") == false)
        }
    }

    @Test func `an answer is saved whole, or not at all`() async throws {
        let server = try await HTTPServer()
        let file = server.folder.path + "/saved"
        let save: [String: JSONValue] = ["save": .string(file)]
        let bytes = { try Data(contentsOf: URL(fileURLWithPath: file)).count }
        let big = try await http("\(server.url)/big/3000001", save)
        #expect(big.failure == nil && big.lines.last == "\(file): 3000001 bytes")
        #expect(try bytes() == 3_000_001)
        for path in ["/cut", "/status/500"] {
            #expect(try await http(server.url + path, save).failure != nil)
            #expect(try bytes() == 3_000_001)
        }
        let outputs: [String: JSONValue] = ["outputs": .object(["price": "/price"])]
        let both = try await http("\(server.url)/json", save.merging(outputs) { $1 })
        #expect(both.failure == nil && both.outputs.last == "price=1.10")
        #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix(#"{"id": 1234"#))
        #expect(try await http("\(server.url)/empty", save).failure == nil)
        #expect(try bytes() == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: server.folder.path)
        #expect(!names.contains { $0.hasPrefix(".flower-") })
        let nowhere = try await http("\(server.url)/json", ["save": "/nowhere/at/all"])
        #expect(
            nowhere.failure?.hasSuffix("save /nowhere/at/all: No such file or directory") == true
        )
    }

    @Test func `a body that cannot be read is told`() async throws {
        let server = try await HTTPServer()
        let pipe = server.folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let cases = [
            ("/nowhere/body", "No such file or directory"), (server.folder.path, "Is a directory"),
            (pipe, "it is not a regular file"),
        ]
        for (path, why) in cases {
            let result = try await http("\(server.url)/echo", ["body_file": .string(path)])
            #expect(result.failure == "POST \(server.url)/echo: body_file \(path): \(why)")
        }
    }

    @Test
    func `of a big answer no more than an excerpt is read, and of a packed one what is in it`()
        async throws
    {
        let server = try await HTTPServer()
        let size = 1 << 30
        let big = try await http("\(server.url)/big/\(size)")
        #expect(big.failure == nil && big.lines.last == String(repeating: "x", count: 2 << 10))
        try await server.told("gone /big/\(size)")
        #expect(try await http("\(server.url)/gzip").lines.last == "unpacked")
        let cut = try await http("\(server.url)/cut")
        #expect(cut.failure?.hasPrefix("GET \(server.url)/cut: ") == true)
    }

    @Test func `IPv6 and Unix sockets`() async throws {
        let server = try await HTTPServer()
        let six = try await http("http://[::1]:\(server.ports.ipv6)/status/200")
        #expect(six.failure == nil && six.outputs == ["status=200"])
        let path = "\(server.folder.path)/server.sock".replacing("/", with: "%2F")
        for name in ["http", "http-post"] {
            let seen = try await echo("http+unix://\(path)/echo", [:], component: name)
            #expect(seen["method"] == (name == "http" ? "GET" : "POST"))
        }
    }

    @Test(arguments: ["http", "http-post"])
    func `certificates are judged`(component: String) async throws {
        let server = try await HTTPServer()
        let ports = server.ports
        let trust: [String: JSONValue] = ["ca_file": .string(server.authority)]
        func asked(_ port: Int, _ host: String, _ with: [String: JSONValue]) async throws -> String?
        {
            try await http("https://\(host):\(port)/status/200", with, component: component).failure
        }
        #expect(try await asked(ports.right, "127.0.0.1", trust) == nil)
        #expect(try await asked(ports.right, "localhost", trust) == nil)
        // Nobody's authority but the server's own.
        #expect(try await asked(ports.right, "127.0.0.1", [:])?.contains("certificate") == true)
        #expect(try await asked(ports.over, "127.0.0.1", trust)?.contains("expired") == true)
        #expect(try await asked(ports.other, "127.0.0.1", trust) != nil)
        #expect(try await asked(ports.other, "localhost", trust) != nil)
        #expect(try await asked(ports.right, "localhost", ["ca_file": "/nowhere.pem"]) != nil)
    }

    @Test func `a cancelled request ends in the middle, and its connection with it`() async throws {
        let server = try await HTTPServer()
        let url = "\(server.url)/silent"
        let component = try ComponentRegistry.builtIn.make("http", .object(["url": .string(url)]))
        let task = Task { try await component.run(in: Told().context) }
        try await server.told("request GET /silent")
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await server.told("gone /silent")
        // One that is cancelled before it begins asks nothing.
        let none = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await component.run(in: Told().context)
        }
        await #expect(throws: CancellationError.self) { try await none.value }
    }

    @Test func `two hundred at once are each answered`() async throws {
        let server = try await HTTPServer()
        let url = "\(server.url)/json"
        let failures = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<200 { group.addTask { try await self.http(url).failure } }
            return try await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
        }
        #expect(failures == [])
    }
}
