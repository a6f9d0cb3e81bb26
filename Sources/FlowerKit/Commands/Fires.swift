import ArgumentParser
import Storage

struct FiresCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "fires",
        abstract: "List what became of a flow's due times.",
        discussion: "Newest first. Each fire that was not run has its reason."
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String

    @OptionGroup var rows: RowsOption
    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let found = try state.openStore(session).fires(flow: flow, limit: rows.number + 1)
        let fires = Array(found.prefix(rows.number))
        switch format.output {
        case .table:
            let isCut = found.count > rows.number
            try session.print(FiresView.table(fires, isCut: isCut, session.time))
        case .json: try session.print(FiresView.json(fires, session.zone))
        }
        return .success
    }
}
