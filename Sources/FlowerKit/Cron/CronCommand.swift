import ArgumentParser
import Cron
import Flows
import HostTime

/// `flower cron`: what a schedule expression means, without any state folder.
struct CronCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cron",
        abstract: "See what a schedule expression will do.",
        subcommands: [
            CronNextCommand.self, CronPreviousCommand.self, CronCheckCommand.self,
            CronDescribeCommand.self,
        ]
    )
}

struct CronCheckCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Print the one spelling of an expression, or what is wrong with it (exit 65).",
        discussion: """
            Warnings and notes, on standard error: what was probably not meant, and what is worth \
            knowing, such as what the next clock changes do.
            """
    )

    @OptionGroup var expression: CronArguments

    @Option(
        help: ArgumentHelp("The zone, unless the expression names one.", valueName: "zone"),
        completion: .zones
    )
    var timezone: String?

    @OptionGroup var options: ReportOptions

    func run(in session: Session) throws -> ExitCode {
        let text = expression.expression
        let isJSON = options.format.output == .json
        let parsed: CronExpression
        do {
            parsed = try CronReading.checked(text, hashID: expression.hashId)
        } catch {
            if isJSON {
                try session.print(CronCheckView.json(of: error))
            } else {
                try session.complain(error.rendering + "\n")
            }
            return .badInput
        }
        let zone = try CronReading.zone(parsed.zoneName ?? timezone, in: session)
        var remarks = CronExpression.remarks(on: text)
        if parsed.canFire {
            remarks += [parsed.clockRemark(in: zone, after: session.now)].compactMap(\.self)
        } else if !parsed.isReboot {
            remarks.append(CronRemark(.warning, "it never fires: no such day", hint: nil))
        }
        if isJSON {
            try session.print(CronCheckView.json(of: parsed, remarks))
        } else {
            try session.print(parsed.canonicalText + "\n")
            try session.complain(remarks.map { $0.rendering(of: text) + "\n" }.joined())
        }
        let isRefused = options.strict && remarks.contains { $0.severity == .warning }
        return isRefused ? .badInput : .success
    }
}

/// `flower cron check -o json`: the spelling, and what there is to say.
enum CronCheckView {
    static func json(of expression: CronExpression, _ remarks: [CronRemark]) -> JSONValue {
        let diagnostics = remarks.map { remark in
            diagnostic(
                remark.severity.rawValue,
                remark.message,
                remark.hint,
                remark.column,
                remark.length
            )
        }
        return .object([
            "expression": .string(expression.canonicalText),
            "diagnostics": .array(diagnostics),
        ])
    }

    static func json(of error: CronError) -> JSONValue {
        let message = "\(error.field): \(error.problem)"
        return .object([
            "expression": .null,
            "diagnostics": .array([
                diagnostic("fault", message, error.hint, error.column, error.length)
            ]),
        ])
    }

    private static func diagnostic(
        _ severity: String,
        _ message: String,
        _ hint: String?,
        _ column: Int,
        _ length: Int
    ) -> JSONValue {
        .object([
            "severity": .string(severity), "message": .string(message), "hint": .text(hint),
            "column": .count(column), "length": .count(length),
        ])
    }
}

struct CronDescribeCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Say in one sentence when an expression fires."
    )

    @OptionGroup var expression: CronArguments

    func run(in session: Session) throws -> ExitCode {
        guard let parsed = try expression.parsed(in: session) else { return .badInput }
        try session.print(parsed.describe() + "\n")
        return .success
    }
}

/// An expression and the job's name that `H` chooses by.
struct CronArguments: ParsableArguments {
    @Argument(help: "The schedule expression, in quotes.")
    var expression: String

    @Option(help: ArgumentHelp("The job's name, by which H and ~ choose.", valueName: "name"))
    var hashId = ""

    /// Nil where it is invalid, and then all is said on standard error.
    func parsed(in session: Session) throws -> CronExpression? {
        try CronReading.expression(expression, hashID: hashId, in: session)
    }
}

/// What the commands read alike.
enum CronReading {
    /// - Returns: nil where it is invalid or names no zone of the host; said on standard error.
    static func expression(
        _ text: String,
        hashID: String,
        in session: Session
    ) throws -> CronExpression? {
        do {
            return try checked(text, hashID: hashID)
        } catch {
            try session.complain(error.rendering + "\n")
            return nil
        }
    }

    static func checked(
        _ text: String,
        hashID: String
    ) throws(CronError) -> CronExpression {
        let parsed = try CronExpression(text, hashID: hashID)
        guard let name = parsed.zoneName else { return parsed }
        do {
            _ = try ZoneDirectory.host.zone(named: name)
        } catch {
            throw fault(of: name, in: text, error)
        }
        return parsed
    }

    /// A zone in the prefix, told as the rest of the expression's faults are.
    private static func fault(
        of name: String,
        in text: String,
        _ error: ZoneError
    ) -> CronError {
        let before = text.prefix { $0 != "=" }.unicodeScalars.count + 1
        return CronError(
            field: "zone",
            problem: "\(error)",
            column: before + 1,
            length: name.unicodeScalars.count,
            hint: nil,
            text: text
        )
    }

    /// The zone of the schedule: the expression's prefix, `--timezone`, the host's.
    ///
    /// - Throws: `Failure` (65) where there is no such zone.
    static func zone(_ name: String?, in session: Session) throws -> Zone {
        guard let name else { return session.hostZone }
        do {
            return try ZoneDirectory.host.zone(named: name)
        } catch {
            throw Failure(.badInput, "\(error)")
        }
    }
}
