import Flows
import Foundation
import Glibc
import Testing

@testable import Execution
@testable import FlowerKit

/// `logs`, from files as the file sink writes them.
@Suite struct LogsTests {
    private let fixture: CommandFixture

    init() throws {
        fixture = try CommandFixture()
        try fixture.apply(.nothing(["transform": ["get"]]))
        try fixture.flower("register", "test")
        try write(
            "get.1",
            [(1, "o", "one"), (3, "e", "two\u{1B}[2J"), (4, "-", "the line was cut")]
        )
        try write("get.2", [(7, "o", "again")])
        try write("transform.1", [(9, "o", "late"), (10, "o", "")])
    }

    private func write(_ name: String, _ lines: [(Int, String, String)]) throws {
        let folder = "\(fixture.state.logsPath)/1"
        mkdir(folder, 0o700)
        let text = lines.map { second, stream, line in
            "2026-11-23T20:00:\(second < 10 ? "0" : "")\(second).000Z \(stream) \(line)\n"
        }
        try text.joined().write(toFile: "\(folder)/\(name).log", atomically: true, encoding: .utf8)
    }

    @Test func `all tasks' lines stand in order of time, each with its task`() throws {
        #expect(
            try fixture.flower("logs", "1").output == """
                get       | one
                get       | two\u{1B}[2J
                get       | [flower: the line was cut]
                get#2     | again
                transform | late
                transform | \("")

                """
        )
    }

    @Test func `one task's lines stand alone`() throws {
        #expect(try fixture.flower("logs", "1", "transform").output == "late\n\n")
        #expect(try fixture.flower("logs", "1", "get", "--attempt", "2").output == "again\n")
        #expect(try fixture.flower("logs", "1", "get", "-n", "2").output.hasSuffix("cut]\nagain\n"))
        #expect(try fixture.flower("logs", "1", "-n", "0").output == "")
    }

    @Test func `on a terminal a task's output does not steer it`() throws {
        fixture.terminal = Terminal(environment: ["TERM": "dumb"], isTerminal: true, columns: 80)
        let text = try fixture.flower("logs", "1", "get").output
        #expect(text.contains("two\u{FFFD}[2J\n"))
    }

    @Test func `following ends when the run has settled`() throws {
        try fixture.drain()
        #expect(try fixture.flower("logs", "1", "transform", "-f").output == "late\n\n")
    }

    @Test func `what is not there is told`() throws {
        #expect(try fixture.flower("logs", "2").code == .notFound)
        let result = try fixture.flower("logs", "1", "trasform")
        #expect(result.code == .notFound)
        #expect(result.errors.contains("hint: did you mean 'transform'?"))
        #expect(try fixture.flower("logs", "1", "--attempt", "0").code == .misuse)
        #expect(try fixture.flower("logs", "1", "-n", "-1").code == .misuse)
    }

    @Test func `the last lines are kept in order`() {
        for count in 0...12 {
            var last = LastLines(count)
            for number in 0..<10 { last.append(.numbered(number)) }
            #expect(last.entries.map(\.attempt) == Array((0..<10).suffix(count)))
        }
    }
}

extension LogEntry {
    fileprivate static func numbered(_ number: Int) -> LogEntry {
        LogEntry(
            task: "a",
            item: 0,
            attempt: number,
            readAt: Fixture.now,
            stream: .output,
            text: []
        )
    }
}
