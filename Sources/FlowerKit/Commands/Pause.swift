import ArgumentParser
import Storage

struct PauseCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep a flow's schedules from making runs.",
        discussion: """
            Runs that exist go on, and a person may register others. What comes due in the pause \
            is recorded as paused, and not made up for when it ends.
            """
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String?

    @Flag(help: "Every flow there is now.")
    var all = false

    @Option(help: ArgumentHelp("Why, for whoever looks.", valueName: "text"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "End the pause at this instant: 06:00, 20m, tomorrow 06:00.",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var until: InstantText?

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard (flow == nil) == all else { throw ValidationError("name a flow, or --all") }
    }

    func run(in session: Session) throws -> ExitCode {
        let until = try session.instant(until, "--until", .future)
        let store = try state.openStore(session)
        try store.pause(
            flow: flow,
            reason: reason,
            until: until,
            by: session.actor,
            at: session.now
        )
        let what = flow.map { "flow '\($0)' is" } ?? "every flow is"
        let end = until.map { " until \(session.time.stamp($0))" } ?? ""
        try session.print("\(what) paused\(end)\n")
        return .success
    }
}
