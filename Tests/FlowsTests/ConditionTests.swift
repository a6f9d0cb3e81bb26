import Testing

@testable import Flows

@Suite struct ConditionTests {
    private static let values = [
        "region": "east", "count": "10", "empty": "", "version": "1.10", "hash": "0e87654321",
        "id": "123456789012345678901", "code": "01067",
    ]

    private func holds(_ text: String, _ needs: Condition.Needs = .succeeded) throws -> Bool {
        try Condition(text).holds(needs) { Self.values[$0] ?? "" }
    }

    /// GitHub Actions and Airflow have taught people these.
    @Test(arguments: [
        ("failure", "failed"), ("FAILED", "failed"), ("error", "failed"), ("success", "succeeded"),
        ("ok", "succeeded"), ("all_success", "succeeded"), ("done", "always"),
        ("all_done", "always"), ("one_failed", "failed"), ("allways", "always"),
    ])
    func `the words of other schedulers lead to ours`(word: String, ours: String) {
        let fault = #expect(throws: Condition.Fault.self) { try Condition(word) }
        #expect(fault?.hint == "did you mean '\(ours)'?")
    }

    @Test(arguments: [
        ("succeeded", true), ("failed", false), ("always", true), ("true", true), ("false", false),
        ("not failed", true), ("not not failed", false), ("succeeded and failed", false),
        ("succeeded or failed", true),
        // `and` binds closer than `or`, `not` closer than both.
        ("true or true and false", true), ("(true or true) and false", false),
        ("not false and false", false), ("not (false and false)", true),
        (#"${region} == "east""#, true), ("${region} == 'west'", false),
        (#"${region} != "east""#, false), (#""${region}-1" == "east-1""#, true),
        (#""$${region}" == "east""#, false), (#"${empty} == """#, true),
        ("${count} > 9", true), ("${count} < 9", false), ("${count}>=10", true),
        ("${count} <= 9.5", false), ("-1 < ${count}", true),
        // Not both numbers: byte by byte.
        (#"${count} < "9a""#, true), (#""a" < "b""#, true), (#""B" < "a""#, true),
        (#""" < "a""#, true), (#""é" > "z""#, true), (#""nan" == "nan""#, true),
        // What is the same is written the same.
        ("${count} == 10", true), ("${count} == 10.0", false), ("${count} != 10.0", true),
        (#"${version} == "1.1""#, false), ("${version} == 1.10", true),
        ("${hash} == 0e12345678", false), (#"${hash} == "0e12345678""#, false),
        ("${hash} != 0e12345678", true), ("${hash} == 0e87654321", true),
        ("${id} == 123456789012345678902", false), ("${id} == 123456789012345678901", true),
        (#"${code} == "1067""#, false), ("${code} == 1067", false), ("${code} == 01067", true),
        // Numbers are ordered as such, however long; for equal ones write both.
        ("${id} < 123456789012345678902", true), ("${id} > 123456789012345678900", true),
        ("${id} >= 123456789012345678902", false), ("${code} <= 1067", true),
        ("${code} >= 1067 and ${code} <= 1067", true), ("${version} < 1.9", true),
        ("${hash} >= 0 and ${hash} <= -0.0", true), ("${count} < 1e1", false),
        // What stands in quotes is a text: "1" comes before "9".
        (#"${count} > "9""#, false), (#""${count}" > 9"#, false), (#"${count} < '9'"#, true),
        // A default of a task's fact may hold anything but its own quote.
        (#"${tasks.a.outputs.k ?? "a}b"} == 'x' or true"#, true),
    ])
    func `a condition has one answer`(text: String, answer: Bool) throws {
        #expect(try holds(text) == answer)
    }

    @Test func `failed and succeeded are of the needs`() throws {
        #expect(try holds("failed", .failed))
        #expect(try !holds("succeeded", .failed))
        #expect(try holds("failed and ${count} > 1", .failed))
        #expect(try holds("always", .failed))
    }

    @Test(
        arguments: [
            ("succeeded", .success), (#"${a} == "b""#, .success), ("failed", .end),
            ("not failed", .end), ("succeeded or failed", .end), ("always", .always),
            ("failed and always", .always),
        ] as [(String, Condition.Patience)]
    )
    func `what it names says how long it waits`(text: String, patience: Condition.Patience) throws {
        #expect(try Condition(text).patience == patience)
    }

    @Test func `its places are known with where they stand`() throws {
        let places = try Condition(#"${a} == "x${b}" and ${tasks.t.outputs.k} < 3"#).places
        #expect(places.map(\.name) == ["a", "b", "tasks.t.outputs.k"])
        #expect(places.map(\.offset) == [0, 10, 20])
    }

    @Test(arguments: [
        ("", "is empty", 0, 1), ("   ", "is empty", 2, 1),
        ("failed and", "ends where something should follow", 9, 1),
        ("and failed", "'and' has nothing at its left", 0, 3),
        ("faild", "'faild' is no word of a condition", 0, 5),
        ("failed succeeded", "'succeeded' follows without 'and' or 'or'", 7, 9),
        ("(failed", "'(' has no ')'", 0, 1), ("failed)", "')' closes nothing", 6, 1),
        ("()", "')' stands where a text or a word is due", 1, 1),
        ("${a}", "'${a}' is neither true nor false", 0, 4),
        ("3", "'3' is neither true nor false", 0, 1),
        ("not ${a} ==", "'==' has no text at its right", 9, 2),
        ("${a} == failed", "'==' has no text at its right", 5, 2),
        ("${a} = 'b'", "'=' means nothing here", 5, 1),
        ("!failed", "'!' means nothing here", 0, 1),
        ("failed && true", "'&' means nothing here", 7, 1),
        ("é == 'b'", "'é' means nothing here", 0, 2),
        ("${a == 'b'", "'$' begins no '${…}'", 0, 1),
        ("$a == 'b'", "'$' begins no '${…}'", 0, 1),
        ("${a} == 'b", "' begins a text that does not end", 8, 1),
        ("${} == 'b'", "'${}' names nothing", 0, 2),
        ("'a${b' == 'b'", "'${' has no '}'; a literal one is written '$${'", 2, 2),
        ("== 'b'", "'==' stands where a text or a word is due", 0, 2),
        ("${a} == 'b' == 'c'", "'==' follows without 'and' or 'or'", 12, 2),
    ])
    func `a fault has its place`(text: String, message: String, offset: Int, length: Int) {
        let fault = #expect(throws: Condition.Fault.self) { try Condition(text) }
        #expect(fault?.message == message)
        #expect(fault?.offset == offset && fault?.length == length)
    }

    @Test func `what is too deep or too long is refused and ends nothing`() throws {
        let deep = String(repeating: "(", count: Limit.nesting) + "true"
        #expect(try holds(deep + String(repeating: ")", count: Limit.nesting)))
        #expect(throws: Condition.Fault.self) { try Condition("(" + deep) }
        #expect(try !holds(String(repeating: "not ", count: 1001) + "true"))
        let long = String(repeating: "true or ", count: 511) + "true"
        #expect(try holds(long))
        #expect(throws: Condition.Fault.self) { try Condition(long + " or true") }
    }
}
