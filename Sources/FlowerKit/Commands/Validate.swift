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
            warned of those that are not in the files. What is no fault and was probably not meant \
            is told as a warning, what is worth knowing as a note, each with what to write.
            """
    )

    @OptionGroup var files: FileArguments
    @OptionGroup var options: ReportOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let report = FileReport(options, in: session)
        let folder = state.choice.folder(session)
        let sources = try files.load(
            in: session,
            for: folder,
            report,
            trust: state.taskTrust(session)
        )
        let store = folder.exists ? try state.openStore(session) : nil
        try FileArguments.checkReferences(of: sources, in: store, report)
        let flows = sources.reduce(0) { $0 + $1.flows.count }
        try report.checkStrictness()
        if report.isJSON {
            try session.print(
                report.json(["flows": .count(flows), "files": .count(sources.count)])
            )
            return .success
        }
        let remarks = report.remarks.map { ", \($0)" } ?? ""
        let files = counted(sources.count, "file")
        try session.print("\(counted(flows, "flow")) in \(files), no faults\(remarks)\n")
        return .success
    }
}
