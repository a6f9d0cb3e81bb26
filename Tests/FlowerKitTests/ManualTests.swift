import Testing

@testable import FlowerKit

@Suite struct ManualTests {
    private static func pages() throws -> [String: String] {
        Dictionary(uniqueKeysWithValues: try ManualPages(root: .root()).all.map { ($0, $1) })
    }

    @Test func `every command that help lists has a page, and flower(1) names it`() throws {
        let pages = try Self.pages()
        let groups = RootCommand.configuration.groupedSubcommands
        // By closures: with key paths, Swift 6.3 crashes here.
        let shown = groups.flatMap { $0.subcommands }.map { $0.configuration }
        let names = shown.filter { $0.shouldDisplay }.compactMap { $0.commandName }
        #expect(Set(pages.keys) == Set(["flower.1"] + names.map { "flower-\($0).1" }))
        for name in names {
            let page = try #require(pages["flower-\(name).1"])
            let escaped = Roff.plain("flower-\(name)")
            #expect(page.contains(".SH \"NAME\"\n\(escaped) \\- "), "\(name)")
            #expect(pages["flower.1"]?.contains("\\fB\(escaped)\\fR(1)\n") == true, "\(name)")
        }
    }

    /// Nested commands' too: on the page of the command above them.
    @Test func `a command's page has its options and arguments, as help has them`() throws {
        let pages = try Self.pages()
        for command in try CommandTree.root().shownCommands {
            let page = try #require(pages["flower-\(command.commandName).1"])
            for part in [command] + command.shownCommands {
                for argument in part.shownArguments {
                    for name in argument.names ?? [] {
                        #expect(page.contains(Roff.bold(name.text)), "\(command.commandName)")
                    }
                    #expect(page.contains(Roff.plain(argument.abstract ?? "?")))
                }
            }
        }
    }

    @Test func `a page reads like this`() throws {
        let page = try #require(try Self.pages()["flower-backup.1"])
        let beginning = """
            .TH "FLOWER\\-BACKUP" 1 \(Flower.releasedOn) "flower \(Flower.version)" Flower
            .SH "NAME"
            flower\\-backup \\- write a consistent copy of the database, while others work
            .SH "SYNOPSIS"
            \\fBflower backup\\fR [\\fB\\-\\-state\\fR \\fIfolder\\fR] [\\fB\\-\\-system\\fR] \
            [\\fB\\-\\-user\\fR] \\fIfile\\fR
            .SH "DESCRIPTION"
            Write a consistent copy of the database, while others work.

            """
        #expect(page.hasPrefix(beginning), "\(page)")
        #expect(page.contains(".SS \"State folder\"\n.TP\n\\fB\\-\\-state\\fR \\fIfolder\\fR\n"))
    }

    @Test func `flower(1) has every exit code and every variable`() throws {
        let page = try #require(try Self.pages()["flower.1"])
        for code in ExitCode.allCases {
            let item = ".TP\n\(Roff.bold(String(code.rawValue)))\n\(Roff.plain(code.meaning))\n"
            #expect(page.contains(item))
        }
        for variable in KnownVariable.all {
            let item = ".TP\n\(Roff.bold(variable.name))\n\(Roff.plain(variable.meaning))\n"
            #expect(page.contains(item))
        }
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("--wait", "\\-\\-wait"), ("a\\b", "a\\eb"),
            ("'a' \"b\"", "\\(aqa\\(aq \\(dqb\\(dq"), ("`a` ^ ~", "\\(gaa\\(ga \\(ha \\(ti"),
            ("two\nlines", "two lines"), ("a … b", "a \\[u2026] b"), ("é", "\\[u00E9]"),
            // Beyond four digits they are as many as it takes.
            ("😀", "\\[u1F600]"),
        ]
    )
    func `roff prints a text as it stands`(text: String, escaped: String) {
        #expect(Roff.plain(text) == escaped)
    }

    @Test func `a line that begins like a macro is none`() {
        var page = Roff(title: "X", section: 1, date: "2026-01-01", source: "x")
        page.item(Roff.plain("'quoted'"), ".hidden")
        #expect(page.text.hasSuffix(".TP\n\\&\\(aqquoted\\(aq\n\\&.hidden\n"))
    }
}
