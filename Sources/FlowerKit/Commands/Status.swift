import ArgumentParser
import Flows
import Storage

struct StatusCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a run's tasks, and why any of them failed.",
        discussion: """
            MEMORY is the most that a task held. The kernel counts from before its program began, when it was \
            its runner's: what is no more than that is told as '-'.
            """
    )

    @Argument(help: RunChoice.help, completion: .runsAndFlows)
    var run: String?

    @Flag(help: "Show each item of a task with for_each, not all of them on one line.")
    var items = false

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let run = try RunChoice(run).number(in: store)
        let trouble = try Trouble(in: store, session)
        if format.output == .json {
            let zone = session.zone
            try session.printJSON { writer in
                try store.readRun(run) { head, eachTask in
                    try writer.write(StatusView.members(of: head, zone, trouble), array: "tasks") {
                        try eachTask {
                            try writer.add(StatusView.json($0, $1, of: head.summary, zone, trouble))
                        }
                    }
                }
            }
            return .success
        }
        let detail = try store.run(run)
        let tails = try store.tailsOfFailedTasks(ofRun: run, limit: StatusView.failuresShown)
        let terminal = session.terminal
        let view = StatusView(
            detail,
            tails: tails,
            showsItems: items,
            session.time,
            trouble
        )
        try session.print(
            page: view.rendered(width: terminal.columns, colour: terminal.usesColour)
        )
        return .success
    }
}
