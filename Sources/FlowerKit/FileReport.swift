import ArgumentParser
import FlowFiles
import Flows

/// `--strict` and `-o` of commands that tell what is to be said of files and expressions.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Exit with 65 for a warning too; notes never count.")
    var strict = false

    @OptionGroup var format: OutputOptions
}

/// What is said of the files of one command: each thing at once on standard error, or all of it as JSON on
/// standard output, where that is asked for.
final class FileReport {
    private let session: Session
    private let options: ReportOptions
    /// What follows from a fault, for the last line.
    private let consequence: String
    private var diagnostics: [Diagnostic] = []

    init(_ options: ReportOptions, in session: Session, consequence: String = "") {
        self.session = session
        self.options = options
        self.consequence = consequence
    }

    var isJSON: Bool { options.format.output == .json }

    /// How many warnings and notes there are, for a last line; `nil` = none.
    var remarks: String? {
        let kinds: [(Diagnostic.Severity, String)] = [(.warning, "warning"), (.note, "note")]
        let counts = kinds.compactMap { severity, word in
            let count = diagnostics.count { $0.severity == severity }
            return count == 0 ? nil : counted(count, word)
        }
        return counts.isEmpty ? nil : counts.joined(separator: ", ")
    }

    /// - Throws: `Failure` where one is a fault, once all are told: exit 65, or 66 where all that is wrong is
    ///   that nothing is there.
    func tell(_ new: [Diagnostic]) throws {
        diagnostics += new
        if !isJSON { try session.complain(new.map { $0.rendered + "\n" }.joined()) }
        let faults = new.filter(\.isFault)
        guard !faults.isEmpty else { return }
        let code: ExitCode = FileArguments.areMissing(faults.map(\.path)) ? .notFound : .badInput
        try fail(code, faults, "fault", "")
    }

    /// - Throws: `Failure` (65) with `--strict` where there is a warning.
    func checkStrictness() throws {
        let warnings = diagnostics.filter { $0.severity == .warning }
        guard options.strict, !warnings.isEmpty else { return }
        try fail(.badInput, warnings, "warning", ", which --strict counts")
    }

    private func fail(
        _ code: ExitCode,
        _ found: [Diagnostic],
        _ word: String,
        _ addition: String
    ) throws {
        if isJSON { try session.print(json(["flows": .null, "files": .null])) }
        let files = counted(Set(found.map(\.path)).count, "file")
        throw Failure(code, "\(counted(found.count, word)) in \(files)\(addition)\(consequence)")
    }

    /// With what the command has done besides.
    func json(_ members: [String: JSONValue]) -> JSONValue {
        .object(members.merging(["diagnostics": .array(diagnostics.map(\.json))]) { $1 })
    }
}

extension Diagnostic {
    /// Places from 1; `null` where it is about the whole file.
    var json: JSONValue {
        .object([
            "severity": .string(severity.rawValue),
            "path": .string(path),
            "line": line > 0 ? .count(line) : .null,
            "column": line > 0 ? .count(column) : .null,
            "message": .string(message),
            "hint": .text(hint),
        ])
    }
}
