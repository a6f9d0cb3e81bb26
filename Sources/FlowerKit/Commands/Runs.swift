import ArgumentParser
import Storage

struct RunsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs, newest first."
    )

    @Argument(help: "Only the runs of this flow.", completion: .flows)
    var flow: String?

    @Option(name: .shortAndLong, help: "At most so many.")
    var number = Store.rowsPerPage

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    /// All of it is held in memory and printed at once.
    private static let mostRows = 1_000_000

    func validate() throws {
        guard (1...Self.mostRows).contains(number) else {
            throw ValidationError("-n takes a number from 1 to \(Self.mostRows)")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        // One more than asked for tells whether there are more.
        let found = try state.openStore(session).runs(flow: flow, limit: number + 1)
        let runs = Array(found.prefix(number))
        switch format.output {
        case .table:
            let isCut = found.count > number
            try session.print(RunsView.table(runs, isCut: isCut, session.time))
        case .json: try session.print(RunsView.json(runs, session.zone))
        }
        return .success
    }
}
