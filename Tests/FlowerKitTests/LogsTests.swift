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
                    #""FLOWER_ATTEMPT":"1","FLOWER_STREAM":"note""#
                )
                + entry(
                    7,
                    #""again""#,
                    #""FLOWER_ATTEMPT":"2","FLOWER_LINE":"1","FLOWER_STREAM":"output""#
                )
        )
    }

    private func write(_ text: String, as name: String) throws {
        try text.write(
            toFile: "\(fixture.state.logsPath)/1/\(name).log",
            atomically: true,
            encoding: .utf8
        )
    }

    @Test func `a line in pieces comes back whole, and no newline where there was none`() throws {
        func line(_ second: Int, _ rest: String) -> String {
            "2026-11-23T20:01:0\(second).000Z\(rest)\n"
        }
        try write(
            line(1, " o:1+lo") + line(2, " e:2 err") + line(3, "+o:3+n") + line(3, "+o:4 g")
                + line(4, " o:5+end") + line(5, " e:6+fin"),
            as: "transform.1"
        )
        let cat = try fixture.flower("logs", "1", "transform", "-o", "cat").output
        #expect(cat == "lo\nerr\nng\nend\nfin")
        #expect(try fixture.flower("logs", "1", "transform").output == cat)
        #expect(try fixture.flower("logs", "1", "transform", "-n", "3").output == "g\nend\nfin")
        // A list has whole rows.
        let all = try fixture.flower("logs", "1", "-n", "3").output
        #expect(all == "transform | g\ntransform | end\ntransform | fin\n")
        let rows = try fixture.flower("logs", "1", "transform", "-o", "short").output
        #expect(
            rows.hasSuffix(
                "transform: ng\nNov 23 21:01:04 transform: end\nNov 23 21:01:05 transform: fin\n"
            )
        )
        let json = try fixture.flower("logs", "1", "transform", "-o", "json").output.split(
            separator: "\n"
        )
        #expect(
            json.map { $0.contains(#""FLOWER_LINE_BREAK":"none""#) } == [
                true, false, true, false, true, true,
            ]
        )
        // A terminal's next prompt stands in a line of its own.
        fixture.terminal = Terminal(environment: ["TERM": "dumb"], isTerminal: true, columns: 80)
        #expect(try fixture.flower("logs", "1", "transform").output == cat + "\n")
    }

    @Test func `of the last lines nothing is counted, nor of a file that ends as it should`() throws
    {
        try fixture.drain(using: { end in
            end.lines = 5_000
            if end.start.claim.name == "transform" { (end.lines, end.lost) = (9_000, 4_000) }
        })
        func lines(_ numbers: ClosedRange<Int>) -> String {
            numbers.map { "2026-11-23T20:01:01.000Z o:\($0) line \($0)\n" }.joined()
        }
        for name in ["get.1", "get.2", "transform.1"] {
            unlink("\(fixture.state.logsPath)/1/\(name).log")
        }
        // What stands before the end is not looked at: else these two files would have a line each.
        try write(lines(5_000...5_000), as: "get.1")
        try write(lines(5_000...5_000), as: "transform.1")
        var result = try fixture.flower("logs", "1", "get", "-n", "5")
        #expect(result.output == "line 5000\n")
        #expect(result.errors == "flower: the last 5 lines from the ends of the files\n")
        result = try fixture.flower("logs", "1", "transform")
        #expect(result.errors.hasPrefix("flower: from the files: 5000 of 9000 lines; "))
        // A file that ends earlier than it should is counted.
        try write(lines(1...3), as: "transform.1")
        result = try fixture.flower("logs", "1", "transform", "-n", "2")
        #expect(result.output == "line 2\nline 3\n")
        #expect(result.errors.hasPrefix("flower: from the files: 3 of 9000 lines; "))
    }

    /// The file holds what came first, the database what came last.
    @Test func `the last lines of an attempt whose file is full are those of the database`() throws
    {
        try fixture.drain(using: { end in
            (end.lines, end.lost) = (9_000, 8_997)
            end.tail = Array("half\nline 8999\nline 9000\n".utf8)
        })
        let lines = (1...3).map { "2026-11-23T20:01:01.000Z o:\($0) line \($0)\n" }.joined()
        for name in ["get.1", "get.2", "transform.1"] {
            unlink("\(fixture.state.logsPath)/1/\(name).log")
        }
        try write(lines, as: "transform.1")
        var result = try fixture.flower("logs", "1", "transform", "-n", "2")
        #expect(result.output == "line 8999\nline 9000\n")
        #expect(
            result.errors
                == "flower: the last 2 lines from the database: the file ends before them\n"
        )
        // Of three the first is not whole, and of no line there its urgency is known.
        for words in [
            ["transform", "-n", "3"], ["transform", "-n", "2", "-p", "err"],
        ] {
            result = try fixture.flower(["logs", "1"] + words)
            #expect(result.errors.hasPrefix("flower: from the files: 3 of "), "\(result)")
        }
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
                == "flower: from the files: 5 lines; you see none of them in the journal\n"
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

    /// A run that has settled under a runner whose log thread is behind.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `whoever follows waits for every line that the attempts count`(isComplete: Bool) throws {
        let file = try RunnerFile(in: fixture.state, workers: 1)
        try fixture.drain(by: file.id, using: { $0.lines = 3 })
        func line(_ number: Int) -> String {
            "2026-11-23T20:01:01.000Z o:\(number) line \(number)\n"
        }
        try write(line(1), as: "get.3")
        for name in ["get.1", "get.2", "transform.1"] {
            unlink("\(fixture.state.logsPath)/1/\(name).log")
        }
        rename("\(fixture.state.logsPath)/1/get.3.log", "\(fixture.state.logsPath)/1/get.1.log")
        let reader = try TestPipe()
        let store = try Store.open(fixture.state, create: false)
        let output = Output(descriptor: reader.writeEnd)
        let view = LogView([], isNamed: false, terminal: .none)
        let follower = try LogFollower(store, 1, view, output)
        // Settled, and no line more: it goes on.
        #expect(reader.read(count: 7) == "line 1\n")
        let folder = LogFolder(fixture.state)
        func append(_ name: String, _ text: String) throws {
            let path = "\(folder.path(run: 1))/\(name).log"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(descriptor) }
            #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
        }
        try append("get.1", line(2) + line(3))
        #expect(reader.read(count: 14) == "line 2\nline 3\n")
        if isComplete { try append("transform.1", line(1) + line(2) + line(3)) }
        // The runner has ended: what is not there now will never be.
        file.remove()
        let lack = try follower.finish(hasSettled: true)
        if isComplete {
            #expect(lack.words == nil && lack.lines == 6)
            #expect(reader.read(count: 21) == "line 1\nline 2\nline 3\n")
        } else {
            #expect(lack.words == "3 of 6 lines: the others were not kept")
        }
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

/// A pipe whose reader waits for so many bytes.
private final class TestPipe {
    private let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func read(count: Int) -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: count)
        while bytes.count < count {
            let got = Glibc.read(readEnd, &block, count - bytes.count)
            guard got > 0 else { break }
            bytes += block[..<got]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
