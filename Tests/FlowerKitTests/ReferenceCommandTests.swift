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

    @Test(arguments: [
        (
            "flow: down\nparameters: {region: all}\ntasks: {sum: {run: x}}\n", "down.yaml:1:7",
            "which has no 'outputs': there is never an output 'total'"
        ),
        (
            "flow: down\nparameters: {region: all}\ntasks: {sum: {run: x}}\noutputs: {totals: x}\n",
            "down.yaml:4:1", "which has no output 'total'"
        ),
    ])
    func `what a flow that stays names of it is refused to go`(
        text: String,
        place: String,
        fault: String
    ) throws {
        _ = try fixture.flower("pool", "set", "gpu", "4")
        let both = [try up(), try down("{total: x}")]
        #expect(try fixture.flower(["apply"] + both).code == .success)
        _ = try write("down.yaml", text)
        let sentence = """
            \(place): task 'part' of flow 'up' starts flow 'down', \(fault); flow 'up' is in force as \
            up.yaml has it
            """
        for command in ["validate", "apply"] {
            let result = try fixture.flower(command, both[1])
            #expect(result.code == .badInput)
            #expect(places(result.errors) == [sentence])
            let hint = "hint: keep it, or first take it out of \(fixture.folder.path)/up.yaml\n"
            #expect(result.errors.contains(hint))
        }
        // Together with the caller, changed, it may go.
        _ = try write("up.yaml", "flow: up\ntasks: {part: {flow: down, parameters: {region: x}}}\n")
        #expect(try fixture.flower(["apply"] + both).code == .success)
    }

    @Test func `so is a parameter, and a flow that would be removed`() throws {
        _ = try fixture.flower("pool", "set", "gpu", "4")
        let caller = try up()
        let folder = "\(fixture.folder.path)/lib"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let (path, other) = ("\(folder)/down.yaml", "\(folder)/other.yaml")
        let text = "tasks: {sum: {run: x}}\noutputs: {total: x}\n"
        func put(_ head: String, _ path: String) throws {
            try (head + text).write(toFile: path, atomically: true, encoding: .utf8)
        }
        try put("flow: down\nparameters: {region: all}\n", path)
        #expect(try fixture.flower("apply", caller, folder).code == .success)
        try put("flow: down\nparameters: {reg: all}\n", path)
        let lost = try fixture.flower("apply", path)
        #expect(
            places(lost.errors)[0] == """
                lib/down.yaml:2:1: task 'part' of flow 'up' starts flow 'down': the flow has no \
                parameter 'region'; flow 'up' is in force as up.yaml has it
                """
        )
        try put("flow: other\n", other)
        try FileManager.default.removeItem(atPath: path)
        let pruned = try fixture.flower("apply", "--prune", folder)
        #expect(pruned.code == .badInput)
        #expect(
            pruned.errors.replacing(fixture.folder.path + "/", with: "") == """
                flower: task 'part' of flow 'up' starts flow 'down': there is no flow 'down' once it is \
                removed; flow 'up' is in force as up.yaml has it
                hint: keep it, or first take it out of up.yaml

                """
        )
        #expect(try fixture.flower("flows").output.contains("down"))
        #expect(!(try fixture.flower("flows").output.contains("other")))
        try FileManager.default.removeItem(atPath: caller)
        #expect(try fixture.flower("apply", "--prune", fixture.folder.path).code == .success)
        #expect(!(try fixture.flower("flows").output.contains("down")))
    }

    @Test func `a caller that SQL has spoilt keeps no other flow from being applied`() throws {
        _ = try fixture.flower("pool", "set", "gpu", "4")
        #expect(try fixture.flower("apply", try up(), try down("{total: x}")).code == .success)
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        shell.arguments = [
            fixture.state.databasePath,
            """
            PRAGMA ignore_check_constraints = ON;
            UPDATE flow_task SET arguments = '{' WHERE name = 'part';
            """,
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        #expect(try fixture.flower("apply", try down("{}")).code == .success)
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
