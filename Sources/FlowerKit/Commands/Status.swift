import ArgumentParser
import Flows
import Storage

struct StatusCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show a run's tasks, and why any of them failed."
    )

    @Argument(help: "The run's number.")
    var run: Int64

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let detail = try state.openStore(session).run(run)
        switch format.output {
        case .table:
            let terminal = session.terminal
            let view = StatusView(detail, session.time)
            try session.print(view.rendered(width: terminal.columns, colour: terminal.usesColour))
        case .json: try session.print(StatusView.json(detail, session.zone))
        }
        return .success
    }
}
