import Storage
import Testing

@testable import Scheduling

/// What files of the folder name of each other.
extension FlowFolderTests {
    private static let caller = """
        flow: up
        tasks:
          part: {flow: down}
          read: {needs: [part], exec: [echo, "${tasks.part.outputs.total}"]}

        """
    private static let called = "flow: down\ntasks: {sum: {run: x}}\n"

    @Test
    func `an output that another file still names is refused to go, until that names it no more`()
        throws
    {
        try write("down.yaml", Self.called + "outputs: {total: x}\n")
        try write("up.yaml", Self.caller)
        try apply()
        try write("down.yaml", Self.called)
        let told = try apply()
        #expect(
            told == [
                """
                down.yaml is refused, what it said before stays:
                down.yaml:1:7: task 'part' of flow 'up' starts flow 'down', which has no 'outputs': \
                there is never an output 'total'; flow 'up' is in force as up.yaml has it
                    flow: down
                          ^~~~
                    hint: keep it, or first take it out of up.yaml
                """
            ]
        )
        #expect(try store.flow(named: "down", at: now).flow.outputs.map(\.name) == ["total"])
        try write("up.yaml", "flow: up\ntasks: {part: {flow: down}}\n")
        #expect(
            try apply() == [
                "down.yaml: flow 'down' changed", "down.yaml is no longer refused",
                "up.yaml: flow 'up' changed",
            ]
        )
    }

    @Test func `the caller may go, or be refused, in the same moment`() throws {
        try write("down.yaml", Self.called + "outputs: {total: x}\n")
        try write("up.yaml", Self.caller)
        try apply()
        // What is refused stays as it was, and so does what it names.
        try write("down.yaml", Self.called)
        try write("up.yaml", "flow: up\ntasks: {part: {flow: down, with: x}}\n")
        let told = try apply()
        #expect(told.map { $0.split(separator: " ")[0] } == ["down.yaml", "up.yaml"])
        #expect(told.allSatisfy { $0.contains(" is refused") })
        try remove("up.yaml")
        #expect(
            try apply() == [
                "down.yaml: flow 'down' changed", "down.yaml is no longer refused",
                "flow 'up' removed: no file declares it",
            ]
        )
    }

    @Test func `a file that goes takes its flow along, and who starts it is told`() throws {
        try write("down.yaml", Self.called + "outputs: {total: x}\n")
        try write("up.yaml", Self.caller)
        try apply()
        try remove("down.yaml")
        #expect(
            try apply() == [
                "flow 'down' removed: no file declares it",
                """
                task 'part' of flow 'up' starts flow 'down': there is no flow 'down' once it is removed; \
                flow 'up' is in force as up.yaml has it, and will fail
                """,
            ]
        )
        #expect(try names == ["up"])
    }
}
