import Testing

@testable import FlowerKit
@testable import Storage

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

    static let schedules: Table = SchedulesView.table(
        [
            ScheduleRow(
                flow: "nightly-sales",
                cron: "30 2 * * *",
                zone: "Asia/Tokyo",
                meaning: nil,
                next: .at(Fixture.ago(-7_200)),
                last: LastFire(
                    dueAt: Fixture.ago(86_400 * 400),
                    outcome: .registered,
                    runID: 12,
                    state: .failed
                )
            )
        ],
        Fixture.time
    )

    static let widths: [(Int, String)] = [
        (
            160,
            """
            FLOW           NEXT                            LEFT     LAST                            PASSED      CRON        ZONE        UNRUN  RESULT
            nightly-sales  Mon 2026-11-23 23:22:00 +01:00  2h left  Sun 2025-10-19 21:22:00 +01:00  1y 35d ago  30 2 * * *  Asia/Tokyo      0  failed (run 12)

            """
        ),
        (
            120,
            """
            FLOW           NEXT             LEFT     LAST              PASSED      CRON        ZONE        UNRUN  RESULT
            nightly-sales  Mon 11-23 23:22  2h left  2025-10-19 21:22  1y 35d ago  30 2 * * *  Asia/Tokyo      0  failed (run 12)

            """
        ),
        (
            80,
            """
            FLOW           NEXT             LEFT     CRON        UNRUN  RESULT
            nightly-sales  Mon 11-23 23:22  2h left  30 2 * * *      0  failed (run 12)

            """
        ),
        (
            60,
            """
            FLOW           NEXT             LEFT     RESULT
            nightly-sales  Mon 11-23 23:22  2h left  failed (run 12)

            """
        ),
        (
            40,
            """
            FLOW           NEXT             RESULT
            nightly-sales  Mon 11-23 23:22  failed …

            """
        ),
    ]

    /// What matters least goes first; a name stays however little room there is.
    @Test(arguments: widths)
    func `where there is no room for all, columns are left out`(width: Int, shown: String) {
        let text = Self.schedules.rendered(width: width, colour: false)
        #expect(text.hasPrefix(shown), "\(text)")
    }

    /// A name too long for the terminal: nothing is left out for nothing, and the line stays within.
    @Test func `a long name alone gives way last`() {
        var table = Table(columns: [
            .init(title: "FLOW"), .init(title: "STATE"), .init(title: "TOOK", dispensable: 1),
        ])
        table.rows = [[.init(String(repeating: "n", count: 64)), .init("failed"), .init("1m 5s")]]
        #expect(
            table.rendered(width: 40, colour: false) == """
                FLOW                              STATE
                nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…  failed

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
                a b\u{FFFD}[31m\u{FFFD} \u{FFFD}\u{FFFD}  x

                """
        )
    }

    @Test func `a long text is cut also where there is no width`() {
        #expect(Printable.row(String(repeating: "é", count: 1_000)).count == 1_000)
        #expect(Printable.row(String(repeating: "é\n", count: 501)).hasSuffix("é …"))
        var facts = Facts()
        facts.add("x", String(repeating: "long ", count: 500_000))
        #expect(facts.rendered(width: nil, colour: false).utf8.count < 1_010)
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
