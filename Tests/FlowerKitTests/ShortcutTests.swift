import Execution
import Testing

@testable import FlowerKit

@Suite struct ShortcutTests {
    static let choices: [[String]] = [
        [], ["--system"], ["--user"], ["--state", "/srv/my state"],
    ]

    @Test(
        arguments: choices,
        [[], ["--workers", "1"], ["--workers", "1000"], ["--workers", "+8"]]
    )
    func `the short way and the parser understand the same of a run`(
        choice: [String],
        workers: [String]
    ) throws {
        let arguments = ["run"] + workers + choice
        let command = try #require(try RootCommand.parseAsRoot(arguments) as? RunCommand)
        #expect(Shortcut(arguments) == .run(workers: command.workers, command.state.choice))
        #expect(command.linger == nil)
        #expect(command.wait == Runner.Options().waitsForRetries)
    }

    @Test(arguments: choices)
    func `and of a registration`(choice: [String]) throws {
        let arguments = ["register", "nightly-sales"] + choice
        let command = try #require(try RootCommand.parseAsRoot(arguments) as? RegisterCommand)
        #expect(Shortcut(arguments) == .register(flow: command.flow, command.state.choice))
        #expect(command.parameters.variables.isEmpty)
        #expect(!command.force && !command.wait && !command.follow)
    }

    @Test(arguments: [
        [], ["runs"], ["run", "--help"], ["run", "--wait"], ["run", "--state"],
        ["run", "--state", ""], ["run", "--state", "--user"], ["run", "--state=/s"],
        ["run", "--workers"], ["run", "--workers", "0"], ["run", "--workers", "1001"],
        ["run", "--workers", "-1"], ["run", "--workers", "x"], ["run", "--workers=8"],
        ["run", "--system", "--workers", "8"], ["run", "--system", "--user"], ["--system", "run"],
        ["run", "x"], ["register"],
        ["register", "--help"], ["register", ""], ["register", "a", "b"],
        ["register", "a", "--wait"], ["register", "--force", "a"], ["register", "--system", "a"],
    ])
    func `all else is the parser's`(arguments: [String]) {
        #expect(Shortcut(arguments) == nil)
    }
}
