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
            let fields = JournalLines.fields(of: Array(line.utf8)[...], number: 7, stream)
            #expect(fields.map(\.name) == ["MESSAGE", "PRIORITY", "FLOWER_LINE", "FLOWER_STREAM"])
            #expect(fields.map(\.text) == [text, "\(priority)", "7", "\(stream)"])
        }
    }

    @Test func `what Flower says itself is a notice, whatever it begins with`() {
        let fields = JournalLines.fields(of: Array("<3>x".utf8)[...], number: 1, .note)
        #expect(fields.map(\.text) == ["<3>x", "5", "1", "note"])
    }
}
