import ArgumentParser
import Cron
import Execution
import Flows
import Storage

struct PruneCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Forget runs that ended long ago, with their output.",
        discussion: """
            Only runs that have settled go; one that is held, or waits for a person, stays however \
            old it is. Fires are kept 8 days and their schedule's catch-up window at least, since \
            their rows keep them from being run again. The work is done in small transactions: \
            nobody waits for it. The file does not shrink, but its free space is used again.
            """
    )

    @Option(
        help: ArgumentHelp(
            "How old they must be, such as 90d; or from before this instant.",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var olderThan: InstantText

    @Option(help: ArgumentHelp("Keep so many of each flow in any case.", valueName: "number"))
    var keepLast = 0

    @Flag(help: "Only say what would go.")
    var dryRun = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard keepLast >= 0 else { throw ValidationError("--keep-last takes 0 or more") }
    }

    func run(in session: Session) throws -> ExitCode {
        let now = session.now
        let before = try session.instant(olderThan, "--older-than", .past) ?? now
        guard before < now else {
            throw Failure(
                .misuse,
                "--older-than takes a duration of more than zero, or an instant of the past"
            )
        }
        let store = try state.openStore(session)
        let request = PruneRequest(before: before, keepLast: keepLast)
        if dryRun {
            let report = try store.previewPrune(request, at: now)
            try session.print("would forget \(Self.text(report))\n")
            return .success
        }
        let report = try store.prune(request, by: session.actor, at: now)
        let logs = try LogKeeper(store).removeOrphans()
        OutputFolder(store.folder, instance: store.instance).sweep(store)
        var text = "forgot \(Self.text(report))"
        if !report.flows.isEmpty { text += ", \(counted(report.flows.count, "removed flow"))" }
        if logs > 0 { text += "; \(counted(logs, "log folder")) removed" }
        try session.print(text + "\n")
        return .success
    }

    private static func text(_ report: PruneReport) -> String {
        "\(counted(report.runs.count, "run")) with \(counted(report.tasks, "task")),"
            + " \(counted(report.fires, "fire"))"
    }
}
