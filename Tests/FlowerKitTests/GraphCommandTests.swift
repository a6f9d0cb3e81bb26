import Flows
import Foundation
import Testing

@testable import FlowerKit

/// Outputs, conditions and items, from the flow file to what the commands show.
@Suite(.serialized) struct GraphCommandTests {
    private let fixture: CommandFixture

    init() throws { fixture = try CommandFixture() }

    private func apply(_ name: String, _ text: String) throws {
        let path = "\(fixture.folder.path)/\(name).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try fixture.flower("apply", path).errors == "")
    }

    private func applySales() throws {
        try apply(
            "sales",
            """
            flow: sales
            tasks:
              list: {run: 'printf "names<<E\\nx y\\nz\\nE\\n" > "$FLOWER_OUTPUT"'}
              each:
                needs: [list]
                for_each: ${tasks.list.outputs.names}
                exec: [echo, "got ${item}"]
              mend: {needs: [each], when: failed, run: exit 1}
              last: {needs: [each, mend], when: always, run: 'exit 3'}

            """
        )
        try fixture.flower("register", "sales")
        #expect(try fixture.flower("run").code == .taskFailed)
    }

    @Test func `status shows items, what was skipped, and outputs`() throws {
        try applySales()
        let lines = try fixture.flower("status", "1", "--items").output.split(separator: "\n")
        let tree = lines.filter { $0.contains("─ ") || $0.hasPrefix("list ") }
        let shown = tree.map { $0.split(separator: " ").filter { $0 != "│" }.prefix(3) }
        #expect(
            shown.map { $0.first { $0.first?.isLetter == true } } == [
                "list", "each[1]", "each[2]", "mend", "last",
            ]
        )
        #expect(
            tree.map { line in
                ["succeeded", "skipped", "failed"].first { line.contains(" \($0) ") }
            } == ["succeeded", "succeeded", "succeeded", "skipped", "failed"]
        )
        #expect(lines.contains("list.names  x y …"))
    }

    @Test func `status has the items of a task on one line, unless it is asked for them`() throws {
        try apply(
            "fan",
            """
            flow: fan
            tasks:
              clean:
                for_each: [1, 2, 3, 4, 5]
                run: |
                  echo "rows=$FLOWER_ITEM_VALUE" > "$FLOWER_OUTPUT"
                  [ "$FLOWER_ITEM" != 3 ] || { echo "broken" >&2; exit 7; }
              after: {needs: [clean], run: ':'}

            """
        )
        try fixture.flower("register", "fan")
        let waiting = try fixture.flower("status", "1").output
        #expect(waiting.contains("\nclean  "), "\(waiting)")
        #expect(try fixture.flower("run").code == .taskFailed)
        let text = try fixture.flower("status", "1").output
        let rows = text.split(separator: "\n").map { String($0) }
        let clean = try #require(rows.first { $0.hasPrefix("clean[1..5]  failed ") }, "\(text)")
        #expect(clean.hasSuffix("  4 of 5, 1 failed; clean[3]: exit code 7"), "\(text)")
        #expect(rows.contains { $0.hasPrefix("└─ after") && $0.hasSuffix("needs clean (failed)") })
        #expect(!text.contains("clean[2]"))
        #expect(text.contains("\nclean[1..5].rows  5 values\n"), "\(text)")
        // The one that failed is told in full all the same.
        #expect(text.contains("\nclean[3], attempt 1: exit code 7\n  | broken\n"), "\(text)")
        let items = try fixture.flower("status", "1", "--items").output
        for item in 1...5 { #expect(items.contains("\nclean[\(item)]  "), "\(items)") }
        #expect(items.contains("\nclean[5].rows  5\n"), "\(items)")
        // Programs get each of them.
        let json = try fixture.flower("status", "1", "-o", "json").output
        #expect(json.components(separatedBy: "\"item\" : ").count == 7)
    }

    @Test func `the row that stands for a list is counted by nobody`() throws {
        try applySales()
        for command in [["runs", "-o", "json"], ["status", "1", "-o", "json"]] {
            let output = try fixture.flower(command).output
            #expect(output.contains(#""skipped" : 1"#), "\(output)")
            #expect(output.contains(#""succeeded" : 3"#))
        }
    }

    @Test func `an alert and a hook tell how an early task failed`() throws {
        try apply(
            "steer",
            """
            flow: steer
            tasks:
              fetch: {run: 'echo why=disk >> "$FLOWER_OUTPUT"; exit 75'}
              load: {needs: [fetch], run: 'echo rows=1 >> "$FLOWER_OUTPUT"'}
              alert:
                needs: [fetch, load]
                when: failed and ${tasks.fetch.exit_code} == 75 and ${tasks.load.outcome} == "waiting"
                exec:
                  - echo
                  - ${tasks.fetch.outcome} ${tasks.fetch.exit_code} ${tasks.fetch.outputs.why}
                  - ${tasks.load.outputs.rows ?? "none"}, ${tasks.load.exit_code}.
            on_failure: {exec: [echo, 'hook: ${tasks.fetch.outputs.why} [${tasks.load.exit_code}]']}

            """
        )
        try fixture.flower("register", "steer")
        #expect(try fixture.flower("run").code == .taskFailed)
        #expect(try fixture.flower("logs", "1", "alert").output == "failed 75 disk none, .\n")
        #expect(try fixture.flower("logs", "1", "@on_failure").output == "hook: disk []\n")
        #expect(try fixture.flower("check").code == .success)
    }

    @Test func `one item is named in logs, rerun and cancel`() throws {
        try applySales()
        #expect(try fixture.flower("logs", "1", "each[2]").output == "got z\n")
        #expect(try fixture.flower("logs", "1", "each").output.contains("got x y\n"))
        let missing = try fixture.flower("logs", "1", "each[3]")
        #expect(missing.code == .notFound)
        #expect(missing.errors.contains("task 'each' of run 1 has no item 3\n"))
        #expect(missing.errors.contains("it has items 1 to 2"))
        #expect(
            try fixture.flower("rerun", "1", "--from", "each[2]").output
                == "3 tasks of run 1 set back to waiting\n"
        )
        #expect(
            try fixture.flower("cancel", "1", "each[2]").output == "run 1: 1 task cancelled\n"
        )
    }

    @Test func `show tells conditions and lists`() throws {
        try applySales()
        let text = try fixture.flower("show", "sales").output
        #expect(text.contains(" for each of ${tasks.list.outputs.names} "))
        #expect(text.contains(" when always "))
        let json = try fixture.flower("show", "sales", "-o", "json").output
        #expect(json.contains(#""when" : "failed""#))
        #expect(json.contains(#""for_each" : "${tasks.list.outputs.names}""#))
        #expect(
            try fixture.flower("status", "1", "-o", "json").output.contains(#""names" : "x y\nz""#)
        )
    }

    @Test func `env shows places that only a run can fill as they are`() throws {
        try applySales()
        let text = try fixture.flower("env", "sales", "each").output
        #expect(text.contains("echo 'got ${item}'"))
        #expect(text.contains("FLOWER_ITEM_VALUE='${item}'"))
    }

    @Test func `a flow starts another, and status links both`() throws {
        try apply(
            "down",
            "flow: down\nparameters: {who: x}\ntasks: {t: {run: 'echo hello $who'}}\n"
        )
        let up = "tasks: {go: {flow: down, parameters: {who: world}}, end: {needs: [go], run: ':'}}"
        try apply("up", "flow: up\n\(up)\n")
        try fixture.flower("register", "up")
        #expect(try fixture.flower("run").output == "ran 2 tasks\n")
        let status = try fixture.flower("status", "1").output
        #expect(status.contains("run 2 of flow 'down' succeeded"))
        #expect(try fixture.flower("status", "2").output.contains("started by: run 1, task go\n"))
        #expect(try fixture.flower("logs", "2").output == "t | hello world\n")
        let circle = "\(fixture.folder.path)/down.yaml"
        try "flow: down\ntasks: {t: {flow: up}}\n".write(
            toFile: circle,
            atomically: true,
            encoding: .utf8
        )
        let result = try fixture.flower("apply", circle)
        #expect(result.code == .badInput)
        #expect(result.errors.contains("flows start each other in a circle: down → up → down\n"))
    }
}
