import ArgumentParser
import Cron
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
        abstract: "Print the one spelling of an expression, or what is wrong with it (exit 65)."
    )

    @OptionGroup var expression: CronArguments

    func run(in session: Session) throws -> ExitCode {
        guard let parsed = try expression.parsed(in: session) else { return .badInput }
        try session.print(parsed.canonicalText + "\n")
        if !parsed.canFire, !parsed.isReboot { session.note("it never fires: no such day") }
        return .success
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

    private static func checked(
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
