/// The keys that one kind of mapping may have.
struct Keys: Sendable {
    /// For messages: `a flow`, `a task`.
    let owner: String
    let known: [String]
    /// Keys of Flower's flow format that this version cannot carry out: refused, never ignored,
    /// because a flow without its `limits:` or `hold:` is another flow.
    let later: Set<String>

    static let flow = Keys(
        owner: "a flow",
        known: [
            "flow", "description", "schedules", "overlap", "queue_limit", "concurrency", "priority",
            "parameters",
            "environment", "working_directory", "shell", "tasks", "outputs", "expect",
            "kill_grace", "run_timeout", "environment_file", "secrets", "ran_as",
            "on_failure", "on_success", "always", "notify",
        ],
        later: [
            "limits", "user",
        ]
    )

    static let schedule = Keys(
        owner: "a schedule",
        known: [
            "cron", "timezone", "name", "parameters", "catchup", "catchup_window", "deadline",
            "jitter", "except",
        ],
        later: []
    )

    static let exception = Keys(owner: "an exception", known: ["file"], later: [])

    static let task = Keys(
        owner: "a task",
        known: [
            "needs", "run", "exec", "component", "with", "priority", "environment", "timeout",
            "retries",
            "kill_grace", "pool", "pools", "hold", "environment_file", "isolate",
            "when", "for_each", "flow", "parameters",
        ],
        later: [
            "limits", "expect", "user",
        ]
    )

    static let hook = Keys(
        owner: "a hook",
        known: ["run", "exec", "component", "with", "environment", "timeout", "retries"],
        later: []
    )

    static let notify = Keys(owner: "'notify'", known: ["mail"], later: [])

    static let expect = Keys(owner: "'expect'", known: ["every", "register"], later: [])

    static let retries = Keys(
        owner: "'retries'",
        known: ["limit", "delay", "backoff", "max_delay", "jitter", "retry_on"],
        later: []
    )

    static let retryOn = Keys(
        owner: "'retry_on'",
        known: ["exit", "signal", "timeout", "interrupted", "not_started"],
        later: []
    )

    /// What there is in the place of a later key.
    static let insteads = [
        "user": "tasks run as whose the state folder is; 'ran_as: NAME' of a flow keeps the name"
    ]

    /// What other schedulers call our keys, and where spelling is no help.
    private static let synonyms = [
        "depends_on": "needs", "after": "needs", "command": "run", "cmd": "run", "script": "run",
        "args": "exec", "env": "environment", "vars": "parameters", "params": "parameters",
        "cwd": "working_directory", "workdir": "working_directory", "tz": "timezone",
        "secret": "secrets", "env_file": "environment_file", "on": "retry_on",
        "output": "outputs", "results": "outputs", "returns": "outputs",
        "retry": "retries", "jobs": "tasks", "steps": "tasks", "name": "flow", "cron": "schedules",
    ]

    func hint(for key: String, _ nearest: inout Nearest) -> String? {
        if let synonym = Self.synonyms[key], known.contains(synonym) {
            return "did you mean '\(synonym)'?"
        }
        for other in [Keys.flow, .schedule, .task, .retries, .expect, .retryOn]
        where other.owner != owner {
            if other.known.contains(key) || other.later.contains(key) {
                return "'\(key)' is a key of \(other.owner)"
            }
        }
        let dashed = String(key.map { $0 == "-" ? "_" : $0 })
        return nearest.hint(dashed, in: known)
    }
}

/// The members of a mapping by their keys; of a repeated key the first.
struct Fields {
    private var members: [String: Node.Member] = [:]
    /// Where the mapping begins.
    let place: Place

    init(_ members: [Node.Member], place: Place) {
        self.place = place
        for member in members {
            guard let key = member.key.text, self.members[key] == nil else { continue }
            self.members[key] = member
        }
    }

    subscript(_ key: String) -> Node? { members[key]?.value }

    /// Where the key is written, or else the mapping's own place.
    func place(of key: String) -> Place { members[key]?.key.place ?? place }
}
