import ArgumentParser
import Scheduling

struct FlowsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows",
        abstract: "List the flows."
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let flows = try store.flows(at: session.now)
        let trouble = try Trouble(in: store, session)
        let faults = ScheduleFault.all(in: try store.schedules(), zones: .host)
        switch format.output {
        case .table:
            let refused = try store.refusedFiles()
            try session.print(
                FlowsView.table(flows, refused: refused, faults: faults, session.time, trouble)
            )
        case .json:
            try session.print(FlowsView.json(flows, faults: faults, session.zone, trouble))
        }
        return .success
    }
}
