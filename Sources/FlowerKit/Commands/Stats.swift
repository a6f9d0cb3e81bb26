import ArgumentParser
import Storage

struct StatsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show how long a flow takes and how often it succeeds."
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String

    @Option(name: .letter("n"), help: "Of at most so many of its last runs.")
    var number = Store.rowsPerPage

    @Option(
        help: ArgumentHelp(
            "Only of runs registered at this instant or later: 7d (ago).",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var since: InstantText?

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    /// All of it is held in memory.
    private static let mostRuns = 100_000

    func validate() throws { try RowsOption.check(number, atMost: Self.mostRuns) }

    func run(in session: Session) throws -> ExitCode {
        let since = try session.instant(since, "--since", .past)
        let rows = try state.openStore(session).stats(flow: flow, since: since, runs: number)
        switch format.output {
        case .table: try session.print(StatsView.table(flow, rows))
        case .json: try session.print(StatsView.json(flow, rows))
        }
        return .success
    }
}
