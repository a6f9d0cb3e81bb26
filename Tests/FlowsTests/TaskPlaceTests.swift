import Testing

@testable import Flows

@Suite struct TaskPlaceTests {
    @Test(
        arguments: [
            ("tasks.a.outputs.b", "a", .output(key: "b"), nil),
            ("tasks.a.b.outputs.c", "a.b", .output(key: "c"), nil),
            ("tasks.a.outputs.x.outputs.c", "a.outputs.x", .output(key: "c"), nil),
            ("tasks.a.exit_code", "a", .exitCode, nil), ("tasks.a.outcome", "a", .outcome, nil),
            // An output may have any key, a task any name.
            ("tasks.a.outputs.outcome", "a", .output(key: "outcome"), nil),
            ("tasks.exit_code.outcome", "exit_code", .outcome, nil),
            (#"tasks.a.outputs.b ?? "none""#, "a", .output(key: "b"), "none"),
            ("tasks.a.outcome??''", "a", .outcome, ""),
            (#"tasks.a.exit_code ??  "}'${x} ??" "#, "a", .exitCode, "}'${x} ??"),
        ] as [(String, String, TaskPlace.Fact, String?)]
    )
    func `a place names a task and what of it`(
        name: String,
        task: String,
        fact: TaskPlace.Fact,
        orElse: String?
    ) {
        let place = TaskPlace(name)
        #expect(place?.task == task && place?.fact == fact && place?.orElse == orElse)
    }

    @Test(arguments: [
        "tasks", "tasks.a", "tasks.a.outputs", "tasks.a.outputs.", "tasks..outputs.b",
        "tasks.outputs.b", "tasks.a.output.b", "tasks.a.outputs.1", "task.a.outputs.b",
        "tasks.exit_code", "tasks..outcome", "tasks.a.exitcode", "tasks.a.outcome ??",
        "tasks.a.outcome ?? x", #"tasks.a.outcome ?? "x"#, #"tasks.a.outcome ?? "x" y"#,
        #"tasks.a.outcome ? "x""#,
    ])
    func `other names are no place`(name: String) { #expect(TaskPlace(name) == nil) }

    @Test(arguments: [
        (#"x${tasks.a.outcome ?? "}"}y"#, [#"tasks.a.outcome ?? "}""#]),
        ("${tasks.a.outcome ?? '${b}'}${c}", ["tasks.a.outcome ?? '${b}'", "c"]),
        // No default is written: the first brace ends it.
        (#"${a ?? x}"}"#, ["a ?? x"]), (#"${a ? "}"}"#, [#"a ? ""#]), ("${a ?? 'x}", ["a ?? 'x"]),
        (#"${a} ?? "${b}""#, ["a", "b"]),
    ])
    func `a brace in a default ends no place`(text: String, names: [String]) throws {
        #expect(try Template(text).names == names)
    }
}
