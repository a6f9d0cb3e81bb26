import ArgumentParser
import Flows
import HostTime
import Storage

/// What a shell offers at a Tab, where the database knows it: ArgumentParser's scripts ask `flower` itself.
///
/// Nothing is offered, and nothing said, where there is no database or it cannot be read: whoever types
/// hears of that soon enough.
enum CompletionChoices: Sendable {
    case flows
    /// Numbers of the newest runs.
    case runs
    /// The same, and the flows.
    case runsAndFlows
    /// Of the run whose number, or whose flow, is typed already.
    case tasksOfRun
    /// Of the flow whose name is typed already.
    case tasksOfFlow
    case pools

    private static let runsShown = 50

    /// - Parameter words: that have been typed, the program's name first, without the one to complete.
    func names(_ words: [String]) -> [String] {
        let folder = Self.state(in: words).folder(Session.processEnvironment())
        guard let store = try? Store.open(folder, create: false) else { return [] }
        return (try? names(words, in: store)) ?? []
    }

    private func names(_ words: [String], in store: Store) throws -> [String] {
        let now = HostClock().now
        switch self {
        case .flows: return try store.flows(at: now).map(\.name)
        case .runs: return try store.runs(limit: Self.runsShown).map { String($0.id) }
        case .runsAndFlows:
            return try CompletionChoices.runs.names(words, in: store)
                + CompletionChoices.flows.names(words, in: store)
        case .tasksOfRun:
            if let run = words.lazy.compactMap({ Int64($0) }).first {
                return try store.taskNames(ofRun: run)
            }
            let flows = Set(try store.flows(at: now).map(\.name))
            guard let flow = words.first(where: flows.contains),
                let run = try store.newestRun(ofFlow: flow)
            else { return [] }
            return try store.taskNames(ofRun: run)
        case .tasksOfFlow:
            let flows = Set(try store.flows(at: now).map(\.name))
            guard let flow = words.first(where: flows.contains) else { return [] }
            return try store.flow(named: flow, at: now).flow.tasks.map(\.name)
        case .pools: return try store.pools().map(\.name)
        }
    }

    /// The state folder that is meant, of a command line that is not finished.
    static func state(in words: [String]) -> StateChoice {
        if words.contains("--system") { return .system }
        if words.contains("--user") { return .user }
        if let word = words.last(where: { $0.hasPrefix("--state=") }) {
            return .folder(String(word.dropFirst("--state=".count)))
        }
        guard let option = words.lastIndex(of: "--state"), option + 1 < words.count else {
            return .unsaid
        }
        return .folder(words[option + 1])
    }
}

extension CompletionKind {
    static let flows = stored(.flows)
    static let runs = stored(.runs)
    static let runsAndFlows = stored(.runsAndFlows)
    static let tasksOfRun = stored(.tasksOfRun)
    static let tasksOfFlow = stored(.tasksOfFlow)
    static let pools = stored(.pools)
    static let zones = CompletionKind.custom { _, _, _ in ZoneDirectory.host.names() }

    private static func stored(_ choices: CompletionChoices) -> CompletionKind {
        .custom { words, index, _ in choices.names(Array(words.prefix(max(0, index)))) }
    }
}
