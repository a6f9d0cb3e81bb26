import Flows
import FoundationEssentials

/// What a server is asked, and how much of its answer is kept.
struct HTTPRequest: Sendable, CustomStringConvertible {
    enum Body: Sendable {
        case none
        case json(JSONValue)
        case text(String)
        case file(AbsolutePath)
    }

    let method: String
    let url: HTTPAddress
    var headers: HTTPHeaders?
    var body = Body.none
    /// For the whole exchange, redirects included; 30 s where none is given.
    var timeout: ComponentDuration?
    /// In place of the host's authorities.
    var caFile: AbsolutePath?
    /// Whether the answer is read to its end, at most `wholeBytes`, and not for an excerpt alone.
    var isWhole = false
    /// Where the body of an answer below 400 goes, of any size.
    var file: AbsolutePath?

    /// Told of an answer's body, in the log or the failure.
    static let excerptBytes = 2 << 10
    /// The most that is held in memory.
    static let wholeBytes = 16 << 20

    /// `GET https://example.org/`
    var description: String { "\(method) \(url.text)" }

    var limit: ComponentDuration { timeout ?? ComponentDuration(.seconds(30)) }

    /// The body's bytes; `nil` where there is none, or it is a file's.
    var bytes: [UInt8]? {
        switch body {
        case .none, .file: return nil
        case .text(let text): return Array(text.utf8)
        case .json(let value):
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // Its numbers came from a flow file and are finite.
            return (try? encoder.encode(value)).map { Array($0) } ?? []
        }
    }

    /// `Name: value`, as they are sent; a name with nothing after its colon is one that is left out.
    var headerLines: [String] {
        let type: String? =
            switch body {
            case .none: nil
            case .json: "application/json"
            case .text: "text/plain; charset=utf-8"
            case .file: "application/octet-stream"
            }
        var lines = ["Expect:"]
        let own = headers?.fields ?? []
        for (name, value) in [("Content-Type", type), ("User-Agent", "flower")] {
            guard !own.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                continue
            }
            lines.append("\(name):\(value.map { " \($0)" } ?? "")")
        }
        // curl's way to say that a header is sent with nothing in it.
        return lines + own.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    }

    /// Sends it.
    ///
    /// - Throws: `HTTPFailure` where there is no answer, `CancellationError`.
    func answer() async throws -> HTTPAnswer {
        do throws(HTTPFault) {
            return try await HTTPClient.shared.answer(to: self)
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .late: throw HTTPFailure("\(self): no answer within \(limit.text)")
            case .failed(let reason): throw HTTPFailure("\(self): \(reason)")
            }
        }
    }
}

/// What a server has answered, after redirects.
struct HTTPAnswer: Sendable {
    var status = 0
    /// The words after the status; HTTP/2 has none.
    var reason = ""
    var headers: [(name: String, value: String)] = []
    /// As much of it as was asked for.
    var body: [UInt8] = []
    /// Of the file that the body went to.
    var fileBytes: Int64 = 0

    /// `200 OK`
    var statusLine: String { reason.isEmpty ? "\(status)" : "\(status) \(reason)" }

    /// `nil` where there is nothing to show.
    var excerpt: String? {
        let text = String(decoding: body.prefix(HTTPRequest.excerptBytes), as: UTF8.self)
        let rest = text.drop(while: \.isWhitespace)
        let end = rest.lastIndex { !$0.isWhitespace }
        return end.map { String(rest[...$0]) }
    }

    func requireSuccess(of request: HTTPRequest) throws(HTTPFailure) {
        guard status >= 400 else { return }
        throw HTTPFailure("\(request): \(statusLine)\(excerpt.map { ": \($0)" } ?? "")")
    }

    /// Of a header that came more than once its values, joined as RFC 9110 does (section 5.3).
    func header(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

/// Why the task fails: the tail shows it.
struct HTTPFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
