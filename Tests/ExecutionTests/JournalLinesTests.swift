import Testing

@testable import Execution

/// How a line becomes a journal entry.
@Suite struct JournalLinesTests {
    @Test(arguments: [
        ("plain", 6, "plain"), ("<3>bad", 3, "bad"), ("<0>", 0, ""), ("<7>debug", 7, "debug"),
        ("", 6, ""),
        ("<8>no priority", 6, "<8>no priority"), ("<3bad", 6, "<3bad"), ("<", 6, "<"),
        (" <3>later", 6, " <3>later"), ("<12>two digits", 6, "<12>two digits"),
    ])
    func `a priority is read as sd-daemon has it`(line: String, priority: Int, text: String) {
        for stream in [OutputStream.output, .errors] {
            let (found, rest) = JournalLines.priority(of: Array(line.utf8)[...], stream)
            let fields = JournalLines.fields(rest, found, 7, stream, isOpen: false)
            #expect(fields.map(\.name) == ["MESSAGE", "PRIORITY", "FLOWER_LINE", "FLOWER_STREAM"])
            #expect(fields.map(\.text) == [text, "\(priority)", "7", "\(stream)"])
        }
    }

    @Test func `what Flower says itself is a notice, whatever it begins with`() {
        let (priority, text) = JournalLines.priority(of: Array("<3>x".utf8)[...], .note)
        #expect(priority == 5 && Array(text) == Array("<3>x".utf8))
    }

    @Test func `the pieces of a line have its priority, and no other`() {
        var priorities = OpenPriorities()
        func take(_ text: String, _ stream: OutputStream, _ isOpen: Bool, _ goesOn: Bool) -> String
        {
            let (priority, rest) = priorities.take(Array(text.utf8)[...], stream, isOpen, goesOn)
            return "\(priority) \(String(decoding: rest, as: UTF8.self))"
        }
        #expect(take("<3>a", .output, true, false) == "3 a")
        #expect(take("<4>b", .errors, true, false) == "4 b")
        #expect(take("<7>c", .output, true, true) == "3 <7>c")
        #expect(take("d", .output, false, true) == "3 d")
        #expect(take("<2>e", .output, false, false) == "2 e")
        #expect(take("f", .errors, false, true) == "4 f")
        #expect(take("g", .errors, false, true) == "6 g")
        let fields = JournalLines.fields([], 6, 1, .output, isOpen: true)
        #expect(fields.last?.name == "FLOWER_LINE_BREAK" && fields.last?.text == "none")
    }
}
