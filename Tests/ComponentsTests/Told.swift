import Flows
import Synchronization

@testable import Components

/// What a component has printed and given.
final class Told: Sendable {
    private let state = Mutex<(lines: [String], outputs: [Variable])>(([], []))

    var lines: [String] { state.withLock { $0.lines } }
    /// `key=value`, in their order.
    var outputs: [String] { state.withLock { $0.outputs.map { "\($0.name)=\($0.value)" } } }

    var context: ComponentContext {
        ComponentContext(
            flow: "flow",
            run: 1,
            task: "task",
            item: 0,
            attempt: 1,
            parameters: [:],
            dueAt: "2026-11-23T02:50:00+00:00",
            giver: { output in self.state.withLock { $0.outputs.append(output) } },
            printer: { line in self.state.withLock { $0.lines.append(line) } }
        )
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = .string(text) }
}
