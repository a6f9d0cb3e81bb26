import ArgumentParser
import Flows
import Storage

struct StatusCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a run's tasks, and why any of them failed.",
        discussion: """
            MEMORY is the most that a task held. The kernel counts from before its program began, so it is \
            never less than its runner held then, some 17 MiB.
            """
    )

    @Argument(help: RunChoice.help, completion: .runsAndFlows)
    var run: String?

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let run = try RunChoice(run).number(in: store)
        let detail = try store.run(run)
        let isJSON = format.output == .json
        let limit = isJSON ? StatusView.tailsInJSON : StatusView.failuresShown
        let tails = try store.tailsOfFailedTasks(ofRun: run, limit: limit)
        if isJSON {
            try session.print(StatusView.json(detail, tails: tails, session.zone))
        } else {
            let terminal = session.terminal
            let view = StatusView(detail, tails: tails, session.time)
            try session.print(
                page: view.rendered(width: terminal.columns, colour: terminal.usesColour)
            )
        }
        return .success
    }
}
