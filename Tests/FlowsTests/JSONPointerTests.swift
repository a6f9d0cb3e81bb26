import Foundation
import TestSupport
import Testing

@testable import Flows

@Suite struct JSONPointerTests {
    private func value(_ pointer: String, _ json: String) throws -> String {
        try #require(JSONPointer(pointer)).value(in: Array(json.utf8))
    }

    /// RFC 6901, section 5.
    @Test(arguments: [
        ("/foo", #"["bar", "baz"]"#), ("/foo/0", "bar"), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"),
        ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"),
    ]) func `the standard's own places`(pointer: String, expected: String) throws {
        let json = #"""
            {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7,
            "m~n": 8}
            """#
        #expect(try value(pointer, json) == expected)
        #expect(try value("", json) == json)
    }

    @Test(arguments: [
        ("/id", "123456789012345678901"), ("/price", "1.10"), ("/exact", "-0.0e+00"),
        ("/yes", "true"),
        ("/none", "null"), ("/text", "a\n\u{1F600}/"), ("/list", "[ 1,2 ]"), ("/list/1", "2"),
        ("/twice", "2"),
        ("/~01", "both"),
    ]) func `what stands there is given as it is written`(pointer: String, expected: String) throws
    {
        let json = #"""
             {"id":123456789012345678901, "price" : 1.10,"exact":-0.0e+00,"yes":true,"none":null,
            "text":"a\n\ud83d\ude00\/","list":[ 1,2 ],"twice":1,"twice":2,"~1":"both"}
            """#
        #expect(try value(pointer, json) == expected)
    }

    @Test(arguments: ["/x", "/list/01", "/list/2", "/list/-", "/list/-1", "/text/0", "/list/"])
    func `nothing is found where nothing is`(pointer: String) throws {
        let json = #"{"list": [1, 2], "text": "a"}"#
        #expect(throws: JSONPointer.Fault.nothingThere) { try value(pointer, json) }
    }

    @Test(arguments: ["a", "~", "/~", "/~2", "/a/~x"]) func `what is no pointer`(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test(arguments: [
        ("", 1), ("{", 2), (#"{"a" 1}"#, 6), (#"{"a":1,}"#, 8), ("[1,]", 4), ("01", 2), ("1 2", 3),
        ("+1", 1),
        ("\"\t\"", 2), (#""\x""#, 3), ("tru", 1), (#"{"a":1}x"#, 8), (#""\ud800""#, 8),
    ]) func `what is no JSON is told with its byte`(json: String, byte: Int) throws {
        #expect(throws: JSONPointer.Fault.noJSON(byte: byte)) { try value("", json) }
    }

    @Test func `no depth of it takes the stack`() throws {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONPointer.Fault.noJSON(byte: 501)) { try value("", deep) }
        let fair = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(try value("", fair) == fair)
    }

    /// Python's parser shares nothing with ours: documents made at random, most of them with a byte changed.
    /// (Foundation's takes a comma behind the last element, in Swift 6.3.)
    @Test func `the same is JSON to Python`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        let documents = (0..<20_000).map { _ in
            var bytes = Array(Self.document(&random, depth: 0).utf8)
            if Int.random(in: 0..<4, using: &random) > 0 {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] =
                    Array(#"{}[]",:\0129.eE+-tfnu "#.utf8).randomElement(using: &random) ?? 0
            }
            return bytes
        }
        let folder = try TemporaryFolder()
        try Data(documents.joined(separator: [10])).write(
            to: URL(fileURLWithPath: folder.path + "/documents")
        )
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        python.arguments = ["-c", Self.judge, folder.path + "/documents"]
        let pipe = Pipe()
        python.standardOutput = pipe
        try python.run()
        let theirs = pipe.fileHandleForReading.readDataToEndOfFile()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0 && theirs.count == documents.count)
        let whole = try #require(JSONPointer(""))
        for (document, isTheirs) in zip(documents, theirs) {
            let isOurs = (try? whole.value(in: document)) != nil
            let text = String(decoding: document, as: UTF8.self)
            #expect(isOurs == (isTheirs == UInt8(ascii: "1")), "seed \(seed): \(text)")
        }
        #expect(theirs.count { $0 == UInt8(ascii: "0") } > 1_000)
    }

    /// Prints 1 for each line that is JSON whose texts are texts to us: no half of a pair, no NUL.
    private static let judge = #"""
        import json, sys
        for line in open(sys.argv[1], "rb").read().split(b"\n"):
            try:
                text = json.dumps(json.loads(line.decode()), ensure_ascii=False)
                text.encode()
                good = "\\u0000" not in text
            except ValueError:
                good = False
            print(int(good), end="")
        """#

    private static func document(_ random: inout SplitMix64, depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 6), using: &random) {
        case 0: return ["true", "false", "null"].randomElement(using: &random) ?? ""
        case 1, 2:
            return ["0", "-1", "1.10", "2e3", "1E-7", "120"].randomElement(using: &random) ?? ""
        case 3...5:
            return [#""""#, #""a""#, #""\u00fc\n""#, #""ü""#, #""\ud83d\ude00""#].randomElement(
                using: &random
            ) ?? ""
        case 6, 7:
            let count = Int.random(in: 0..<4, using: &random)
            return "["
                + (0..<count).map { _ in document(&random, depth: depth + 1) }.joined(
                    separator: ", "
                ) + "]"
        default:
            let count = Int.random(in: 0..<4, using: &random)
            let members = (0..<count).map { "\"k\($0)\": " + document(&random, depth: depth + 1) }
            return "{" + members.joined(separator: ",") + "}"
        }
    }
}
