import ArgumentParser

/// A command of `flower`: parsed by ArgumentParser, run with the session instead of by it.
protocol FlowerCommand: ParsableCommand {
    /// - Throws: `Failure`, `StorageError`, or `Output.ReaderGone`.
    func run(in session: Session) throws -> ExitCode
}
