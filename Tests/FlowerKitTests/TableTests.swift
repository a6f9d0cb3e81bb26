import Testing

@testable import FlowerKit

@Suite struct TableTests {
    static let table: Table = {
        var table = Table(columns: [
            .init(title: "NAME"), .init(title: "COUNT", isNumber: true),
            .init(title: "ABOUT", isFree: true), .init(title: "STATE"),
        ])
        table.rows = [
            [.init("a"), .init("7"), .init("collect, clean and total"), .init("failed", .bad)],
            [.init("日本"), .init("1000000"), .init("e\u{301}te\u{301}"), .init("succeeded")],
        ]
        table.footer = "2 rows."
        return table
    }()

    @Test func `columns are as wide as what they show`() {
        #expect(
            Self.table.rendered(width: nil, colour: false) == """
                NAME    COUNT  ABOUT                     STATE
                a           7  collect, clean and total  failed
                日本  1000000  e\u{301}te\u{301}                       succeeded

                2 rows.

                """
        )
    }

    @Test func `on a terminal the free text gives way`() {
        #expect(
            Self.table.rendered(width: 40, colour: false) == """
                NAME    COUNT  ABOUT           STATE
                a           7  collect, clea…  failed
                日本  1000000  e\u{301}te\u{301}             succeeded

                2 rows.

                """
        )
    }

    @Test(arguments: 20...60)
    func `no line is wider than the terminal`(width: Int) {
        for line in Self.table.rendered(width: width, colour: false).split(separator: "\n") {
            #expect(DisplayWidth.of(line) <= width)
        }
    }

    @Test func `colour changes no width`() {
        let text = Self.table.rendered(width: 40, colour: true)
        #expect(text.contains("\u{1B}[1;31mfailed\u{1B}[0m\n"))
        #expect(text.contains("\u{1B}[4mNAME\u{1B}[0m    \u{1B}[4mCOUNT\u{1B}[0m"))
    }

    @Test func `a name cannot break its row or steer the terminal`() {
        var table = Table(columns: [.init(title: "NAME"), .init(title: "AT")])
        table.rows = [[.init("a\nb\u{1B}[31m\u{202E}\t\u{7F}\u{9B}"), .init("x")]]
        #expect(
            table.rendered(width: nil, colour: false) == """
                NAME          AT
                a\u{FFFD}b\u{FFFD}[31m\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}  x

                """
        )
    }

    @Test func `without rows there is no heading`() {
        var table = Table(columns: [.init(title: "NAME")])
        table.footer = "0 flows listed."
        #expect(table.rendered(width: nil, colour: false) == "0 flows listed.\n")
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｆ", 2), ("👍", 2),
        ("👨‍👩‍👧", 2), ("❤\u{FE0F}", 2), ("\u{200B}", 0), ("→", 1), ("├─", 2), ("한", 2),
    ])
    func `a text's width is in columns`(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test(arguments: [("abcdef", "abc…"), ("abcd", "abcd"), ("日本語", "日…"), ("", "")])
    func `what is cut ends with a mark`(text: String, shown: String) {
        #expect(DisplayWidth.truncated(text, to: 4) == shown)
    }
}
