import ArgumentParser
import FlowFiles
import Storage

struct ApplyCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make the database say what flow files say.",
        discussion: """
            All of the files, or after a fault none. A file that has not changed since it was \
            applied never overwrites what was changed with SQL. Runs that exist keep the \
            definition that they were registered with. What validate tells is told here too. Where tasks run as root, you are warned of a \
            file that others may change.
            """
    )

    @OptionGroup var files: FileArguments

    @OptionGroup var options: ReportOptions

    @Flag(help: "Remove the flows that came from these paths and are there no more.")
    var prune = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let told = FileReport(options, in: session, consequence: "; nothing was applied")
        let sources = try files.load(
            in: session,
            for: state.choice.folder(session),
            told,
            trust: state.taskTrust(session)
        )
        let store = try state.makeStore(session)
        try FileArguments.checkReferences(of: sources, in: store, told)
        try told.checkStrictness()
        let report = try store.apply(
            sources,
            pruning: prune ? files.resolvedPaths : [],
            by: session.actor,
            at: session.now
        )
        if told.isJSON {
            try session.print(told.json(ApplyView.members(report, files: sources.count)))
            return .success
        }
        let terminal = session.terminal
        try session.print(page: ApplyView.text(report, colour: terminal.usesColour))
        return .success
    }
}
