import Flows
import Foundation
import Glibc
import Storage
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

    @Test func `urgent lines, and those of a time, stand alone`() throws {
        try write("get.3", [(20, "e", "<3>bad"), (21, "o", "<4>hm"), (22, "o", "<9>good")])
        #expect(try fixture.flower("logs", "1", "get", "-p", "err").output == "bad\n")
        #expect(try fixture.flower("logs", "1", "get", "-p", "4..5").output.hasSuffix("]\nhm\n"))
        let from = "2026-11-23T20:00:07.000Z"
        #expect(
            try fixture.flower("logs", "1", "--since", from, "-n", "3", "-p", "warning").output
                == "get#3     | bad\nget#3     | hm\n"
        )
        #expect(
            try fixture.flower("logs", "1", "get", "--since", from, "--until", from).output
                == "again\n"
        )
        // The fixture's clock shows 20:22.
        #expect(try fixture.flower("logs", "1", "get", "--since", "21m").output == "")
        #expect(try fixture.flower("logs", "1", "get", "--until", "21m").output.hasSuffix("good\n"))
    }

    @Test func `lines are printed in the forms of journalctl`() throws {
        #expect(
            try fixture.flower("logs", "1", "transform", "-o", "short").output == """
                Nov 23 21:00:09 transform: late
                Nov 23 21:00:10 transform: \("")

                """
        )
        #expect(try fixture.flower("logs", "1", "-o", "cat", "-n", "3").output == "again\nlate\n\n")
        let instance = try Store.open(fixture.state, create: false).instance
        func entry(_ second: Int, _ message: String, _ rest: String) -> String {
            #"{"__REALTIME_TIMESTAMP":"179546400\#(second)000000","MESSAGE":\#(message),"#
                + #""PRIORITY":"\#(second == 4 ? 5 : 6)","SYSLOG_IDENTIFIER":"flower","#
                + #""FLOWER_INSTANCE":"\#(instance)","FLOWER_FLOW":"test","FLOWER_RUN":"1","#
                + #""FLOWER_TASK":"get","FLOWER_ITEM":"0",\#(rest)}"# + "\n"
        }
        #expect(
            try fixture.flower("logs", "1", "get", "-o", "json", "-n", "3").output
                == entry(
                    3,
                    "[116,119,111,27,91,50,74]",
                    #""FLOWER_ATTEMPT":"1","FLOWER_LINE":"2","FLOWER_STREAM":"errors""#
                )
                + entry(
                    4,
                    #""the line was cut""#,
                    #""FLOWER_ATTEMPT":"1","FLOWER_LINE":"3","FLOWER_STREAM":"note""#
                )
                + entry(
                    7,
                    #""again""#,
                    #""FLOWER_ATTEMPT":"2","FLOWER_LINE":"1","FLOWER_STREAM":"output""#
                )
        )
    }

    @Test func `for systemd-journal-remote what is no line of text has its size`() throws {
        let output = try fixture.flower("logs", "1", "get", "-o", "export", "-n", "3").output
        let entries = output.components(separatedBy: "\n\n")
        #expect(entries.count == 4 && entries[3] == "")
        let size = "\u{7}" + String(repeating: "\0", count: 7)
        #expect(entries[0].contains("\nMESSAGE\n\(size)two\u{1B}[2J\nPRIORITY=6\n"))
        #expect(entries[2].hasPrefix("__REALTIME_TIMESTAMP=1795464007000000\nMESSAGE=again\n"))
        #expect(entries[2].hasSuffix("\nFLOWER_LINE=1\nFLOWER_STREAM=output"))
    }

    @Test func `it says where the lines are from`() throws {
        #expect(
            try fixture.flower("logs", "1").errors
                == "flower: from the files: 6 lines; you see none of them in the journal\n"
        )
        try fixture.flower("register", "test", "--force")
        try fixture.drain()
        // Nothing but the database has them.
        let result = try fixture.flower("logs", "2", "transform")
        #expect(result.output == "a line\nlast words of transform\n")
        #expect(
            result.errors == """
                flower: from the database, the last 64 KiB of each attempt: 2 lines; \
                you see none of them in the journal

                """
        )
        let timed = try fixture.flower("logs", "2", "--since", "1h")
        #expect(timed.code == .notFound)
        #expect(timed.errors.contains("of run 2 only the last lines are kept, without their times"))
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
        for options in [
            ["-p", "error"], ["--since", "yesteryear"], ["-o", "verbose"], ["-f", "--until", "1m"],
        ] {
            #expect(try fixture.flower(["logs", "1"] + options).code == .misuse, "\(options)")
        }
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
            line: number,
            priority: 6,
            text: []
        )
    }
}
