import ArgumentParser
import Execution
import Storage

struct CheckCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the database and the files beside it.",
        discussion: """
            SQLite's own check of the file and of what refers to what, the rules that hold between \
            rows, and files that belong to nothing. It changes nothing. Exit code 74 where \
            something is wrong.
            """
    )

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let findings = try store.check() + Self.orphans(of: store)
        for finding in findings {
            try session.print("\(Printable.line(finding.problem))\n    \(finding.remedy)\n")
        }
        guard findings.isEmpty else {
            throw Failure(.unusable, "\(counted(findings.count, "fault")) found")
        }
        try session.print("all is well\n")
        return .success
    }

    private static func orphans(of store: Store) throws -> [CheckFinding] {
        let orphans = try LogKeeper(store).orphans()
        guard !orphans.isEmpty else { return [] }
        let list = orphans.prefix(5).joined(separator: ", ") + (orphans.count > 5 ? " …" : "")
        return [
            CheckFinding(
                "there is output of runs that the database does not know: logs/ \(list)",
                remedy: "flower prune removes it"
            )
        ]
    }
}
