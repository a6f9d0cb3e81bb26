import ArgumentParser
import Execution
import Scheduling
import Storage

struct CheckCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the database and the files beside it.",
        discussion: """
            SQLite's own check of the file and of what refers to what, the rules that hold between \
            rows, schedules that cannot be used, and files that belong to nothing. It changes nothing. Exit code 74 where \
            something is wrong.
            """
    )

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let unusable = ScheduleFault.all(in: try store.schedules(), zones: .host).map {
            CheckFinding("\($0)", remedy: $0.remedy)
        }
        let findings = try store.check() + unusable + StrayFiles(store).findings()
        for finding in findings {
            try session.print(
                "\(Printable.line(finding.problem))\n    \(Printable.line(finding.remedy))\n"
            )
        }
        guard findings.isEmpty else {
            throw Failure(.unusable, "\(counted(findings.count, "fault")) found")
        }
        try session.print("all is well\n")
        return .success
    }
}
