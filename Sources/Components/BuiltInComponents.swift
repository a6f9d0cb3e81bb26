/// `echo`: prints `text`.
struct Echo: Component {
    static let name = "echo"
    static let outputs: [String]? = []
    let text: String

    func run(in context: ComponentContext) async throws { context.print(text) }
}

/// `sleep`: waits `duration`, such as `10s`.
struct Sleep: Component {
    static let name = "sleep"
    static let outputs: [String]? = []
    let duration: ComponentDuration

    func run(in context: ComponentContext) async throws {
        try await Task.sleep(for: duration.value)
    }
}

/// `noop`: does nothing; a place where needs meet, and what the benchmarks measure.
struct NoOperation: Component {
    static let name = "noop"
    static let outputs: [String]? = []

    func run(in context: ComponentContext) async throws {}
}
