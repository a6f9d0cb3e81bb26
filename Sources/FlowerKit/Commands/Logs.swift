import ArgumentParser
import Execution
import Storage

struct LogsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what the tasks of a run have printed."
    )

    @Argument(help: "The run's number.")
    var run: Int64

    @Argument(help: "Only this task's lines, or one item's: clean[3].")
    var task: String?

    @Flag(name: .shortAndLong, help: "Go on with what comes, until the run has settled.")
    var follow = false

    @Option(name: [.short, .long], help: "Only so many of the last lines.")
    var number: Int?

    @Option(help: "Only the lines of the attempt of this number.")
    var attempt: Int?

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard number.map({ (0...LastLines.limit).contains($0) }) ?? true else {
            throw ValidationError("-n takes a number from 0 to \(LastLines.limit)")
        }
        guard attempt.map({ $0 >= 1 }) ?? true else {
            throw ValidationError("attempts are counted from 1")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let names = try store.taskNames(ofRun: run, only: task)
        let reader = LogReader(store.folder, run: run, task: task)
        let view = LogView(names, isNamed: task == nil, terminal: session.terminal)
        var printer = LogPrinter(reader, view, attempt: attempt, output: session.output)
        let watch = follow ? try StateWatch(store.folder) : nil
        let isSettled = follow ? try !store.state(ofRun: run).isActive : true
        try printer.printNew(last: number)
        if let watch, !isSettled {
            try printer.follow(watch) {
                try store.stateAfterWrite(ofRun: run).isActive ? .running : .settled
            }
        }
        return .success
    }
}
