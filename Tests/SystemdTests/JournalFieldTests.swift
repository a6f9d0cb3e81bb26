import Testing

@testable import Systemd

@Suite struct JournalFieldTests {
    @Test(arguments: ["MESSAGE", "FLOWER_RUN", "A", "A9_", String(repeating: "A", count: 64)])
    func `a name that journald keeps`(name: String) {
        #expect(JournalField.isName(name))
        #expect(JournalField(name, 7).text == "7")
    }

    @Test(arguments: [
        "", "message", "_PID", "9A", "FLOWER-RUN", "FLOWER RUN", "A=B", "Ä",
        String(repeating: "A", count: 65),
    ])
    func `a name that journald drops without a word`(name: String) {
        #expect(!JournalField.isName(name))
    }
}
