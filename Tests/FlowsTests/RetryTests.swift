import Testing

@testable import Flows

@Suite struct RetryCausesTests {
    static let outcomes: [Outcome] = [
        .exited(1), .exited(75), .signalled(9), .signalled(15), .timedOut, .interrupted,
        .notStarted(reason: ""),
    ]

    @Test(arguments: [
        (RetryCauses.all, [0, 1, 2, 3, 4, 5, 6]), (.none, []),
        (RetryCauses(exits: .these([75])), [1]), (RetryCauses(exits: .any), [0, 1]),
        (RetryCauses(signals: .these([9])), [2]), (RetryCauses(signals: .any), [2, 3]),
        (RetryCauses(timeout: true), [4]), (RetryCauses(interrupted: true), [5]),
        (RetryCauses(notStarted: true), [6]),
    ])
    func `only what is listed is tried again`(causes: RetryCauses, expected: [Int]) {
        let found = Self.outcomes.indices.filter { causes.contains(Self.outcomes[$0]) }
        #expect(found == expected)
        #expect(!causes.contains(.exited(0)) && !causes.contains(.cancelled))
    }
}

@Suite struct RetryJitterTests {
    private let half = RetryPolicy(
        limit: 9,
        delay: .seconds(10),
        backoff: 2,
        maxDelay: .seconds(20),
        jitter: .fraction(0.5)
    )

    @Test(arguments: [(1, 0.0, 10_000), (1, 0.5, 12_500), (2, 0.5, 25_000), (9, 0.999, 29_990)])
    func `a part of the wait is added, also to the longest`(
        failures: Int,
        spread: Double,
        milliseconds: Int64
    ) {
        let wait = half.wait(afterFailures: failures, spread: spread)
        #expect(wait == .milliseconds(milliseconds))
    }

    @Test func `a span is added whatever the wait`() {
        var policy = half
        policy.jitter = .span(.seconds(8))
        #expect(policy.wait(afterFailures: 1, spread: 0.25) == .seconds(12))
        #expect(policy.wait(afterFailures: 5, spread: 0.25) == .seconds(22))
    }

    @Test func `a thousand tasks that fail together come back spread out, and always so`() {
        let spreads = (1...1000).map {
            RetryPolicy.spread(instance: "0123abcd", task: $0, attempt: 1)
        }
        let again = RetryPolicy.spread(instance: "0123abcd", task: 1, attempt: 1)
        #expect(again == spreads[0])
        #expect(spreads.allSatisfy { (0..<1).contains($0) })
        // Of ten equal parts none has less than half of its share.
        let parts = Dictionary(grouping: spreads) { Int($0 * 10) }
        #expect((0..<10).allSatisfy { parts[$0, default: []].count > 50 })
        let others = [("0123abcd", Int64(1), 2), ("0123abce", 1, 1)].map {
            RetryPolicy.spread(instance: $0.0, task: $0.1, attempt: $0.2)
        }
        #expect(Set(others + [again]).count == 3)
    }
}

@Suite struct SignalNamesTests {
    @Test(arguments: [
        ("KILL", 9), ("SIGKILL", 9), ("kill", 9), ("9", 9), ("64", 64), ("TERM", 15), ("HUP", 1),
    ])
    func `a signal is known by name and number`(text: String, number: Int) {
        #expect(SignalNames.number(of: text) == number)
    }

    @Test(arguments: ["", "0", "65", "KIL", "SIG", "-9"])
    func `anything else is none`(text: String) { #expect(SignalNames.number(of: text) == nil) }
}
