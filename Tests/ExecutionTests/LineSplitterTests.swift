import Flows
import Testing

@testable import Execution

@Suite struct LineSplitterTests {
    /// The lines of `bytes`, given in pieces that end at `cuts`.
    private func split(_ bytes: [UInt8], at cuts: [Int]) -> (lines: [[UInt8]], count: Int) {
        var splitter = LineSplitter()
        var out: [UInt8] = []
        var count = 0
        var start = 0
        for end in cuts + [bytes.count] {
            let lines = bytes[start..<end].withUnsafeBytes { splitter.take($0) }
            out += lines?.bytes ?? []
            count += lines?.count ?? 0
            start = end
        }
        if let rest = splitter.finish() {
            out += rest.bytes
            count += rest.count
        }
        var pieces = out.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        if out.isEmpty || out.last == 10 { pieces.removeLast() }
        return (pieces, count)
    }

    @Test func `however it is read the lines are the same`() {
        var generator = SeededGenerator(seed: 20_261_123)
        let text = Array("one\n\ntwo three\nlast".utf8)
        let expected = ["one", "", "two three", "last"].map { Array($0.utf8) }
        for _ in 0..<500 {
            let cuts = (0..<3).map { _ in Int.random(in: 0...text.count, using: &generator) }
                .sorted()
            let result = split(text, at: cuts)
            #expect(result.lines == expected && result.count == 4, "cut at \(cuts)")
        }
    }

    @Test func `nothing gives nothing`() {
        #expect(split([], at: []).count == 0)
        #expect(split([10], at: []).lines == [[]])
    }

    private static let limit = RunnerLimit.lineBytes

    /// Length of the line's content, whether a newline ends it, and the lengths of its pieces.
    @Test(arguments: [
        (limit, true, [limit]), (limit, false, [limit]),
        (limit + 1, true, [limit, 1]), (limit + 1, false, [limit, 1]),
        (2 * limit, true, [limit, limit]), (2 * limit + 1, true, [limit, limit, 1]),
        (2 * limit - 1, false, [limit, limit - 1]),
    ])
    func `a line is cut only where it is too long`(length: Int, isEnded: Bool, pieces: [Int]) {
        let bytes = [UInt8](repeating: 120, count: length) + (isEnded ? [10] : [])
        for step in [Self.limit, 4096, 1000] {
            let result = split(bytes, at: Array(stride(from: step, to: bytes.count, by: step)))
            #expect(result.lines.map(\.count) == pieces, "in steps of \(step)")
            #expect(result.count == pieces.count)
        }
    }

    @Test func `a cut falls between characters`() {
        let text = "a" + String(repeating: "€", count: 30_000)
        let bytes = Array(text.utf8)
        let result = split(bytes, at: Array(stride(from: 4096, to: bytes.count, by: 4096)))
        #expect(result.lines.count == 2)
        #expect(result.lines.allSatisfy { String(validating: $0, as: UTF8.self) != nil })
        #expect(result.lines.flatMap { $0 } == bytes)
    }

    @Test func `the tail is whole lines from the end`() {
        var tail = Tail()
        for number in 0..<40_000 { tail.append(Self.lines("line \(number)\n"), .output) }
        let kept = String(decoding: tail.bytes, as: UTF8.self)
        #expect(kept.utf8.count <= Limit.tailBytes && kept.utf8.count > Limit.tailBytes - 20)
        #expect(kept.hasPrefix("line ") && kept.hasSuffix("line 39999\n"))
    }

    private static func lines(_ text: String, open: Int = 0) -> LineSplitter.Lines {
        let bytes = Array(text.utf8)
        return LineSplitter.Lines(bytes: bytes, count: bytes.count { $0 == 10 }, open: open)
    }

    @Test func `the tail has what was printed, without newlines of ours`() {
        var tail = Tail()
        tail.append(Self.lines("long\n", open: 1), .output)
        tail.append(Self.lines("er\nb\n", open: 1), .output)
        tail.append(Self.lines("\nc\n"), .output)
        tail.append(Self.lines("no end\n", open: 1), .output)
        tail.append(Self.lines("other\n", open: 1), .errors)
        #expect(String(decoding: tail.bytes, as: UTF8.self) == "longerb\n\nc\nno end\nother")
    }

    @Test func `a tail of one long line is its end`() {
        var tail = Tail()
        tail.append(Self.lines(String(repeating: "y", count: 3 * Limit.tailBytes) + "\n"), .output)
        #expect(tail.bytes.count == Limit.tailBytes && tail.bytes.last == 10)
    }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
