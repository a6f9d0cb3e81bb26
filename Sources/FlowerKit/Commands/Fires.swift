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

    @Flag(help: "Only those that were not run, and are to be.")
    var unrun = false

    @OptionGroup var rows: RowsOption
    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        var filter = FireFilter(flow: flow, isUnrun: unrun)
        filter.since = try session.instant(since, "--since", .past)
        let store = try state.openStore(session)
        let trouble = try Trouble(in: store, session)
        switch format.output {
        case .table:
            let limit = rows.number ?? Store.rowsPerPage
            let found = try store.fires(filter, limit: limit + 1)
            let fires = Array(found.prefix(limit))
            let isCut = found.count > limit
            try session.print(
                FiresView.table(
                    fires,
                    isOfAll: flow == nil,
                    isCut: isCut,
                    session.time,
                    trouble
                )
            )
        case .json:
            let zone = session.zone
            var isEmpty = true
            try session.printJSON { writer in
                try writer.write {
                    try store.eachFire(filter, limit: rows.number ?? .max) {
                        try writer.add(FiresView.json($0, zone, trouble))
                        isEmpty = false
                    }
                }
            }
            // There is no row that could tell it.
            if isEmpty, let text = trouble.scheduler {
                session.note(text, hint: Trouble.schedulerRemedy)
            }
        }
        return .success
    }
}
