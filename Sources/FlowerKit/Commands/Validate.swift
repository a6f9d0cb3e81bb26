import ArgumentParser
import FlowFiles

struct ValidateCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check flow files, and tell every fault of every file."
    )

    @OptionGroup var files: FileArguments

    func run(in session: Session) throws -> ExitCode {
        let sources = try files.load(in: session)
        let flows = sources.reduce(0) { $0 + $1.flows.count }
        try session.print(
            "\(counted(flows, "flow")) in \(counted(sources.count, "file")), no faults\n"
        )
        return .success
    }
}
