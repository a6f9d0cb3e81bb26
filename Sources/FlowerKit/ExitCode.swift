import Storage

/// The exit codes of `flower`, all of them: sysexits(3), because systemd prints their names
/// (`status=65/DATAERR`) and ArgumentParser uses them.
enum ExitCode: Int32, CaseIterable, Error {
    /// Fine.
    case success = 0
    /// A task or hook whose last attempt ended in this invocation failed; `flower doctor`: something is missing.
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

    /// A sentence for the manual.
    var meaning: String {
        switch self {
        case .success: "Fine."
        case .taskFailed:
            "A task or a hook whose last attempt ended in this invocation failed, or flower doctor found "
                + "something missing."
        case .misuse: "EX_USAGE: the command line is wrong."
        case .badInput: "EX_DATAERR: bad input, such as a flow file or a schedule expression."
        case .notFound: "EX_NOINPUT: no such flow, run, task, file or state folder."
        case .cannotCreate: "EX_CANTCREAT: the state folder, or a file, cannot be made or written."
        case .unusable: "EX_IOERR: the database cannot be used, or the output not be written."
        case .refused:
            "EX_TEMPFAIL: refused for now, because something is busy, held, paused or active."
        case .notAllowed: "EX_NOPERM: not allowed."
        }
    }

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
