import ArgumentParser
import Storage

struct CancelCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a run, or one task of it.",
        discussion: """
            What waits is cancelled at once. What runs gets TERM, then KILL, from its own runner, \
            whichever that is; the wake file tells it. Dependents of a cancelled task wait, as \
            after a failed one. Tasks with 'when: always' and hooks are left, unless named.
            """
    )

    @OptionGroup var part: RunPart
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let done = try store.cancel(part.run, task: part.task, by: session.actor, at: session.now)
        var parts: [String] = []
        if done.cancelled > 0 { parts.append("\(counted(done.cancelled, "task")) cancelled") }
        if done.ending > 0 { parts.append("\(counted(done.ending, "task")) being ended") }
        try session.print("run \(part.run): \(parts.joined(separator: ", "))\n")
        if done.ending > 0, try Trouble(in: store, session).isOfDeadRunner(run: part.run) {
            session.note("run \(part.run): \(Trouble.deadRunner)", hint: Trouble.runnerRemedy)
        } else if try store.hasWork(at: session.now) {
            // What is executed always may be ready now, as may hooks.
            try Trouble.tellIfNoRunner(store, session)
        }
        return .success
    }
}
