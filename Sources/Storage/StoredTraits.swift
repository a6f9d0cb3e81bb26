import Flows

/// `TaskTraits` as the column `traits` holds them, with what a run adds: JSON, NULL for a plain task.
struct StoredTraits: Codable {
    /// A condition as written.
    var when: String?
    /// Follows from `when`: `Condition.Patience`; absent for `success`.
    var patience: String?
    /// Texts, or one that gives them.
    var for_each: Items?
    /// Its definition names what other tasks have come to.
    var reads_outputs: Bool?
    /// The flow that it starts: so that the row of such a task is never taken for a plain one's.
    var flow: String?
    /// Of a list that has its items: how many there are.
    var items: Int?
    /// Of one item of a run: a template that yields its text.
    var item: String?
    /// Of one item of a run: the secrets that stand in it.
    var secrets: [String]?
    /// Of one item of a run: its task has `patience`.
    var lenient: Bool?
    /// Of a hook that is due: how the run has settled. Of a task that waited for a run: how that has.
    var state: RunState?
    /// Why it cannot be executed: found out where it was judged, told by its attempt.
    var fault: String?

    enum Items: Codable {
        case texts([String])
        case template(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // A failed guess at the kind is how a single-value container is asked for it.
            if let texts = try? container.decode([String].self) {
                self = .texts(texts)
            } else {
                self = .template(try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .texts(let texts): try container.encode(texts)
            case .template(let text): try container.encode(text)
            }
        }
    }

    /// In SQL, of a row of `flow_task` named `t`: 0 if it is to be judged once it is ready, else NULL.
    static let judged = """
        CASE WHEN t.traits IS NOT NULL AND (t.traits ->> 'when' IS NOT NULL
          OR t.traits -> 'for_each' IS NOT NULL OR t.traits ->> 'flow' IS NOT NULL) THEN 0 END
        """

    /// `nil` for a plain task.
    static func text(of task: TaskSpec) throws -> String? {
        var stored = StoredTraits()
        stored.when = task.traits.when?.text
        if let patience = task.traits.when?.patience, patience != .success {
            stored.patience = patience.rawValue
        }
        switch task.traits.forEach {
        case .texts(let texts): stored.for_each = .texts(texts)
        case .template(let text): stored.for_each = .template(text)
        case nil: break
        }
        if task.readsOutputs { stored.reads_outputs = true }
        if case .flow(let name, _) = task.action { stored.flow = name }
        let text = try Store.encode(stored)
        return text == "{}" ? nil : text
    }

    static func traits(_ text: String?) throws -> TaskTraits {
        guard let text else { return TaskTraits() }
        let stored = try Store.decode(StoredTraits.self, text)
        return TaskTraits(when: try stored.condition, forEach: stored.list)
    }

    /// Whether what another task has not given is an empty text to it: it is executed after failures too.
    var isLenient: Bool { patience != nil || lenient == true }

    var list: ItemList? {
        switch for_each {
        case .texts(let texts): .texts(texts)
        case .template(let text): .template(text)
        case nil: nil
        }
    }

    var condition: Condition? {
        get throws {
            guard let when else { return nil }
            do {
                return try Condition(when)
            } catch {
                throw StorageError(
                    .badInput,
                    "the database holds the condition '\(when)', which \(error.message)",
                    hint: "mend it with SQL, or apply its flow file again"
                )
            }
        }
    }
}

extension TaskSpec {
    /// Whether a text that is filled at its launch names what another task has come to.
    var readsOutputs: Bool { texts.contains { TaskPlace.mayStand(in: $0) } }
}

extension TaskAction {
    /// The column `kind`, whose CHECK came before `flow:`.
    var storedKind: String {
        if case .flow = self { return "component" }
        return kind
    }
}

/// `flow:` in the columns of a component, with a name that no component has.
struct StoredFlow: Codable {
    static let command = "@flow"

    var flow: String
    var parameters: [String: String]
}
