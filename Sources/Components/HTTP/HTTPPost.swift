import Flows

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

    let url: HTTPAddress
    /// The body; `{}` where none is given.
    let json: JSONValue?
    /// Added to `Content-Type: application/json`, or in its place.
    let headers: HTTPHeaders?
    /// For the whole exchange; 30 s where none is given.
    let timeout: ComponentDuration?
    /// Certificates of the authorities to trust, in place of the host's: a file in the PEM format.
    let caFile: AbsolutePath?

    private enum CodingKeys: String, CodingKey {
        case url, json, headers, timeout
        case caFile = "ca_file"
    }

    func run(in context: ComponentContext) async throws {
        let request = HTTPRequest(
            method: "POST",
            url: url,
            headers: headers,
            body: .json(json ?? .object([:])),
            timeout: timeout,
            caFile: caFile
        )
        let answer = try await request.answer()
        try answer.requireSuccess(of: request)
        context.print("\(request): \(answer.statusLine)")
        if let excerpt = answer.excerpt { context.print(excerpt) }
    }
}
