import Execution
import Testing

@testable import FlowerKit

@Suite struct RunShortcutTests {
    @Test(arguments: [
        ["run"], ["run", "--system"], ["run", "--user"], ["run", "--state", "/srv/my state"],
    ])
    func `the short way and the parser understand the same`(arguments: [String]) throws {
        let shortcut = try #require(RunShortcut(arguments))
        let command = try #require(try RootCommand.parseAsRoot(arguments) as? RunCommand)
        #expect(command.state.choice == shortcut.choice)
        #expect(command.workers == Runner.Options().workers)
        #expect(command.linger == nil)
        #expect(command.wait == Runner.Options().waitsForRetries)
    }

    @Test(arguments: [
        [], ["runs"], ["run", "--help"], ["run", "--wait"], ["run", "--state"],
        ["run", "--state", ""], ["run", "--state", "--user"], ["run", "--state=/s"],
        ["run", "--system", "--user"], ["--system", "run"], ["run", "x"],
    ])
    func `all else is the parser's`(arguments: [String]) {
        #expect(RunShortcut(arguments) == nil)
    }
}
