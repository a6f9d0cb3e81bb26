import Execution
import Storage

/// `flower run` in the forms in which units and people start it, read without ArgumentParser, which
/// takes 2 ms of the 6 that a run with nothing to do would take.
///
/// Every other form, and every mistake, is ArgumentParser's.
struct RunShortcut: Equatable {
    let choice: StateChoice

    /// `nil` for all but `run`, alone or with one of `--system`, `--user` and `--state FOLDER`.
    init?(_ arguments: [String]) {
        guard arguments.first == "run" else { return nil }
        switch arguments.count {
        case 1: choice = .unsaid
        case 2 where arguments[1] == "--system": choice = .system
        case 2 where arguments[1] == "--user": choice = .user
        case 3 where arguments[1] == "--state":
            guard let first = arguments[2].utf8.first, first != UInt8(ascii: "-") else {
                return nil
            }
            choice = .folder(arguments[2])
        default: return nil
        }
    }

    func run(in session: Session) throws -> ExitCode {
        try RunCommand.drain(choice, session.runnerOptions, in: session)
    }
}
