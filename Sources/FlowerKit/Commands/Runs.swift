import ArgumentParser
import Storage

struct RunsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs, newest first."
    )

    @Argument(help: "Only the runs of this flow.", completion: .flows)
    var flow: String?

    @OptionGroup var rows: RowsOption
    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        // One more than asked for tells whether there are more.
        let found = try state.openStore(session).runs(flow: flow, limit: rows.number + 1)
        let runs = Array(found.prefix(rows.number))
        switch format.output {
        case .table:
            let isCut = found.count > rows.number
            try session.print(RunsView.table(runs, isCut: isCut, session.time))
        case .json: try session.print(RunsView.json(runs, session.zone))
        }
        return .success
    }
}
