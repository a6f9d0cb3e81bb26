import ArgumentParser
import Storage

struct UnpauseCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause",
        abstract: "Let a flow's schedules make runs again.",
        discussion: "What came due meanwhile stays unrun."
    )

    @Argument(help: "The flow's name.")
    var flow: String

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let wasPaused = try !store.unpause(flow: flow, by: session.actor, at: session.now).isEmpty
        try session.print("flow '\(flow)' \(wasPaused ? "goes on" : "was not paused")\n")
        return .success
    }
}
