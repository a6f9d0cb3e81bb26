import FlowFiles
import Foundation
import TestSupport
import Testing

@testable import FlowerKit

/// `flower import` of a crontab says what `flower validate` says of it, and keeps what it says to people.
@Suite struct CrontabImportTests {
    private let fixture: CommandFixture
    private let to: String

    init() throws {
        fixture = try CommandFixture()
        to = "\(fixture.folder.path)/out"
    }

    private func write(_ text: String) throws -> String { try write(Array(text.utf8)) }

    private func write(_ bytes: [UInt8]) throws -> String {
        let path = "\(fixture.folder.path)/jobs.crontab"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func imported(_ path: String) throws -> (texts: [String], errors: String) {
        let result = try fixture.flower("import", path, "--to", to)
        try #require(result.code == .success, "\(result.errors)")
        let paths = result.output.split(separator: "\n").map(String.init)
        let texts = try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return (texts, result.errors)
    }

    /// Above `flow:`, without the line that tells where it comes from.
    private func comments(_ text: String) -> [String] {
        text.split(separator: "\n").dropFirst().prefix { $0.hasPrefix("#") }.map(String.init)
    }

    /// One line for each thing that `validate` has to say of a crontab's line, and for all that is
    /// otherwise than in cron.
    static let texts: [String] = [
        "*/90 * * * * a\n*/7 * * * * b\n0 16 */2 * sat c\n0 6 31 * * d\n",
        "30 2 * * 5 echo '%d'\n0 0 12 * * * x\n@daily man x\n@daily bin x\n",
        "MAILTO=ada\n0 0 30 2 * never\nA=\n* * * * *\n@daily x\n@daily x\n0 0 * * * x\n",
        "CRON_TZ=Europe/Berlin\n5,35 2 * * * a\n30 2 * * * b\n",
        "MAILTO=''\nHOME=/nonexistent/x\nRANDOM_DELAY=5\nLOGNAME=x\n@daily x\r\n",
        "CRON_TZ=Europe/Berlni\n@daily x\n", "A B=1\n@daily x\n@daily x", "# nothing\n",
        "0 10 * * ? * x\n{X} /bin/sh\n// y\n",
        "B=\(String(repeating: "x", count: 200_000))\n@daily x\n",
        "@daily x \(String(repeating: "x", count: 140_000))\n",
        (1...1100).map { "V\($0)=1\n" }.joined() + "@daily x\n",
    ]

    @Test(arguments: texts)
    func `both say the same`(text: String) throws {
        let path = try write(text)
        let imported = try fixture.flower("import", path, "--to", to)
        let validated = try fixture.flower("validate", path)
        #expect(imported.code == validated.code)
        // The last line counts, in either's own words.
        func said(_ errors: String) -> [Substring] {
            errors.split(separator: "\n").filter { !$0.hasPrefix("flower: ") }
        }
        #expect(!said(validated.errors).isEmpty)
        #expect(said(imported.errors) == said(validated.errors))
        // And what has been made of it reads back.
        if imported.code == .success, !imported.output.isEmpty {
            #expect(try fixture.flower("validate", to).code == .success)
        }
    }

    @Test func `the form is asked for once, not with each line`() throws {
        let path = try write("MAILTO=''\n@daily root x\n@hourly root y\n")
        let result = try fixture.flower("import", path, "--to", to)
        #expect(result.code == .badInput)
        #expect(
            result.errors == """
                \(path):2:1: is 'root' the user that runs the command? each line has a user there
                    @daily root x
                    ^
                    hint: --form system if it is, --form user if it is a program
                flower: 1 fault; nothing was written

                """
        )
    }

    @Test func `comments go to the flow above whose line they stand`() throws {
        let path = try write(
            """
            # Nightly work
            #
            MAILTO=''

              # the books\u{7}:\ttwo
            30 2 * * * books
            #30 3 * * * old
            ##
            40 2 * * * other
            # and on Sundays
            0 5 * * 0 books
            #
            # the end

            """
        )
        let (texts, errors) = try imported(path)
        #expect(
            texts.map(comments) == [
                ["# Nightly work", "#", "# the books\u{FFFD}:\ttwo", "# and on Sundays"],
                ["#30 3 * * * old"],
            ]
        )
        let told = """
            \(path):13:1: note: this comment is in no flow file: below the last command\
            , or more than 100 above one
                # the end
                ^

            """
        #expect(errors.hasSuffix(told), "\(errors)")
        #expect(try fixture.flower("validate", to).code == .success)
        // Another comment is no other flow.
        let next = try write(
            try String(contentsOfFile: path, encoding: .utf8).replacing("the books", with: "x")
        )
        #expect(try imported(next).errors.hasSuffix("flower: 2 files unchanged\n"))
    }

    @Test func `of more comments than a flow file has the first are told`() throws {
        let lines = (1...103).map { "# \($0)\n" }.joined()
        let (texts, errors) = try imported(try write("MAILTO=''\n\(lines)@daily x\n"))
        #expect(comments(texts[0]) == (4...103).map { "# \($0)" })
        let told = ":2:1: note: 3 lines of comment, from here on, are in no flow file:"
        #expect(errors.contains(told))
    }

    @Test func `a comment in ISO 8859-1 keeps its letters`() throws {
        let bytes = Array("MAILTO=''\n# caf".utf8) + [0xE9, 0x0D, 0x0A] + Array("@daily x\n".utf8)
        #expect(comments(try imported(try write(bytes)).texts[0]) == ["# caf\u{E9}"])
    }
}
