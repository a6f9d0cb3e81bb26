import CLinux
import Execution
import Storage

/// `flower run` and `flower register FLOW` in the forms in which units and scripts start them by the
/// hundred, read without ArgumentParser, which takes 2 ms of the 6 that they would take.
///
/// Every other form, and every mistake, is ArgumentParser's.
enum Shortcut: Equatable {
    case run(workers: Int, StateChoice)
    case register(flow: String, StateChoice)

    /// `nil` for all but these, alone or with one of `--system`, `--user` and `--state FOLDER` behind; before
    /// it, a run may have `--workers NUMBER`.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        switch rest.popFirst() {
        case "run":
            var workers = Runner.Options().workers
            if rest.first == "--workers" {
                guard let number = rest.dropFirst().first.flatMap(Int.init),
                    (1...RunnerLimit.workers).contains(number)
                else { return nil }
                workers = number
                rest = rest.dropFirst(2)
            }
            guard let choice = Self.choice(rest) else { return nil }
            self = .run(workers: workers, choice)
        case "register":
            guard let flow = rest.popFirst(), Self.isPlain(flow), let choice = Self.choice(rest)
            else { return nil }
            self = .register(flow: flow, choice)
        default: return nil
        }
    }

    private static func choice(_ words: ArraySlice<String>) -> StateChoice? {
        let words = Array(words)
        switch words.count {
        case 0: return .unsaid
        case 1 where words[0] == "--system": return .system
        case 1 where words[0] == "--user": return .user
        case 2 where words[0] == "--state" && isPlain(words[1]): return .folder(words[1])
        default: return nil
        }
    }

    /// Whether ArgumentParser takes it as it stands: for a value, and for no option.
    private static func isPlain(_ word: String) -> Bool {
        guard let first = word.utf8.first else { return false }
        return first != UInt8(ascii: "-")
    }

    func run(in session: Session) throws -> ExitCode {
        switch self {
        case .run(let workers, let choice):
            var options = session.runnerOptions
            options.workers = workers
            return try RunCommand.drain(choice, options, in: session)
        case .register(let flow, let choice):
            clinux_prepare_heap()
            let store = try Store.open(choice.folder(session), create: false)
            _ = try RegisterCommand.register(flow, [], isForced: false, store, in: session)
            try Trouble.tellIfNoRunner(store, session)
            return .success
        }
    }
}
