import Execution
import Glibc
import Storage

/// Why a command could not do what was asked; printed as `flower: message` and `hint: …`.
struct Failure: Error {
    let code: ExitCode
    /// What failed, on what and why: lower case, no full stop.
    let message: String
    /// What to do next.
    let hint: String?

    init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as StorageError:
            self.init(ExitCode(error.code), error.message, hint: error.hint)
        case let failure as SystemFailure:
            let isDenied = failure.code == EACCES || failure.code == EPERM
            self.init(isDenied ? .notAllowed : .unusable, failure.description)
        default: self.init(.unusable, "\(error)")
        }
    }

    /// The lines for standard error, newline included.
    ///
    /// A file's or argument's text that is quoted in it must not steer the terminal.
    var text: String {
        let lines = ["flower: \(message)"] + (hint.map { ["hint: \($0)"] } ?? [])
        return lines.map { Printable.text($0) + "\n" }.joined()
    }
}
