import Components
import Flows
import FoundationEssentials
import Storage

/// A component that is to run in a process of its own, as its runner tells it to that process.
///
/// The process is this very program again, whatever components its user has added, with a hidden
/// command. It is an ordinary task's process to the runner: a group, a time-out, a launch record, a
/// rescue. What it is to do comes through its standard input: arguments are seen by everybody.
struct ComponentCall: Codable, Sendable {
    let component: String
    let with: JSONValue
    let flow: String
    let run: Int64
    let task: String
    let item: Int
    let attempt: Int
    let parameters: [String: String]
    let dueAt: String

    /// The first argument of the program in that process.
    static let command = "component-process"

    init(_ component: String, _ with: JSONValue, _ claim: Claim, _ world: RunWorld) {
        self.component = component
        self.with = with
        flow = claim.run.flow
        run = claim.run.runID
        task = claim.name
        item = claim.item
        attempt = claim.attempt
        parameters = world.parametersByName
        dueAt = world.dueAt
    }

    /// What a trap said, of the last lines of an output: a stack follows it, which `flower status` would
    /// show in its place.
    static func trap(in tail: [UInt8]) -> String? {
        let lines = tail.split(separator: 10)
            .map { String(decoding: $0.prefix(500), as: UTF8.self) }
        return lines.last { $0.contains("Fatal error") }
    }

    var encoded: [UInt8] {
        // It holds texts and whole numbers; a number of `with` came from a flow file and is finite.
        (try? JSONEncoder().encode(self)).map { Array($0) } ?? []
    }

    init(_ bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }
}
