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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", #"printf '%s\0' "# + ShellWord.joined(Self.words)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let read = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        #expect(read.map { String(decoding: $0, as: UTF8.self) } == Self.words)
    }
}
