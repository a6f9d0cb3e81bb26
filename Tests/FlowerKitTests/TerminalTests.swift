import Testing

@testable import FlowerKit

@Suite struct TerminalTests {
    @Test(arguments: [
        (["TERM": "xterm"], true),
        (["TERM": "xterm", "NO_COLOR": "1"], false),
        // no-color.org: only when not empty.
        (["TERM": "xterm", "NO_COLOR": ""], true),
        (["TERM": "dumb"], false),
        ([:], false),
    ])
    func `colour is used where the terminal has it and nobody objects`(
        environment: [String: String],
        isUsed: Bool
    ) {
        let terminal = Terminal(environment: environment, isTerminal: true, columns: 80)
        #expect(terminal.usesColour == isUsed)
    }

    @Test func `a file has neither colour nor width`() {
        let environment = ["TERM": "xterm", "COLUMNS": "100"]
        let terminal = Terminal(environment: environment, isTerminal: false, columns: nil)
        #expect(!terminal.usesColour)
        #expect(terminal.columns == nil)
    }

    @Test(arguments: [
        ("", 120, 120), ("100", 120, 100), ("wide", 120, 120), ("3", 120, 20), ("", nil, 80),
    ])
    func `the width is COLUMNS, else the kernel's`(told: String, known: Int?, columns: Int) {
        let environment = ["COLUMNS": told]
        let terminal = Terminal(environment: environment, isTerminal: true, columns: known)
        #expect(terminal.columns == columns)
    }
}
