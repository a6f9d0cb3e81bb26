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

    @Option(name: .shortAndLong, help: "At most so many.")
    var number = Store.rowsPerPage

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard (1...FiresView.mostRows).contains(number) else {
            throw ValidationError("-n takes a number from 1 to \(FiresView.mostRows)")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        let found = try state.openStore(session).fires(flow: flow, limit: number + 1)
        let fires = Array(found.prefix(number))
        switch format.output {
        case .table:
            let isCut = found.count > number
            try session.print(FiresView.table(fires, isCut: isCut, session.time))
        case .json: try session.print(FiresView.json(fires, session.zone))
        }
        return .success
    }
}
