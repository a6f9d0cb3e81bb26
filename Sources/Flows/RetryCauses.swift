/// The ends of an attempt after which there is a further one: `retry_on`.
///
/// A flow file that says nothing means all of them; one that lists some means only those, so that
/// `retry_on: {exit: [75]}` does not try a task again whose runner was killed.
package struct RetryCauses: Sendable, Equatable {
    /// Numbers of one kind.
    package enum Numbers: Sendable, Equatable {
        case any
        /// Ascending, each once; empty = none.
        case these([Int])

        package static let none = Numbers.these([])

        func contains(_ number: Int) -> Bool {
            switch self {
            case .any: true
            case .these(let numbers): numbers.contains(number)
            }
        }
    }

    /// Exit codes of 1...255.
    package var exits: Numbers
    /// Numbers of signal(7), where the task was ended by one.
    package var signals: Numbers
    /// The task's own `timeout`.
    package var timeout: Bool
    /// The runner or the machine died.
    package var interrupted: Bool
    /// The program is missing, or the system refused.
    package var notStarted: Bool

    package init(
        exits: Numbers = .none,
        signals: Numbers = .none,
        timeout: Bool = false,
        interrupted: Bool = false,
        notStarted: Bool = false
    ) {
        self.exits = exits
        self.signals = signals
        self.timeout = timeout
        self.interrupted = interrupted
        self.notStarted = notStarted
    }

    package static let all = RetryCauses(
        exits: .any,
        signals: .any,
        timeout: true,
        interrupted: true,
        notStarted: true
    )

    package static let none = RetryCauses()

    /// Whether an attempt that ended so is tried again. Success and a cancel never are.
    package func contains(_ outcome: Outcome) -> Bool {
        switch outcome {
        case .exited(let code): code != 0 && exits.contains(code)
        case .signalled(let number): signals.contains(number)
        case .timedOut: timeout
        case .notStarted: notStarted
        case .interrupted: interrupted
        case .cancelled: false
        // It exited, with a number that nobody can name as a cause: 0.
        case .refused: exits == .any
        }
    }
}

/// As the database has it: `{"exit":[75],"signal":"any","timeout":true}`; what is left out is false.
extension RetryCauses: Codable {
    private enum CodingKeys: String, CodingKey {
        case exits = "exit"
        case signals = "signal"
        case timeout, interrupted
        case notStarted = "not_started"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        exits = try container.decodeIfPresent(Numbers.self, forKey: .exits) ?? .none
        signals = try container.decodeIfPresent(Numbers.self, forKey: .signals) ?? .none
        timeout = try container.decodeIfPresent(Bool.self, forKey: .timeout) ?? false
        interrupted = try container.decodeIfPresent(Bool.self, forKey: .interrupted) ?? false
        notStarted = try container.decodeIfPresent(Bool.self, forKey: .notStarted) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if exits != .none { try container.encode(exits, forKey: .exits) }
        if signals != .none { try container.encode(signals, forKey: .signals) }
        if timeout { try container.encode(timeout, forKey: .timeout) }
        if interrupted { try container.encode(interrupted, forKey: .interrupted) }
        if notStarted { try container.encode(notStarted, forKey: .notStarted) }
    }
}

extension RetryCauses.Numbers: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // A text stands for every number; what else it might say has no other meaning.
        if (try? container.decode(String.self)) != nil {
            self = .any
        } else {
            self = .these(try container.decode([Int].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .any: try container.encode("any")
        case .these(let numbers): try container.encode(numbers)
        }
    }
}
