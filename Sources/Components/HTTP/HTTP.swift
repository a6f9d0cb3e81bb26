import Flows

/// `http`: sends a request; an answer of 400 or more fails the task.
///
/// ```yaml
/// latest:
///   component: http
///   with:
///     url: "https://example.org/releases/latest"
///     outputs: {tag: /tag_name, etag: ETag}
/// ```
struct HTTP: NamingOutputs {
    static let name = "http"

    let request: HTTPRequest
    let outputs: [(name: String, of: HTTPOutput)]

    private enum CodingKeys: String, CodingKey {
        case url, method, headers, json, body, timeout, outputs, save
        case bodyFile = "body_file"
        case caFile = "ca_file"
    }

    init(from decoder: any Decoder) throws {
        let with = try decoder.container(keyedBy: CodingKeys.self)
        let json = try with.decodeIfPresent(JSONValue.self, forKey: .json)
        let text = try with.decodeIfPresent(String.self, forKey: .body)
        let file = try with.decodeIfPresent(AbsolutePath.self, forKey: .bodyFile)
        let bodies = [
            json.map { .json($0) }, text.map { .text($0) }, file.map { HTTPRequest.Body.file($0) },
        ]
        .compactMap { $0 }
        guard bodies.count <= 1 else {
            throw decoder.fault("a request has one body: json, body or body_file")
        }
        let method = try with.decodeIfPresent(HTTPMethod.self, forKey: .method)?.text
        let named = try with.decodeIfPresent([String: HTTPOutput].self, forKey: .outputs) ?? [:]
        if let name = named.keys.sorted().first(where: { !OutputText.isKey($0) }) {
            throw decoder.fault("\(ComponentOutputFault(key: name))")
        }
        outputs = named.sorted { $0.key < $1.key }.map { (name: $0.key, of: $0.value) }
        request = HTTPRequest(
            method: method ?? (bodies.isEmpty ? "GET" : "POST"),
            url: try with.decode(HTTPAddress.self, forKey: .url),
            headers: try with.decodeIfPresent(HTTPHeaders.self, forKey: .headers),
            body: bodies.first ?? .none,
            timeout: try with.decodeIfPresent(ComponentDuration.self, forKey: .timeout),
            caFile: try with.decodeIfPresent(AbsolutePath.self, forKey: .caFile),
            isWhole: named.values.contains { if case .place = $0 { true } else { false } },
            file: try with.decodeIfPresent(AbsolutePath.self, forKey: .save)
        )
    }

    /// `status`, also of an answer that fails the task, and those that `outputs:` names.
    static func outputs(of with: JSONValue) -> [String] {
        guard case .object(let members) = with, case .object(let named) = members["outputs"] else {
            return ["status"]
        }
        return Set(["status"] + named.keys).sorted()
    }

    func run(in context: ComponentContext) async throws {
        let answer = try await request.answer()
        try context.output("status", String(answer.status))
        try answer.requireSuccess(of: request)
        context.print("\(request): \(answer.statusLine)")
        if let file = request.file {
            context.print("\(file.text): \(answer.fileBytes) bytes")
        } else if outputs.isEmpty, let excerpt = answer.excerpt {
            context.print(excerpt)
        }
        for (name, output) in outputs {
            try context.output(name, try value(output, named: name, in: answer))
        }
    }

    private func value(
        _ output: HTTPOutput,
        named name: String,
        in answer: HTTPAnswer
    ) throws(HTTPFailure) -> String {
        switch output {
        case .header(let header):
            if let value = answer.header(header) { return value }
            throw HTTPFailure(
                "\(request): the answer has no header \(header), of which output '\(name)' is to be"
            )
        case .place(let pointer):
            do throws(JSONPointer.Fault) {
                return try pointer.value(in: answer.body)
            } catch {
                let what =
                    switch error {
                    case .nothingThere: "the answer's JSON has nothing at '\(pointer.text)'"
                    case .holdsNUL: "the answer's JSON holds a NUL (\\u0000), which no output can"
                    case .noJSON(let byte): "the answer is no JSON, which shows at byte \(byte)"
                    }
                throw HTTPFailure("\(request): \(what), of which output '\(name)' is to be")
            }
        }
    }
}
