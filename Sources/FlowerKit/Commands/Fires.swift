import ArgumentParser
import Storage

struct FiresCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "fires",
        abstract: "List what became of due times, of a flow or of all.",
        discussion: "Newest first. Each fire that was not run has its reason."
    )

    @Argument(help: "Only those of this flow.", completion: .flows)
    var flow: String?

    @Option(
        help: ArgumentHelp("Only those due at this instant or later.", valueName: "instant"),
        transform: OptionValue.instant
    )
    var since: InstantText?

    @OptionGroup var rows: RowsOption
    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let since = try session.instant(since, "--since", .past)
        let store = try state.openStore(session)
        switch format.output {
        case .table:
            let limit = rows.number ?? Store.rowsPerPage
            let found = try store.fires(flow: flow, since: since, limit: limit + 1)
            let fires = Array(found.prefix(limit))
            let isCut = found.count > limit
            try session.print(
                FiresView.table(fires, isOfAll: flow == nil, isCut: isCut, session.time)
            )
        case .json:
            let fires = try store.fires(flow: flow, since: since, limit: rows.number ?? .max)
            try session.print(FiresView.json(fires, session.zone))
        }
        return .success
    }
}
