import Flows

/// A task's work written in Swift, run in the runner's own process.
///
/// What a flow file gives under `with:` is decoded into the component's own properties; a key that
/// is missing, of the wrong type or unknown is refused. A component that throws fails its task, and
/// the error's description is what `flower status` shows of it.
///
/// ```swift
/// struct Greet: Component {
///     static let name = "greet"
///     let person: String
///
///     func run(in context: ComponentContext) async throws {
///         context.print("hello \(person)")
///     }
/// }
/// ```
///
/// ```yaml
/// tasks:
///   hello: {component: greet, with: {person: "${who}"}}
/// ```
///
/// It shares the process with others: a trap in it ends them all, and a call that blocks holds up
/// other components. A time-out or a cancel cancels its Swift task; it is to return soon after. With
/// `isolate: true` it has a process of its own, which is killed if it does not.
public protocol Component: Decodable, Sendable {
    /// What `component:` says in a flow file; unique in a program.
    static var name: String { get }

    /// The keys that it gives to other tasks (``ComponentContext/output(_:_:)``): a flow file that names another
    /// is refused. `nil`, as it is unless said, = not known before it runs.
    static var outputs: [String]? { get }

    func run(in context: ComponentContext) async throws
}

extension Component {
    public static var outputs: [String]? { nil }
}

/// What a component is told of the task that it executes, and where it prints to.
public struct ComponentContext: Sendable {
    public let flow: String
    public let run: Int64
    public let task: String
    /// 0 unless the task came of a `for_each:`.
    public let item: Int
    /// From 1; a later one is a retry or a rerun.
    public let attempt: Int
    /// The run's, by name.
    public let parameters: [String: String]
    /// Due, or for a run that no schedule made registered: `2026-03-29T02:00:00+01:00`.
    public let dueAt: String
    private let giver: @Sendable (Variable) -> Void
    private let printer: @Sendable (String) -> Void

    package init(
        flow: String,
        run: Int64,
        task: String,
        item: Int,
        attempt: Int,
        parameters: [String: String],
        dueAt: String,
        giver: @escaping @Sendable (Variable) -> Void = { _ in },
        printer: @escaping @Sendable (String) -> Void
    ) {
        self.flow = flow
        self.run = run
        self.task = task
        self.item = item
        self.attempt = attempt
        self.parameters = parameters
        self.dueAt = dueAt
        self.giver = giver
        self.printer = printer
    }

    /// Gives other tasks a text, which they name as `${tasks.THIS.outputs.KEY}`; it counts once the task has
    /// ended, and where it fails too.
    ///
    /// - Throws: where `key` is no name of letters, digits, `_` and `-`.
    public func output(_ key: String, _ value: String) throws {
        guard OutputText.isKey(key) else { throw ComponentOutputFault(key: key) }
        giver(Variable(key, value))
    }

    /// Adds a line, or several, to the task's output; never blocks.
    public func print(_ text: String) { printer(text) }

    /// Whether it is to return: its time is over, or a person cancelled it.
    public var isCancelled: Bool { Task.isCancelled }
}

/// A name that no output can have.
public struct ComponentOutputFault: Error, CustomStringConvertible {
    let key: String

    public var description: String {
        "'\(key)' names no output: letters, digits, '_' and '-', not beginning with a digit or '-'"
    }
}

/// A span of time in `with:`, written as everywhere in a flow file: `250ms`, `10s`, `1h30m`.
public struct ComponentDuration: Decodable, Sendable {
    public let value: Duration

    public init(_ value: Duration) { self.value = value }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = DurationText.parse(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is no duration: \(DurationText.hint)"
            )
        }
        self.value = value
    }

    var text: String { DurationText.format(value) }
}
