import Testing

@testable import Flows

@Suite struct DurationTextTests {
    static let good: [(text: String, milliseconds: Int64)] = [
        ("10s", 10_000), ("1h30m", 5_400_000), ("250ms", 250), ("0s", 0), ("1d", 86_400_000),
        ("366d", Limit.durationMilliseconds),
    ]

    @Test(arguments: good)
    func `a duration is read with its unit`(text: String, milliseconds: Int64) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(duration == .milliseconds(milliseconds))
        #expect(DurationText.parse(DurationText.format(duration)) == duration)
    }

    @Test(arguments: [
        "", "10", "s", "10 s", "-1s", "1.5h", "10S", "367d", "9223372036854775807d", "１s",
    ])
    func `anything else is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}

extension DurationTextTests {
    @Test(arguments: [
        ("10s", true), ("99999999999999999999d", true), ("1h1x", false), ("10", false), ("", false),
        ("s", false),
    ])
    func `a duration that is only too long still has its units`(text: String, hasUnits: Bool) {
        #expect(DurationText.hasUnits(text) == hasUnits)
    }
}

@Suite struct TemplateTests {
    @Test func `places are filled and a doubled dollar is a literal`() throws {
        let template = try Template("a ${x} $$ $${x} ${y}é$")
        #expect(template.names == ["x", "y"])
        #expect(template.placeOffsets == [2, 16])
        #expect(template.filled { "<\($0)>" } == "a <x> $$ ${x} <y>é$")
    }

    @Test(arguments: ["", "${x}", "$${x}", "$$${x}", "$", "é${", "${\u{301}", "$ {"])
    func `any text can be written so that it yields itself`(text: String) throws {
        #expect(try Template(Template.literal(text)).filled { _ in nil } == text)
    }

    @Test func `an open place is a fault with its offset`() {
        let fault = #expect(throws: Template.Fault.self) { try Template("é ${x") }
        #expect(fault?.offset == 3)
        #expect(throws: Template.Fault.self) { try Template("${}") }
    }
}

@Suite struct NamesTests {
    @Test(arguments: ["a", "nightly-sales", "0a.b_c", String(repeating: "a", count: 64)])
    func `a flow's name in lower case is good`(name: String) {
        #expect(Names.faultOfFlow(name) == nil)
    }

    @Test(arguments: ["", "A", "-a", ".a", "a b", "a/b", "é", String(repeating: "a", count: 65)])
    func `another is not`(name: String) {
        #expect(Names.faultOfFlow(name) != nil)
    }

    @Test(arguments: ["PATH", "LD_PRELOAD", "IFS", "BASH_ENV", "FLOWER_RUN", "1a", "a-b", ""])
    func `a parameter never changes how a process starts`(name: String) {
        #expect(Names.faultOfParameter(name) != nil)
    }

    @Test func `an environment may set the path on purpose`() {
        #expect(Names.faultOfVariable("PATH") == nil)
        #expect(Names.faultOfVariable("FLOWER_RUN") != nil)
    }
}

@Suite struct NearestTests {
    @Test func `a slip is mended and a stranger is not`() {
        #expect(nearest(to: "neds", among: ["run", "needs"]) == "needs")
        #expect(nearest(to: "Needs", among: ["run", "needs"]) == "needs")
        #expect(nearest(to: "snede", among: ["run", "exec"]) == nil)
        #expect(nearest(to: "b", among: ["a"]) == nil)
        #expect(nearest(to: "aa", among: ["a"]) == "a")
    }
}

@Suite struct RetryPolicyTests {
    @Test func `waits grow by the factor up to the cap`() {
        let policy = RetryPolicy(
            limit: 9,
            delay: .seconds(10),
            backoff: 2,
            maxDelay: .seconds(60)
        )
        let waits = (1...5).map { policy.wait(afterFailures: $0) }
        #expect(waits == [.seconds(10), .seconds(20), .seconds(40), .seconds(60), .seconds(60)])
        #expect(policy.wait(afterFailures: 1_000_000) == .seconds(60))
    }
}

@Suite struct TaskStateTests {
    /// Every state × every event: what is not in this table is refused.
    static let legal: [(TaskState, TaskEvent, TaskState)] = [
        (.waiting, .claim, .running), (.waiting, .hold, .held), (.waiting, .skip, .skipped),
        (.waiting, .cancel, .cancelled), (.running, .unclaim, .waiting),
        (.running, .retry, .waiting), (.running, .succeed, .succeeded), (.running, .fail, .failed),
        (.running, .cancel, .cancelled), (.held, .release, .waiting), (.held, .skip, .skipped),
        (.held, .cancel, .cancelled), (.failed, .reset, .waiting), (.failed, .skip, .skipped),
        (.succeeded, .reset, .waiting), (.cancelled, .reset, .waiting),
        (.cancelled, .skip, .skipped), (.skipped, .reset, .waiting),
    ]

    @Test(arguments: TaskState.allCases, TaskEvent.allCases)
    func `an event does what the table says`(state: TaskState, event: TaskEvent) {
        let expected = Self.legal.first { $0.0 == state && $0.1 == event }?.2
        #expect(state.after(event) == expected)
    }
}
