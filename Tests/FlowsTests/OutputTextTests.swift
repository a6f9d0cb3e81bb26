import Testing

@testable import Flows

@Suite struct OutputTextTests {
    private func parse(_ text: String) throws -> [Variable] {
        try OutputText.parse(Array(text.utf8))
    }

    @Test(
        arguments: [
            ("", []), ("\n\n", []), ("a=1\n", [("a", "1")]), ("a=1", [("a", "1")]),
            ("a=\n", [("a", "")]), ("a=b=c << d\n", [("a", "b=c << d")]),
            ("a= x \n", [("a", " x ")]),
            ("A-b_9=é\n", [("A-b_9", "é")]), ("a=1\r\n", [("a", "1\r")]),
            ("a=1\nb=2\na=3\n", [("a", "3"), ("b", "2")]),
            ("a<<END\nx\n\ny=1\nEND\nb=2\n", [("a", "x\n\ny=1"), ("b", "2")]),
            ("a<<END\nEND", [("a", "")]), ("a<<E D\n\nE D\n", [("a", "")]),
            ("a<<END\n END\nEND\n", [("a", " END")]),
        ] as [(String, [(String, String)])]
    )
    func `outputs are read as they were written`(
        text: String,
        expected: [(String, String)]
    ) throws {
        #expect(try parse(text) == expected.map { Variable($0.0, $0.1) })
    }

    @Test(arguments: [
        ("x\n", 1, "'x' is no output"), ("\na 1\n", 2, "'a 1' is no output"),
        ("=1\n", 1, "'=1' is no output"), ("1a=1\n", 1, "'1a=1' is no output"),
        ("-a=1\n", 1, "'-a=1' is no output"), (" a=1\n", 1, "' a=1' is no output"),
        ("a<b\n", 1, "'a<b' is no output"), ("a<<\n\n", 1, "'a<<' names no word"),
        ("b=1\na<<END\nx\n", 2, "'a<<END' is not followed by a line 'END'"),
        ("a=\u{0}\n", 1, "the value of 'a' is no UTF-8 text without NUL"),
    ])
    func `what is malformed has its line`(text: String, line: Int, message: String) {
        let fault = #expect(throws: OutputText.Fault.self) { try parse(text) }
        #expect(fault?.line == line && fault?.message == message)
    }

    @Test func `a fault says what to do`() {
        let fault = #expect(throws: OutputText.Fault.self) { try parse("a=1\noops\n") }
        let text =
            "$FLOWER_OUTPUT, line 2: 'oops' is no output; write key=value, the key of letters,"
            + " digits, '_' and '-', or key<<WORD"
        #expect(fault?.description == text)
    }

    @Test func `limits hold to the byte`() throws {
        let value = String(repeating: "x", count: Limit.outputBytes)
        #expect(try parse("a=\(value)\n").first?.value == value)
        #expect(throws: OutputText.Fault.self) { try parse("a=\(value)x\n") }
        let whole = String(repeating: "\n", count: Limit.outputBytesPerTask)
        #expect(try parse(whole).isEmpty)
        #expect(throws: OutputText.Fault.self) { try parse(whole + "\n") }
        let many = (0..<Limit.outputsPerTask).map { "k\($0)=\n" }.joined()
        #expect(try parse(many).count == Limit.outputsPerTask)
        #expect(throws: OutputText.Fault.self) { try parse(many + "one=more\n") }
        #expect(throws: OutputText.Fault.self) { try OutputText.parse([0x61, 0x3D, 0xFF]) }
    }

    @Test(arguments: ["", "x", "a\nb", "\n", "END\nEND_\n", "a=b\nc<<END", "\r\n", "a\r\nEND"])
    func `what is formatted is read back`(value: String) throws {
        let outputs = [Variable("k", value), Variable("l", "1")]
        #expect(try parse(OutputText.format(outputs)) == outputs)
    }

    @Test(
        arguments: [
            ("clean", "clean", nil), ("clean[3]", "clean", 3), ("clean[0]", "clean[0]", nil),
            ("clean[x]", "clean[x]", nil), ("clean[3", "clean[3", nil),
        ] as [(String, String, Int?)]
    )
    func `commands name a task or one item of it`(text: String, task: String, item: Int?) {
        let name = TaskName(parsing: text)
        #expect(name == TaskName(task, item: item) && name.description == text)
    }
}
