import ArgumentParser
import Storage

struct UnpauseCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause",
        abstract: "Let a flow's schedules make runs again.",
        discussion: "What came due meanwhile stays unrun."
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String?

    @Flag(help: "Every flow that is paused.")
    var all = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard (flow == nil) == all else { throw ValidationError("name a flow, or --all") }
    }

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let names = try store.unpause(flow: flow, by: session.actor, at: session.now)
        if names.isEmpty {
            let what = flow.map { "flow '\($0)' was not paused" } ?? "no flow was paused"
            try session.print(what + "\n")
        }
        for name in names { try session.print("flow '\(name)' goes on\n") }
        return .success
    }
}
