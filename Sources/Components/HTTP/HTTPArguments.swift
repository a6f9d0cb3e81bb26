import Flows

/// A URL of HTTP: `https://example.org/hook`, and for a server's Unix socket `http+unix://%2Frun%2Fdocker.sock/info`,
/// whose host is the socket's path with each `/` as `%2F`.
struct HTTPAddress: Decodable, Sendable {
    let text: String
    /// What libcurl is told.
    let target: String
    let socketPath: String?

    init(from decoder: any Decoder) throws {
        text = try String(from: decoder)
        guard let address = Self.read(text) else {
            throw decoder.fault(
                "'\(text)' is no URL of HTTP: write http://HOST/PATH, https://HOST/PATH or, for a Unix socket,"
                    + " http+unix://%2Frun%2FNAME.sock/PATH"
            )
        }
        (target, socketPath) = address
    }

    private static func read(_ text: String) -> (target: String, socketPath: String?)? {
        guard let colon = text.firstRange(of: "://"),
            !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
        else { return nil }
        let rest = text[colon.upperBound...]
        let host = rest.prefix { !"/?#".contains($0) }
        guard !host.isEmpty else { return nil }
        switch text[..<colon.lowerBound].lowercased() {
        case "http", "https": return (text, nil)
        case "http+unix": return unix("http", host, rest)
        case "https+unix": return unix("https", host, rest)
        default: return nil
        }
    }

    private static func unix(
        _ scheme: String,
        _ host: Substring,
        _ rest: Substring
    ) -> (target: String, socketPath: String?)? {
        var path: [UInt8] = []
        var bytes = Array(host.utf8)[...]
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = bytes.prefix(2)
                guard digits.count == 2,
                    let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), byte != 0
                else { return nil }
                path.append(byte)
                bytes = bytes.dropFirst(2)
            } else {
                path.append(byte)
            }
        }
        guard let path = String(validating: path, as: UTF8.self), path.hasPrefix("/") else {
            return nil
        }
        return ("\(scheme)://localhost\(rest[host.endIndex...])", path)
    }
}

/// Of a request: by name, of which no two differ in letter case alone.
struct HTTPHeaders: Decodable, Sendable {
    let fields: [(name: String, value: String)]

    init(from decoder: any Decoder) throws {
        let members = try [String: String](from: decoder)
        for (name, value) in members {
            guard HTTPToken.isOne(name) else {
                throw decoder.fault("'\(name)' is no header's name: letters, digits and '-'")
            }
            guard !value.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }) else {
                throw decoder.fault(
                    "the value of '\(name)' holds a line break or another control character"
                )
            }
        }
        fields = members.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        let twins = Dictionary(grouping: fields) { $0.name.lowercased() }.values.first {
            $0.count > 1
        }
        if let twins {
            let names = twins.map { "'\($0.name)'" }.joined(separator: " and ")
            throw decoder.fault("\(names) are one header; write it once")
        }
    }
}

/// In capital letters, as methods are: `GET`.
struct HTTPMethod: Decodable, Sendable {
    let text: String

    init(from decoder: any Decoder) throws {
        text = try String(from: decoder)
        guard HTTPToken.isOne(text), text == text.uppercased() else {
            throw decoder.fault(
                "'\(text)' is no method: write it in capital letters, such as GET, PUT or DELETE"
            )
        }
    }
}

/// RFC 9110, section 5.6.2.
enum HTTPToken {
    static func isOne(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                    || "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar)
            }
    }
}

/// A file's path. A relative one would depend on where the runner was started.
struct AbsolutePath: Decodable, Sendable {
    let text: String

    init(from decoder: any Decoder) throws {
        text = try String(from: decoder)
        guard text.hasPrefix("/"), !text.hasSuffix("/"), !text.utf8.contains(0) else {
            throw decoder.fault("'\(text)' is no absolute path of a file: begin it with '/'")
        }
    }
}

/// What an output is taken of.
enum HTTPOutput: Decodable, Sendable {
    /// A place in the answer's JSON.
    case place(JSONPointer)
    /// A header of the answer, as `ETag`.
    case header(String)

    init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        if let pointer = JSONPointer(text) {
            self = .place(pointer)
        } else if HTTPToken.isOne(text) {
            self = .header(text)
        } else {
            throw decoder.fault(
                "'\(text)' names nothing of an answer: write a place in its JSON, such as /items/0/id"
                    + " (RFC 6901), or a header's name, such as ETag"
            )
        }
    }
}

extension Decoder {
    func fault(_ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: message))
    }
}
