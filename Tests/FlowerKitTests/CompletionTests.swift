import Storage
import Testing

@testable import FlowerKit

@Suite struct CompletionTests {
    /// The words as they are typed, from the program's name on.
    @Test(
        arguments: [
            (["flower", "show"], StateChoice.unsaid), (["flower", "--system", "show"], .system),
            (["flower", "show", "--user"], .user),
            (["flower", "show", "--state", "/srv/s"], .folder("/srv/s")),
            (["flower", "show", "--state=/srv/s"], .folder("/srv/s")),
            // Its value is still to come.
            (["flower", "show", "--state"], .unsaid),
        ]
    )
    func `names come from the state folder of the command line`(
        words: [String],
        choice: StateChoice
    ) {
        #expect(CompletionChoices.state(in: words) == choice)
    }

    private static func fixture() throws -> CommandFixture {
        let fixture = try CommandFixture()
        try fixture.apply(.diamond)
        try fixture.apply(.nothing(["only": []], named: "other"))
        try fixture.flower("register", "test")
        try fixture.flower("register", "other")
        return fixture
    }

    @Test(
        arguments: [
            (["show"], ["other", "test"], CompletionChoices.flows),
            (["status"], ["2", "1"], CompletionChoices.runs),
            (["cancel", "1"], ["a", "b", "c", "d"], CompletionChoices.tasksOfRun),
            (["cancel", "2"], ["only"], CompletionChoices.tasksOfRun),
            (["cancel", "x"], [], CompletionChoices.tasksOfRun),
            (["cancel", "99"], [], CompletionChoices.tasksOfRun),
            (["env", "other"], ["only"], CompletionChoices.tasksOfFlow),
            (["env", "neither"], [], CompletionChoices.tasksOfFlow),
            (["pool", "set"], [], CompletionChoices.pools),
        ]
    )
    func `what the database knows is offered`(
        words: [String],
        names: [String],
        choices: CompletionChoices
    ) throws {
        let fixture = try Self.fixture()
        let typed = ["flower", "--state", fixture.state.path] + words
        #expect(choices.names(typed) == names)
    }

    @Test func `without a database nothing is offered, and none is made`() throws {
        let fixture = try CommandFixture()
        #expect(CompletionChoices.flows.names(["flower", "--state", fixture.state.path]) == [])
        #expect(!fixture.state.exists)
    }
}
