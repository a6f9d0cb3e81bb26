import Testing

@testable import FlowerKit

/// Warnings and notes of `validate`, `apply` and `cron check`, `--strict` and `-o json`.
@Suite struct LintCommandTests {
    private func write(_ cron: String, in fixture: CommandFixture) throws -> String {
        let path = "\(fixture.folder.path)/a.yaml"
        let text = """
            flow: a
            schedules: [{cron: "\(cron)", timezone: UTC}]
            tasks: {x: {run: x}}

            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func warning(_ path: String) -> String {
        """
        \(path):2:25: warning: day-of-month: no 31st in FEB, APR, JUN, SEP, NOV: nothing is due there
            schedules: [{cron: "0 6 31 * *", timezone: UTC}]
                                    ^~
            hint: write L for the last day of each month

        """
    }

    @Test(arguments: ["validate", "apply"])
    func `a warning is told, and fails with --strict alone`(command: String) throws {
        let fixture = try CommandFixture()
        let path = try write("0 6 31 * *", in: fixture)
        let strict = try fixture.flower(command, "--strict", path)
        let ending = command == "apply" ? "; nothing was applied" : ""
        let last = "flower: 1 warning in 1 file, which --strict counts\(ending)\n"
        #expect(strict == .init(code: .badInput, output: "", errors: warning(path) + last))
        #expect(try fixture.flower("show", "a").code == .notFound)
        let plain = try fixture.flower(command, path)
        #expect(plain.code == .success)
        #expect(plain.errors == warning(path))
        if command == "validate" {
            #expect(plain.output == "1 flow in 1 file, no faults, 1 warning\n")
        }
    }

    @Test(arguments: ["validate", "apply"])
    func `a note is told, and does not fail`(command: String) throws {
        let fixture = try CommandFixture()
        let path = try write("*/7 * * * *", in: fixture)
        let strict = try fixture.flower(command, "--strict", path)
        #expect(strict.code == .success)
        #expect(
            strict.errors == """
                \(path):2:21: note: minute: '*/7' begins anew each hour: 56 is followed by 0 after 4 minutes
                    schedules: [{cron: "*/7 * * * *", timezone: UTC}]
                                        ^~~
                    hint: @every 7m is due evenly, from when it is applied on

                """
        )
    }

    @Test func `json has all that there is to say, and what was done`() throws {
        let fixture = try CommandFixture()
        let path = try write("0 6 31 * *", in: fixture)
        func diagnostics(_ indent: String) -> String {
            """
              "diagnostics" : [
                {
                  "column" : 25,
                  "hint" : "write L for the last day of each month",
                  "line" : 2,
                  "message" : "day-of-month: no 31st in FEB, APR, JUN, SEP, NOV: nothing is due there",
                  "path" : "\(path)",
                  "severity" : "warning"
                }
              ],
            """
        }
        let validated = try fixture.flower("validate", "-o", "json", path)
        #expect(
            validated.output == """
                {
                \(diagnostics(""))
                  "files" : 1,
                  "flows" : 1
                }

                """
        )
        #expect(validated.errors == "" && validated.code == .success)
        let strict = try fixture.flower("validate", "--strict", "-o", "json", path)
        #expect(strict.code == .badInput)
        #expect(strict.output.contains("\"files\" : null"))
        #expect(strict.errors == "flower: 1 warning in 1 file, which --strict counts\n")
        let applied = try fixture.flower("apply", "-o", "json", path)
        #expect(
            applied.output == """
                {
                \(diagnostics(""))
                  "files" : 1,
                  "flows" : [
                    {
                      "change" : "added",
                      "flow" : "a"
                    }
                  ]
                }

                """
        )
        let bad = try write("61 * * * *", in: fixture)
        let fault = try fixture.flower("validate", "-o", "json", bad)
        #expect(fault.code == .badInput)
        #expect(fault.output.contains("\"severity\" : \"fault\""))
        #expect(fault.errors == "flower: 1 fault in 1 file\n")
    }

    @Test func `a clock change is a note, in the zone of the schedule`() throws {
        let fixture = try CommandFixture()
        let path = "\(fixture.folder.path)/a.crontab"
        try "CRON_TZ=Europe/London\n30 1 * * * run\n".write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        let result = try fixture.flower("validate", "--strict", path)
        #expect(result.code == .success)
        #expect(
            result.errors.contains(
                "\(path):2:1: note: clocks of Europe/London: 2027-03-28 01:30 is skipped, and due once, at "
                    + "02:00"
            ),
            "\(result.errors)"
        )
    }

    static let overlaps: [(overlap: String, items: String, loss: String?)] = [
        ("skip", "[a, b]", "fails all that come while one is active"),
        ("replace", "[a, b]", "cancels all but the last"),
        ("queue, queue_limit: 1", "[a, b, c]", "lets 1 wait and fails the rest"),
        ("queue, queue_limit: 2", "[a, b, c]", nil), ("allow", "[a, b]", nil),
        ("skip", "[a]", nil),
    ]

    @Test(arguments: overlaps)
    func `items that start a flow are told what its overlap does to them`(
        overlap: String,
        items: String,
        loss: String?
    ) throws {
        let fixture = try CommandFixture()
        let (child, parent) =
            ("\(fixture.folder.path)/child.yaml", "\(fixture.folder.path)/parent.yaml")
        try "{flow: child, overlap: \(overlap), tasks: {x: {run: x}}}\n".write(
            toFile: child,
            atomically: true,
            encoding: .utf8
        )
        try "flow: parent\ntasks:\n  each: {for_each: \(items), flow: child}\n".write(
            toFile: parent,
            atomically: true,
            encoding: .utf8
        )
        // In the same files, and with the child in the database alone.
        let together = try fixture.flower("validate", child, parent)
        #expect(try fixture.flower("apply", child).code == .success)
        for result in [together, try fixture.flower("validate", parent)] {
            #expect(result.code == .success)
            guard let loss else {
                #expect(result.errors == "")
                continue
            }
            let name = overlap.split(separator: ",")[0]
            #expect(
                result.errors.hasPrefix(
                    "\(parent):3:\(items.utf8.count + 28): warning: the items of task 'each' start runs of "
                        + "flow 'child' side by side, and its 'overlap: \(name)' \(loss)\n"
                ),
                "\(result.errors)"
            )
            #expect(result.errors.contains("    hint: write 'overlap: allow'"))
        }
        #expect(
            try fixture.flower("validate", "--strict", parent).code
                == (loss == nil ? .success : .badInput)
        )
    }

    @Test func `cron check tells remarks on standard error, and fails with --strict for a warning`()
        throws
    {
        let fixture = try CommandFixture()
        let errors = """
            warning: minute: '*/90' is 0 alone: a step does not run on beyond the field (column 1)
                */90 * * * *
                ^~~~
                hint: @every 1h30m is due evenly, from when it is applied on

            """
        let plain = try fixture.flower("cron", "check", "*/90 * * * *")
        #expect(plain == .init(code: .success, output: "*/90 * * * *\n", errors: errors))
        let strict = try fixture.flower("cron", "check", "--strict", "*/90 * * * *")
        #expect(strict == .init(code: .badInput, output: "*/90 * * * *\n", errors: errors))
        let note = try fixture.flower("cron", "check", "--strict", "*/7 * * * *")
        #expect(note.code == .success)
        #expect(note.errors.hasPrefix("note: minute: '*/7' begins anew each hour"))
        let never = try fixture.flower("cron", "check", "--strict", "0 0 30 2 *")
        #expect(never.code == .badInput)
        #expect(never.errors.hasPrefix("warning: it never fires: no such day (column 1)\n"))
        let clock = try fixture.flower(
            "cron",
            "check",
            "--timezone",
            "Europe/London",
            "--strict",
            "30 1 * * *"
        )
        #expect(clock.code == .success)
        #expect(
            clock.errors.hasPrefix(
                "note: clocks of Europe/London: 2027-03-28 01:30 is skipped, and"
            )
        )
    }

    @Test func `cron check has json for what is well and for what is at fault`() throws {
        let fixture = try CommandFixture()
        let well = try fixture.flower("cron", "check", "-o", "json", "0 6 * * *")
        #expect(
            well.output == """
                {
                  "diagnostics" : [

                  ],
                  "expression" : "0 6 * * *"
                }

                """
        )
        let fault = try fixture.flower("cron", "check", "-o", "json", "0 24 * * *")
        #expect(fault.code == .badInput && fault.errors == "")
        #expect(
            fault.output == """
                {
                  "diagnostics" : [
                    {
                      "column" : 3,
                      "hint" : "midnight is hour 0",
                      "length" : 2,
                      "message" : "hour: 24 is out of range 0-23",
                      "severity" : "fault"
                    }
                  ],
                  "expression" : null
                }

                """
        )
    }
}
