import ArgumentParser
import HostTime
import Scheduling
import Storage

struct ShowCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a flow: tasks, schedules and parameters."
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let stored = try store.schedules().filter { $0.flow == flow }
        let schedules = try SchedulesCommand.rows(stored, in: store, at: session.now)
        switch format.output {
        case .table:
            let detail = try store.flow(named: flow, at: session.now)
            let view = FlowView(detail, schedules, session.time)
            let terminal = session.terminal
            try session.print(
                page: view.rendered(width: terminal.columns, colour: terminal.usesColour)
            )
        case .json:
            let time = session.time
            try session.printJSON { writer in
                try store.readFlow(named: flow, at: time.now) { detail, eachTask in
                    let secrets = detail.flow.secrets
                    let members = FlowView(detail, schedules, time).members
                    try writer.write(members, array: "tasks") {
                        try eachTask { try writer.add(FlowView.json($0, secrets: secrets)) }
                    }
                }
            }
        }
        return .success
    }
}
