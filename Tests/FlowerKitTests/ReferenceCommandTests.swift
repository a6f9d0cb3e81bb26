import Flows
import Foundation
import Testing

@testable import FlowerKit

/// What files name of each other, of pools and of flows applied before: `validate` and `apply` say the same.
@Suite struct ReferenceCommandTests {
    let fixture: CommandFixture

    init() throws { fixture = try CommandFixture() }

    private func write(_ name: String, _ text: String) throws -> String {
        let path = "\(fixture.folder.path)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func up() throws -> String {
        try write(
            "up.yaml",
            """
            flow: up
            tasks:
              part: {flow: down, parameters: {region: x}, pools: {gpu: 3}}
              read: {needs: [part], exec: [echo, "${tasks.part.outputs.total}"]}

            """
        )
    }

    private func down(_ outputs: String) throws -> String {
        try write(
            "down.yaml",
            "flow: down\nparameters: {region: all}\ntasks: {sum: {run: x}}\noutputs: \(outputs)\n"
        )
    }

    /// Each line that has a place, the folder left out.
    private func places(_ errors: String) -> [String] {
        errors.replacing(fixture.folder.path + "/", with: "").split(separator: "\n").map(
            String.init
        )
        .filter { $0.contains(".yaml:") }
    }

    @Test func `both tell every fault with its place, and nothing is applied`() throws {
        _ = try fixture.apply(.nothing(["x": []], named: "other"))
        _ = try fixture.flower("pool", "set", "gpu", "2")
        let paths = [try up(), try down("{totals: x}")]
        let expected = [
            "up.yaml:3:46: task 'part' of flow 'up' takes 3 slots of pool 'gpu', which has 2",
            "up.yaml:4:39: task 'part' of flow 'up' starts flow 'down', which has no output 'total'",
        ]
        let validated = try fixture.flower(["validate"] + paths)
        #expect(validated.code == .badInput)
        #expect(
            places(validated.errors).map { $0.replacing(/:3:\d+:/, with: ":3:46:") } == expected
        )
        #expect(validated.errors.contains("hint: did you mean 'totals'?"))
        let applied = try fixture.flower(["apply"] + paths)
        #expect(applied.code == .badInput && places(applied.errors) == places(validated.errors))
        #expect(applied.errors.hasSuffix("2 faults in 1 file; nothing was applied\n"))
        #expect(!(try fixture.flower("flows").output.contains("down")))
    }

    @Test func `what is in the database counts, and files go before it`() throws {
        _ = try fixture.flower("pool", "set", "gpu", "4")
        let paths = [try up(), try down("{total: x}")]
        #expect(
            try fixture.flower("validate", paths[0]).errors.contains("up.yaml:3:16: task 'part'")
        )
        #expect(try fixture.flower(["apply"] + paths).code == .success)
        #expect(try fixture.flower("validate", paths[0]).code == .success)
        _ = try down("{}")
        let both = try fixture.flower(["validate"] + paths)
        #expect(both.code == .badInput && places(both.errors).count == 1)
        #expect(both.errors.contains("which has no 'outputs': there is never an output 'total'"))
        // The caller is not among the files: what it named is gone all the same, and said by its own check.
        #expect(try fixture.flower("validate", paths[0]).code == .success)
    }

    @Test func `where there is no database yet, what is not in the files is only warned of`() throws
    {
        let alone = try fixture.flower("validate", try up())
        #expect(alone.code == .success && alone.output.contains(", no faults, "))
        #expect(
            alone.errors.contains("up.yaml:3:16: warning: task 'part' of flow 'up' starts flow")
        )
        #expect(
            alone.errors.contains(
                "warning: task 'part' of flow 'up' takes of pool 'gpu', which is not"
            )
        )
        #expect(try fixture.flower("validate", try up(), try down("{x: y}")).code == .badInput)
        #expect(!fixture.state.exists)
    }

    @Test func `a flow's outputs are shown, and those of a run`() throws {
        let path = try write(
            "a.yaml",
            """
            flow: a
            parameters: {region: all}
            tasks: {sum: {run: x}, idle: {run: x}}
            outputs: {total: "${tasks.sum.outputs.rows} of ${region}", none: "${tasks.idle.outputs.x}"}

            """
        )
        #expect(try fixture.flower("apply", path).code == .success)
        let shown = try fixture.flower("show", "a").output
        #expect(shown.contains("total   ${tasks.sum.outputs.rows} of ${region}\n"))
        #expect(try fixture.flower("show", "a", "-o", "json").output.contains("\"outputs\" : {\n"))
        _ = try fixture.flower("register", "a", "-p", "region=east")
        #expect(
            try fixture.flower("status", "1", "-o", "json").output.contains(
                "\"outputs\" : {\n\n  }"
            )
        )
        try fixture.drain { _ in
            .exited(0)
        } using: { end in
            if end.start.claim.name == "sum" { end.outputs = [Variable("rows", "3")] }
        }
        let status = try fixture.flower("status", "1").output
        #expect(status.contains("total     3 of east\n"), "\(status)")
        #expect(
            status.contains("none      - (task 'idle' gave no output 'x': it wrote none"),
            "\(status)"
        )
        let json = try fixture.flower("status", "1", "-o", "json").output
        #expect(json.contains("\"none\" : null,\n    \"total\" : \"3 of east\""), "\(json)")
    }
}
