import AsyncHTTPClient
import Flows
import Foundation
import NIOCore

/// `http-post`: sends a JSON document to a web hook; an answer of 400 or more fails the task.
///
/// ```yaml
/// post:
///   component: http-post
///   with: {url: "https://example.org/hook", json: {day: "${due.date}"}, timeout: 10s}
/// ```
struct HTTPPost: Component {
    static let name = "http-post"
    static let outputs: [String]? = []

    let url: String
    /// The body; `{}` where none is given.
    let json: JSONValue?
    /// Added to `Content-Type: application/json`, or in its place.
    let headers: [String: String]?
    /// For the whole exchange; 30 s where none is given.
    let timeout: ComponentDuration?

    /// Told of the answer's body, in the log or the failure.
    private static let excerptBytes = 2 << 10

    /// Why the task fails: the tail shows it.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    func run(in context: ComponentContext) async throws {
        let answer: (status: UInt, reason: String, excerpt: String)
        do {
            answer = try await send()
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw Failure(description: "POST \(url): no answer within \(limit.text)")
        } catch let error where !(error is CancellationError) {
            throw Failure(description: "POST \(url): \(error)")
        }
        guard answer.status < 400 else {
            let excerpt = answer.excerpt.isEmpty ? "" : ": \(answer.excerpt)"
            throw Failure(
                description: "POST \(url): \(answer.status) \(answer.reason)\(excerpt)"
            )
        }
        context.print("POST \(url): \(answer.status) \(answer.reason)")
        if !answer.excerpt.isEmpty { context.print(answer.excerpt) }
    }

    private var limit: ComponentDuration { timeout ?? ComponentDuration(.seconds(30)) }

    private func send() async throws -> (status: UInt, reason: String, excerpt: String) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "flower")
        for (name, value) in headers ?? [:] {
            request.headers.replaceOrAdd(name: name, value: value)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        request.body = .bytes(try encoder.encode(json ?? .object([:])))
        let nanoseconds = limit.value.milliseconds * 1_000_000
        let response = try await HTTPClient.shared.execute(
            request,
            timeout: .nanoseconds(nanoseconds)
        )
        var body: [UInt8] = []
        for try await part in response.body {
            body += part.readableBytesView
            if body.count >= Self.excerptBytes { break }
        }
        let excerpt = String(decoding: body.prefix(Self.excerptBytes), as: UTF8.self)
        return (
            response.status.code,
            response.status.reasonPhrase,
            excerpt.trimmingCharacters(in: .whitespacesAndNewlines)
        )
    }
}
