import ArgumentParser
import Storage

struct PauseCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep a flow's schedules from making runs.",
        discussion: "Runs that exist go on, and a person may register others."
    )

    @Argument(help: "The flow's name.")
    var flow: String

    @Option(help: ArgumentHelp("Why, for whoever looks.", valueName: "text"))
    var reason: String?

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        try store.pause(flow: flow, reason: reason, by: session.actor, at: session.now)
        try session.print("flow '\(flow)' is paused\n")
        return .success
    }
}
