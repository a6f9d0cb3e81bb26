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
            rows, values that no runner could use, schedules that cannot be used, and files that belong to nothing. It changes \
            nothing unless --mend is given: then what plain SQL has spoilt is mended where that is \
            clear, all of it in one transaction, and each mending is told. A task of which a value \
            was taken anew or emptied is held until a person has looked. Exit code 74 where \
            something is wrong, or is left.
            """
    )

    @Flag(help: "Mend what can be mended.")
    var mend = false

    @Flag(help: "With --mend: only say what would be mended.")
    var dryRun = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard mend || !dryRun else {
            throw ValidationError("--dry-run does nothing without --mend")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        var findings: [CheckFinding]
        var mended: [CheckFinding] = []
        if mend {
            let actor = session.actor
            (mended, findings) = try store.mend(isRehearsal: dryRun, by: actor, at: session.now)
        } else {
            findings = try store.check()
        }
        findings += ScheduleFault.all(in: try store.schedules(), zones: .host).map {
            CheckFinding("\($0)", remedy: $0.remedy)
        }
        findings += try StrayFiles(store).findings()
        for finding in mended {
            let how = "\(dryRun ? "--mend" : "mended"): \(finding.mending?.what ?? "")"
            try session.print("\(Printable.line(finding.problem))\n    \(how)\n")
        }
        for finding in findings {
            try session.print(
                "\(Printable.line(finding.problem))\n    \(Printable.line(finding.remedy))\n"
            )
        }
        let found = findings.count + (dryRun ? mended.count : 0)
        guard found == 0 else {
            let canBeMended = !mend && findings.contains { $0.mending != nil }
            throw Failure(
                .unusable,
                "\(counted(found, "fault")) \(mend && !dryRun ? "left" : "found")",
                hint: canBeMended ? "flower check --mend --dry-run says what can be mended" : nil
            )
        }
        try session.print(mended.isEmpty ? "all is well\n" : "all is well now\n")
        return .success
    }
}
