import Flows
import Storage
import Testing

@testable import FlowerKit

/// Every list on a narrow terminal, and in a file.
@Suite struct NarrowTests {
    static let name = "nightly-sales-report"
    static let task = "collect-the-figures"

    static func fixture() throws -> CommandFixture {
        let fixture = try CommandFixture()
        var flow = try Flow.hourly(name)
        flow.description = "Collect, clean and total the sales of yesterday, region by region"
        flow.tasks[0] = TaskSpec(name: task, action: .run("./collect.sh --everything --slowly"))
        flow.tasks[1].needs = [task]
        flow.parameters = [Variable("region", "the far east and the near west")]
        try fixture.apply(flow)
        try fixture.tick(afterSeconds: 3 * 3600)
        try fixture.drain { $0.name == task ? .exited(3) : .exited(0) }
        return fixture
    }

    /// Names stay, and what has become of it.
    @Test(
        arguments: [
            (["flows"], [name, "failed"]), (["schedules"], [name, "failed (run 1)"]),
            (["runs"], [name, "failed"]), (["fires"], [name, "registered"]),
            (["next"], [name, "01:00"]), (["status", "1"], [task, "failed", "exit code 3"]),
            (["show", name], [task, "./collect.sh"]), (["stats", name], [name, task, "0%"]),
            (["pools"], ["0 pools"]),
            (["cron", "next", "0 * * * *", "--format", "table"], ["Tue"]),
        ] as [([String], [String])]
    )
    func `a narrow terminal gets what matters, within its width`(
        command: [String],
        kept: [String]
    ) throws {
        let fixture = try Self.fixture()
        for columns in [80, 60] {
            fixture.terminal = Terminal(columns: columns, usesColour: false)
            let output = try fixture.flower(command).output
            for part in kept { #expect(output.contains(part), "\(columns): \(output)") }
            // What stands below a table is a sentence, which the terminal wraps.
            for line in output.split(separator: "\n\n").first?.split(separator: "\n") ?? [] {
                #expect(DisplayWidth.of(line) <= columns, "\(line)")
            }
        }
    }

    @Test func `on 60 columns schedules reads so`() throws {
        let fixture = try Self.fixture()
        fixture.terminal = Terminal(columns: 60, usesColour: false)
        #expect(
            try fixture.flower("schedules").output.hasPrefix(
                """
                FLOW                  NEXT             UNRUN  RESULT
                nightly-sales-report  Tue 11-24 01:00      2  failed (run 1)

                """
            )
        )
    }

    /// Whatever COLUMNS says: it is the terminal's.
    @Test(arguments: [["schedules"], ["runs"], ["status", "1"], ["show", name]])
    func `a file gets all of it`(command: [String]) throws {
        let fixture = try Self.fixture()
        fixture.terminal = Terminal(
            environment: ["COLUMNS": "40"],
            isTerminal: false,
            columns: nil
        )
        let output = try fixture.flower(command).output
        #expect(!output.contains("…"))
        #expect(output.contains("Tue 2026-11-24"))
    }
}
