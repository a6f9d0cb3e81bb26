import ArgumentParser
import Flows
import Storage

struct RunsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs, newest first.",
        discussion: """
            A state after --state means --in-state: a state folder of such a name is written ./failed.
            """
    )

    @Argument(help: "Only the runs of this flow.", completion: .flows)
    var flow: String?

    @Option(
        name: .customLong("flow"),
        help: ArgumentHelp("The same.", valueName: "flow"),
        completion: .flows
    )
    var namedFlow: String?

    @Option(
        help: ArgumentHelp(
            "Only runs in this state; may be given several times.",
            valueName: "state"
        )
    )
    var inState: [RunState] = []

    @Option(
        help: ArgumentHelp(
            "Only those registered at this instant or later: today, 2h (ago).",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var since: InstantText?

    @OptionGroup var rows: RowsOption
    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard flow == nil || namedFlow == nil else {
            throw ValidationError("the flow is named twice")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        var filter = RunFilter(flow: flow ?? namedFlow, states: Set(inState))
        filter.since = try session.instant(since, "--since", .past)
        var choice = state.choice
        // What `--state` names for every command is a folder; whoever lists runs may well mean this.
        if case .folder(let word) = choice, let meant = RunState(rawValue: word) {
            filter.states.insert(meant)
            choice = .unsaid
        }
        let store = try Store.open(choice.folder(session), create: false)
        let trouble = try Trouble(in: store, session)
        switch format.output {
        case .table:
            let limit = rows.number ?? Store.rowsPerPage
            // One more than asked for tells whether there are more.
            let found = try store.runs(filter, limit: limit + 1)
            let runs = Array(found.prefix(limit))
            let isCut = found.count > limit
            try session.print(RunsView.table(runs, isCut: isCut, session.time, trouble))
        case .json:
            let zone = session.zone
            try session.printJSON { writer in
                try writer.write {
                    try store.eachRun(filter, limit: rows.number ?? .max) { run in
                        try writer.add(RunsView.json(run, zone, trouble))
                    }
                }
            }
        }
        return .success
    }
}

extension RunState: ExpressibleByArgument {}
