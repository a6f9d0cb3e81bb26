import Flows
import Testing

@testable import Components

/// What `http` and `http-post` refuse before they run.
@Suite struct HTTPArgumentTests {
    private static let url: JSONValue = "https://example.org/"

    @Test(
        arguments: [
            "http://example.org", "HTTPS://example.org:8443/a?b#c", "http://[::1]:80/",
            "http+unix://%2Frun%2Fa.sock/x", "https+unix://%2Frun%2Fa.sock",
        ]
    )
    func `URLs of HTTP are taken`(url: String) {
        for name in ["http", "http-post"] {
            #expect(
                ComponentRegistry.builtIn.fault(of: name, with: .object(["url": .string(url)]))
                    == nil
            )
        }
    }

    @Test(
        arguments: [
            "", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http:///x",
            "http://a b/", "http://a\nb/", "http+unix://run/x", "http+unix://%2Frun%2/x",
            "http+unix://%2F%00/x",
        ]
    )
    func `all else is refused, with what to write`(url: String) {
        let fault =
            "with.url: '\(url)' is no URL of HTTP: write http://HOST/PATH, https://HOST/PATH or, for a Unix socket,"
            + " http+unix://%2Frun%2FNAME.sock/PATH"
        for name in ["http", "http-post"] {
            #expect(
                ComponentRegistry.builtIn.fault(of: name, with: .object(["url": .string(url)]))
                    == fault
            )
        }
    }

    @Test(
        arguments: [
            (
                ["method": "get"],
                "with.method: 'get' is no method: write it in capital letters, such as GET, PUT or DELETE"
            ),
            (
                ["method": "G T"],
                "with.method: 'G T' is no method: write it in capital letters, such as GET, PUT or DELETE"
            ),
            (
                ["json": .object([:]), "body": "x"],
                "with: a request has one body: json, body or body_file"
            ),
            (
                ["body_file": "here"],
                "with.body_file: 'here' is no absolute path of a file: begin it with '/'"
            ),
            (
                ["save": "/tmp/"],
                "with.save: '/tmp/' is no absolute path of a file: begin it with '/'"
            ),
            (["ca_file": ""], "with.ca_file: '' is no absolute path of a file: begin it with '/'"),
            (
                ["headers": .object(["a b": "c"])],
                "with.headers: 'a b' is no header's name: letters, digits and '-'"
            ),
            (
                ["headers": .object(["a": "b\r\nc: d"])],
                "with.headers: the value of 'a' holds a line break or another control character"
            ),
            (
                ["headers": .object(["Accept": "a", "accept": "b"])],
                "with.headers: 'Accept' and 'accept' are one header; write it once"
            ),
            (
                ["outputs": .object(["a b": "/c"])],
                "with: 'a b' names no output: letters, digits, '_' and '-', not beginning with a digit or '-'"
            ),
            (
                ["outputs": .object(["a": "/~2"])],
                "with.outputs.a: '/~2' names nothing of an answer: write a place in its JSON, such as /items/0/id"
                    + " (RFC 6901), or a header's name, such as ETag"
            ),
            (["timeout": "soon"], "with.timeout: 'soon' is no duration: \(DurationText.hint)"),
            (["bodyfile": "/x"], "with has no key 'bodyfile'"),
        ] as [([String: JSONValue], String)]
    )
    func `what cannot be sent is refused`(with: [String: JSONValue], fault: String) {
        let with = with.merging(["url": Self.url]) { given, _ in given }
        #expect(ComponentRegistry.builtIn.fault(of: "http", with: .object(with)) == fault)
    }

    @Test func `its outputs are known before it runs`() {
        let registry = ComponentRegistry.builtIn
        #expect(registry.outputs(of: "http", with: .null) == ["status"])
        let with: JSONValue = .object(["outputs": .object(["total": "/total", "etag": "ETag"])])
        #expect(registry.outputs(of: "http", with: with) == ["etag", "status", "total"])
        #expect(registry.outputs(of: "http-post", with: with) == [])
        #expect(registry.outputs(of: "nobody's", with: with) == nil)
    }
}
