import Testing

@testable import FlowerKit

@Suite struct HelpTests {
    /// What a newcomer sees first, as a golden text: a changed word shows.
    @Test func `the help lists every command`() {
        #expect(
            RootCommand.helpMessage(columns: 80) == """
                XX
                """
        )
    }

    @Test(
        arguments: RootCommand.configuration.subcommands.map { $0.configuration.commandName ?? "" }
    )
    func `every command has a summary in one sentence`(name: String) throws {
        let result = try CommandFixture().flower("help", name)
        #expect(result.code == .success)
        let summary = result.output.split(separator: "\n").first ?? ""
        #expect(summary.hasPrefix("OVERVIEW: ") && summary.hasSuffix("."), "\(summary)")
        #expect(result.output.contains("USAGE: flower \(name)"))
    }
}
