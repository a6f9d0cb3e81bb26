import ArgumentParser
import Storage

struct RerunCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun",
        abstract: "Set tasks of a run back, to be run again.",
        discussion: """
            All of the run's tasks, unless --from or --failed says which; the next flower run \
            carries on from there. A task that runs is not touched: then nothing is, and the \
            exit code is 75.
            """
    )

    @Argument(help: "The run's number.", completion: .runs, transform: OptionValue.run)
    var run: Int64

    @Option(
        help: ArgumentHelp(
            "This task, or one item of it (clean[3]), and all that needs it.",
            valueName: "task"
        ),
        completion: .tasksOfRun
    )
    var from: String?

    @Flag(help: "The failed and cancelled tasks.")
    var failed = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard from == nil || !failed else {
            throw ValidationError("--from and --failed exclude each other")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        let scope = from.map { RerunScope.from($0) } ?? (failed ? .failed : .all)
        let store = try state.openStore(session)
        let count = try store.rerun(run, scope, by: session.actor, at: session.now)
        try session.print("\(counted(count, "task")) of run \(run) set back to waiting\n")
        if count > 0 { try Trouble.tellIfNoRunner(store, session) }
        return .success
    }
}
