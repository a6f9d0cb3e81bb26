import ArgumentParser
import Storage

/// Which run a command shows: that of a number, a flow's newest, or the newest of all.
///
/// For commands that look alone. What changes a run asks for its number: the newest may be another by then.
enum RunChoice: Equatable {
    case number(Int64)
    case newest(ofFlow: String)
    case newestOfAll

    static let help: ArgumentHelp =
        "The run's number, or a flow's name for its newest; without it the newest of all."

    /// A flow whose name is a number is known by another of its runs' numbers alone.
    init(_ word: String?) {
        if let word {
            self = Int64(word).map { .number($0) } ?? .newest(ofFlow: word)
        } else {
            self = .newestOfAll
        }
    }

    /// - Throws: where there is no such flow, or no run of it: 66. Whether a number is a run's is not asked.
    func number(in store: Store) throws -> Int64 {
        switch self {
        case .number(let number): return number
        case .newest(let flow):
            if let run = try store.newestRun(ofFlow: flow) { return run }
            throw Failure(
                .notFound,
                "flow '\(flow)' has no run",
                hint: "flower register \(flow) makes one"
            )
        case .newestOfAll:
            if let run = try store.newestRun() { return run }
            throw Failure(
                .notFound,
                "there is no run",
                hint: "flower register FLOW makes one; flower flows lists them"
            )
        }
    }
}
