import Storage

/// The exit codes of `flower`, all of them: sysexits(3), because systemd prints their names
/// (`status=65/DATAERR`) and ArgumentParser uses them.
enum ExitCode: Int32, CaseIterable, Error {
    /// Fine.
    case success = 0
    /// A task whose last attempt ended in this invocation failed.
    case taskFailed = 1
    /// EX_USAGE: misuse of the command line.
    case misuse = 64
    /// EX_DATAERR: bad input, such as flow files and cron expressions.
    case badInput = 65
    /// EX_NOINPUT: no such flow, run, file or state folder.
    case notFound = 66
    /// EX_CANTCREAT: the state folder cannot be made or written.
    case cannotCreate = 73
    /// EX_IOERR: the database cannot be used, or the output not written.
    case unusable = 74
    /// EX_TEMPFAIL: refused for now, because something is busy, held, paused or active.
    case refused = 75
    /// EX_NOPERM: not allowed.
    case notAllowed = 77

    init(_ code: StorageError.Code) {
        self =
            switch code {
            case .notFound: .notFound
            case .cannotCreate: .cannotCreate
            case .unusable: .unusable
            case .refused: .refused
            case .notAllowed: .notAllowed
            case .badInput: .badInput
            }
    }
}
