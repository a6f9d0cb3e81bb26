import Flows
import Foundation
import Glibc
import TestSupport
import Testing

@testable import FlowerKit

@Suite struct JSONWriterTests {
    /// What scripts have been reading: Foundation's encoder.
    static func reference(_ value: JSONValue) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    @Test(
        arguments: [
            .null, .bool(true), .bool(false), .integer(0), .integer(.min), .integer(.max),
            .number(0), .number(-0.0), .number(1.5), .number(2), .number(1e17), .number(1e-7),
            .number(0.1), .number(-123.456), .number(1e300), .string(""), .string("a/b \"c\" \\ d"),
            .string("\u{0}\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F} "), .string("é日本👍e\u{301}"),
            .string("\r\n"), .array([]), .object([:]), .array([.array([]), .object([:])]),
            .array([.integer(1), .array([.null, .array([.string("x")])])]),
            .object(["b": .integer(1), "a": .object(["z": .array([]), "A": .null, "_": .null])]),
            .object(["a10": .null, "a9": .null, "a_": .null, "aB": .null, "é": .null, "": .null]),
        ] as [JSONValue]
    )
    func `values are written as Foundation writes them`(value: JSONValue) throws {
        #expect(try value.rendered == Self.reference(value))
    }

    @Test func `so are random ones`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let value = Self.random(depth: 0, &generator)
            #expect(try value.rendered == Self.reference(value), "seed \(seed)")
        }
    }

    static func random(depth: Int, _ generator: inout SplitMix64) -> JSONValue {
        func text() -> String {
            let scalars = (0..<Int.random(in: 0...6, using: &generator)).compactMap { _ in
                // Without what a terminal would obey; see below.
                Unicode.Scalar(
                    [0x41, 0x22, 0x0A, 0x2F, 0xE9, 0x65E5, 0x1F44D, 0x301, 0x02].randomElement(
                        using: &generator
                    ) ?? 0x41
                )
            }
            return String(String.UnicodeScalarView(scalars))
        }
        switch Int.random(in: 0..<(depth < 4 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 3:
            return .number(Double(bitPattern: UInt64.random(in: 0...1 << 62, using: &generator)))
        case 4: return .string(text())
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    random(depth: depth + 1, &generator)
                }
            )
        default:
            let members = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                (text(), random(depth: depth + 1, &generator))
            }
            return .object(Dictionary(members) { $1 })
        }
    }

    /// An array that is added to, and an object with one among its members: the same text as of the whole value.
    @Test(arguments: [0, 1, 3, 5_000])
    func `what is added row by row is the same text`(count: Int) throws {
        let rows = (0..<count).map {
            JSONValue.object(["row": .integer(Int64($0)), "n": .array([])])
        }
        var text: [UInt8] = []
        var longest = 0
        func writer() -> JSONWriter {
            text = []
            return JSONWriter {
                text += $0
                longest = max(longest, $0.count)
            }
        }
        let array = writer()
        try array.write { for row in rows { try array.add(row) } }
        #expect(String(decoding: text, as: UTF8.self) == (try Self.reference(.array(rows))))
        var members: [String: JSONValue] = ["a": .integer(1), "z": .null]
        let object = writer()
        try object.write(members, array: "m") { for row in rows { try object.add(row) } }
        members["m"] = .array(rows)
        #expect(String(decoding: text, as: UTF8.self) == (try Self.reference(.object(members))))
        #expect(longest < 80 << 10)
    }

    /// SQL can leave infinity in a column; that is no reason to stop.
    @Test func `what JSON has no number for is null`() throws {
        #expect(
            try JSONValue.array([.number(.infinity), .number(.nan)]).rendered
                == "[\n  null,\n  null\n]\n"
        )
    }

    @Test func `what a terminal would obey is escaped`() throws {
        let text = "\u{7F}\u{9B}31m\u{202E}\u{2066}\u{2028}é"
        #expect(
            try JSONValue.string(text).rendered
                == "\"\\u007f\\u009b31m\\u202e\\u2066\\u2028é\"\n"
        )
        #expect(
            try JSONDecoder().decode(
                String.self,
                from: Data(try JSONValue.string(text).rendered.utf8)
            ) == text
        )
    }

    // MARK: - Where it goes

    /// A reader that does not read holds up nothing: all is taken before the first byte leaves.
    @Test(arguments: [10, 100_000, 5_000_000])
    func `a spool takes all, and gives it when the reading is over`(count: Int) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (input, output) = (ends[0], ends[1])
        defer { close(input) }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let spool = Spool(Output(descriptor: output))
        for start in stride(from: 0, to: count, by: 60_000) {
            try bytes[start..<min(start + 60_000, count)].withUnsafeBytes { try spool.write($0) }
        }
        var waiting = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, 0) == 0)
        let reader = DispatchQueue(label: "reader")
        nonisolated(unsafe) var read = Data()
        reader.async { read = FileHandle(fileDescriptor: input).readDataToEndOfFile() }
        try spool.finish()
        close(output)
        reader.sync {}
        #expect(Array(read) == bytes)
    }
}
