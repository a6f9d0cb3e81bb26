import ArgumentParser

struct FlowsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows",
        abstract: "List the flows."
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let flows = try store.flows()
        switch format.output {
        case .table: try session.print(FlowsView.table(flows, refused: store.refusedFiles()))
        case .json: try session.print(FlowsView.json(flows))
        }
        return .success
    }
}
