import ArgumentParser

struct FlowsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows",
        abstract: "List the flows."
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let flows = try state.openStore(session).flows()
        switch format.output {
        case .table: try session.print(FlowsView.table(flows))
        case .json: try session.print(FlowsView.json(flows))
        }
        return .success
    }
}
