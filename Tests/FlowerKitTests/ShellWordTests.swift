import Flows
import Foundation
import Testing

@testable import FlowerKit

@Suite struct ShellWordTests {
    static let words = [
        "", "plain", "a b", "it's", "''", "$HOME", "`id`", "a\nb", "\\", "\"", "*", "~", "-n",
        "a=b", "#", "日本", "\t", "!", ";", "\u{1B}[31m", "'a'b'",
        // A quote and a combining acute: one character to a person, two to a shell.
        "'\u{301}; echo no #", "\r\n'\u{200D}",
    ]

    @Test func `a plain word needs no quotes`() {
        #expect(ShellWord.quoted("/srv/sales-2.yaml") == "/srv/sales-2.yaml")
        #expect(ShellWord.quoted("a b") == "'a b'")
        #expect(ShellWord.quoted("it's") == #"'it'\''s'"#)
        #expect(ShellWord.joined(["sh", "-c", "exit 1"]) == "sh -c 'exit 1'")
    }

    /// The independent answer: a real shell reads the words back.
    @Test func `sh reads back what was quoted`() throws {
        #expect(try Self.read(ShellWord.joined(Self.words), by: "/bin/sh") == Self.words)
    }

    @Test func `bash reads back what is shown in one line`() throws {
        let words = Self.words + ["one\ntwo\r\n\ttab's \\n", "\u{85}\u{202E}\n", "\u{1}1"]
        let shown = words.map(ShellWord.shown).joined(separator: " ")
        #expect(Printable.line(shown) == shown)
        #expect(try Self.read(shown, by: "/bin/bash") == words)
        #expect(ShellWord.shown("a\nb") == #"$'a\nb'"#)
    }

    @Test func `of a long value the beginning and the size are shown`() {
        let shown = ShellWord.shown(String(repeating: "é\n", count: 30_000))
        #expect(shown.hasPrefix(#"$'é\né\n"#) && shown.hasSuffix("'… (90000 bytes)"))
        #expect(shown.utf8.count < 2 * ShellWord.shownBytes)
        #expect(!ShellWord.shown(String(repeating: "x", count: ShellWord.shownBytes)).contains("…"))
        let run = RunsView.parameters(
            (0..<32).map { Variable("p\($0)", String(repeating: "x ", count: 32_000)) }
        )
        #expect(Table.Cell(run).text.utf8.count < 1_020)
    }

    private static func read(_ words: String, by shell: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: shell)
        process.arguments = ["-c", #"printf '%s\0' "# + words]
        process.environment = ["LC_ALL": "C.UTF-8"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let read = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        return read.map { String(decoding: $0, as: UTF8.self) }
    }
}
