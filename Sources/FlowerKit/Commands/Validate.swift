import ArgumentParser
import FlowFiles
import Flows
import Storage

struct ValidateCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check flow files, and tell every fault of every file.",
        discussion: """
            It changes nothing, and says what flower apply would say: flows and pools that the files \
            name are looked for in them and in the state folder. Where there is none yet, you are \
            warned of those that are not in the files.
            """
    )

    @OptionGroup var files: FileArguments
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let sources = try files.load(
            in: session,
            for: state.choice.folder(session),
            trust: state.taskTrust(session)
        )
        if sources.contains(where: { $0.flows.contains(where: \.hasReferences) }) {
            let isThere = state.choice.folder(session).exists
            let store = isThere ? try state.openStore(session) : nil
            try FileArguments.checkReferences(of: sources, in: store, session)
        }
        let flows = sources.reduce(0) { $0 + $1.flows.count }
        try session.print(
            "\(counted(flows, "flow")) in \(counted(sources.count, "file")), no faults\n"
        )
        return .success
    }
}
