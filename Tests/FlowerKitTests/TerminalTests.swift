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

    /// locale(7): the first that is set decides. Where nobody set one, systemd too takes it for UTF-8.
    @Test(
        arguments: [
            ([:], false), (["LANG": "C.UTF-8"], false), (["LANG": "de_DE.utf8"], false),
            (["LANG": "C"], true), (["LANG": "en_US.ISO-8859-1"], true), (["LANG": "POSIX"], true),
            (["LC_ALL": "C", "LANG": "C.UTF-8"], true),
            (["LC_CTYPE": "C", "LANG": "C.UTF-8"], true),
            (["LC_ALL": "C.UTF-8", "LC_CTYPE": "C"], false), (["LC_ALL": "", "LANG": "C"], true),
        ] as [([String: String], Bool)]
    )
    func `a locale without UTF-8 gets ASCII, on a terminal and elsewhere`(
        environment: [String: String],
        isASCII: Bool
    ) {
        for isTerminal in [true, false] {
            let terminal = Terminal(environment: environment, isTerminal: isTerminal, columns: 80)
            #expect(terminal.isASCII == isASCII)
        }
    }

    @Test(arguments: [
        ("", 120, 120), ("100", 120, 100), ("wide", 120, 120), ("3", 120, 20), ("", nil, 80),
        // Not a width.
        ("0", 120, 120), ("-5", 120, 120),
    ])
    func `the width is COLUMNS, else the kernel's`(told: String, known: Int?, columns: Int) {
        let environment = ["COLUMNS": told]
        let terminal = Terminal(environment: environment, isTerminal: true, columns: known)
        #expect(terminal.columns == columns)
    }
}
