import Testing

@testable import Flows

@Suite struct EnvironmentFileTests {
    @Test(arguments: [
        ("A=b\n", [Variable("A", "b")]), ("A=b", [Variable("A", "b")]), ("", []),
        ("# A=b\n;c\n\n  \n  # d\n", []), ("  A=b", [Variable("A", "b")]),
        ("A=  b c \t\nB=", [Variable("A", "b c"), Variable("B", "")]),
        ("A='b  # $c' \n", [Variable("A", "b  # $c")]),
        ("A=\" b \"", [Variable("A", " b ")]),
        ("A=\"x\\\"y\\$z\\n\"", [Variable("A", "x\"y$z\\n")]),
        ("A='b'\"c\"d", [Variable("A", "bcd")]), ("A='b' c 'd'", [Variable("A", "bc 'd'")]),
        ("G = spaced", [Variable("G", "spaced")]), ("A \t=\t b", [Variable("A", "b")]),
        ("A=b'c'\"d\"", [Variable("A", "b'c'\"d\"")]),
        ("A='a\r\nb'\r\n", [Variable("A", "a\r\nb")]),
        ("A=1\rB=2\r", [Variable("A", "1"), Variable("B", "2")]),
        ("# x \\\nA=b", [Variable("A", "b")]),
        ("A=b \\\n\nB=", [Variable("A", "b "), Variable("B", "")]),
        ("A=b\\ \\ c\\\\", [Variable("A", "b  c\\")]),
        ("A=b\\\n  c\nB=d", [Variable("A", "b  c"), Variable("B", "d")]),
        ("A='x\ny'\nB=z", [Variable("A", "x\ny"), Variable("B", "z")]),
        ("A=\"x\\\ny\"", [Variable("A", "xy")]), ("A=$HOME`x`", [Variable("A", "$HOME`x`")]),
        ("A=b=c", [Variable("A", "b=c")]), ("A=b # c", [Variable("A", "b # c")]),
        ("\u{FEFF}A=b\r\nB=c\r\n", [Variable("A", "b"), Variable("B", "c")]),
        ("A=1\nA=2", [Variable("A", "1"), Variable("A", "2")]),
    ])
    func `lines are read as systemd reads them`(text: String, expected: [Variable]) throws {
        #expect(try EnvironmentFile.parse(Array(text.utf8)) == expected)
    }

    static let noName =
        "no variable's name stands before '=': letters, digits and '_', not beginning with a digit"

    @Test(arguments: [
        ("A=b\nx y\n", 2, "this line is no NAME=value"), ("A", 1, "this line is no NAME=value"),
        ("A='x\n\ny'\n1=2", 4, noName), ("a-b=1", 1, noName), ("=1", 1, noName),
        ("A B=1", 1, noName), ("\nA=\u{E9}\n é=1", 3, noName),
        ("FLOWER_RUN=1", 1, "names that begin with FLOWER_ are Flower's own"),
        ("export A=1", 1, "'export' is a shell's: write NAME=value alone"),
        ("\nA='x\n", 2, "the value of A has no closing quote"),
        ("A=\"x", 1, "the value of A has no closing quote"),
        ("A=\0", 1, "the value of A \(OutputText.noText)"),
    ])
    func `a line that is none is told with its number`(text: String, line: Int, message: String) {
        let fault = #expect(throws: EnvironmentFile.Fault.self) {
            try EnvironmentFile.parse(Array(text.utf8))
        }
        #expect(fault?.line == line && fault?.message == message, "\(fault as Any)")
    }

    @Test func `bytes that are no text are refused as those of an output are`() {
        let fault = #expect(throws: EnvironmentFile.Fault.self) {
            try EnvironmentFile.parse(Array("# \u{FFFD}\n  KEY=".utf8) + [0xE9, 10])
        }
        #expect(
            fault?.message == "the value of KEY is no UTF-8 text without NUL;"
                + " encode it, with base64 for example, or write it to a file"
        )
        #expect(fault?.line == 2 && fault?.column == 3)
    }

    @Test func `what a fault says holds nothing of a secret`() {
        let fault = #expect(throws: EnvironmentFile.Fault.self) {
            try EnvironmentFile.parse(Array("KEY=ok\nMIIE/vQIBADANBg+k=\n".utf8))
        }
        #expect(fault?.message.contains("MIIE") == false)
    }

    @Test(arguments: ["/a", "-/a"])
    func `a file is stored as it is written`(text: String) {
        let file = VariableFile(text: text)
        #expect(file.text == text && file.path == "/a" && file.mayBeMissing == (text == "-/a"))
    }
}
