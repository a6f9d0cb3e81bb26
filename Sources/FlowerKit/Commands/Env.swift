import ArgumentParser
import Execution
import HostTime
import Storage

struct EnvCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print the world that a task would see.",
        discussion: """
            It is that of a run registered now. A shell can read the lines back; program and \
            folder stand in comments.
            """
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String

    @Argument(help: "The task's name.", completion: .tasksOfFlow)
    var task: String

    @OptionGroup var parameters: ParameterOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let claim = try store.preview(
            task: task,
            of: flow,
            parameters: parameters.variables,
            hostZone: session.hostZone.name,
            at: session.now
        )
        let isTerminal = session.terminal.columns != nil
        let text = WorldView.text(
            try world(of: claim, in: session, store),
            of: claim,
            isTerminal: isTerminal
        )
        // A shell may read it back from a pipe.
        if isTerminal { try session.print(page: text) } else { try session.output.write(text) }
        return .success
    }

    private func world(
        of claim: Claim,
        in session: Session,
        _ store: Store
    ) throws -> TaskWorld {
        let outputs = OutputFolder(store.folder, instance: store.instance)
        do throws(TaskWorld.Fault) {
            let run = try RunWorld(
                claim.run,
                account: .current,
                zone: (try? HostZone.ofRun(claim.run.timezone)) ?? session.hostZone,
                outputs: outputs
            )
            return try TaskWorld(claim, of: run)
        } catch {
            let hasFiles = !claim.environmentFiles.isEmpty || !claim.run.environmentFiles.isEmpty
            let hint = hasFiles ? nil : "mend it with SQL, or apply its flow file"
            throw Failure(.badInput, error.message, hint: hint)
        }
    }
}
