import Flows
import Testing

@testable import FlowerKit

/// What is printed where the locale's characters are not UTF-8.
@Suite struct ASCIITests {
    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    @Test(
        arguments: [
            ("plain\n", "plain\n", "plain\n"), ("│  ├─ b…", "|  |- b~", "|  |- b..."),
            ("└─ d", "`- d", "`- d"), ("a → b", "a > b", "a -> b"), ("\u{FFFD}", "?", "?"),
            // Others' text, two columns wide, is as wide as before.
            ("日本 é", "???? ?", "???? ?"), ("▁▂▃▄▅▆▇█", "_.:-=+*#", "_.:-=+*#"),
        ] as [(String, String, String)]
    )
    func `what Flower draws has its mark in ASCII`(text: String, page: String, sentence: String) {
        #expect(ASCIIText.of(text, .page, isTerminal: true) == page)
        #expect(ASCIIText.of(text, .sentence, isTerminal: true) == sentence)
    }

    @Test func `in a file what others wrote stays as it is`() {
        #expect(ASCIIText.of("├─ 日本 é", .page, isTerminal: false) == "|- 日本 é")
    }

    /// Every command that looks, its faults and its help: trees, marks of what is cut, bars, arrows.
    @Test(arguments: [
        ["flows"], ["show", "test"], ["schedules"], ["runs"], ["status", "1"], ["logs", "1"],
        ["fires", "test"], ["next"], ["stats", "test"], ["pools"], ["doctor"],
        ["env", "test", "a"],
        ["show", "nothing"], ["check"], ["cron", "describe", "30 2 * * *"], ["--help"],
        ["help", "status"], ["cron", "next", "30 2 * * *", "--format", "table"],
    ])
    func `in the locale C nothing but ASCII is printed`(command: [String]) throws {
        let fixture = try CommandFixture()
        var flow = Flow.diamond
        flow.tasks[0].action = .run("one\ntwo\n")
        flow.description = String(repeating: "Nothing, four times. ", count: 10)
        try fixture.apply(flow)
        try fixture.flower("register", "test")
        try fixture.drain { $0.name == "b" ? .exited(3) : .exited(0) }
        for columns in [nil, 80, 30] {
            fixture.terminal = Terminal(columns: columns, usesColour: false, isASCII: true)
            let result = try fixture.flower(command)
            #expect(Self.isASCII(result.output), "\(result.output)")
            #expect(Self.isASCII(result.errors), "\(result.errors)")
        }
    }

    /// The test above would pass if nothing were drawn at all.
    @Test func `elsewhere trees are drawn`() throws {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        #expect(try fixture.flower("show", "test").output.contains("└─ d"))
        fixture.terminal = Terminal(columns: 80, usesColour: false, isASCII: true)
        #expect(try fixture.flower("show", "test").output.contains("`- d"))
    }

    @Test func `JSON is UTF-8 in every locale`() throws {
        let fixture = try CommandFixture()
        var flow = Flow.diamond
        flow.description = "Zählt → alles"
        try fixture.apply(flow)
        fixture.terminal = Terminal(columns: nil, usesColour: false, isASCII: true)
        #expect(try fixture.flower("show", "test", "-o", "json").output.contains("Zählt → alles"))
    }
}
