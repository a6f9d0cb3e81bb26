import Cron
import Flows
import Testing

@testable import FlowFiles

/// The nearest accepted forms; what is refused stands in the `…FaultTests`.
struct GoodFileTests {
    static let everyKey = """
        flow: nightly-sales
        description: Collect, clean and total
        schedules:
          - cron: "30 2 * * *"
            timezone: Asia/Tokyo
            parameters: {region: east}
          - {name: weekly, cron: CRON_TZ=UTC @weekly}
        overlap: allow
        concurrency: 4
        priority: -5
        parameters: {region: all, flag: no, number: 01, time: 1:30, none: ~, empty: , quoted: "x y"}
        environment: {LANG: C.UTF-8, REGION: "${region}", LITERAL: "$${x}"}
        working_directory: /srv/sales
        shell: [bash, -eu, -o, pipefail]
        tasks:
          extract:
            run: ./collect.sh "$region"
            retries: {limit: 3, delay: 10s, backoff: 1.5, max_delay: 1h30m}
            timeout: 10m
          clean:
            needs: [extract]
            exec: [python3, clean.py, "${region}", "${due.date}", "${run.id}"]
            priority: 19
            environment: {REGION: "${due.at}"}
          post:
            needs: [extract, clean]
            component: http-post
            with:
              url: https://example.org/hook
              json: {day: "${due.date}", no: no, one: 1, half: 0.5, yes: true, null: null, s: "1"}
        """

    static func everyKeyFlow() throws -> Flow {
        Flow(
            name: "nightly-sales",
            description: "Collect, clean and total",
            schedules: [
                ScheduleSpec(
                    text: "30 2 * * *",
                    expression: try CronExpression("30 2 * * *", hashID: "nightly-sales"),
                    timezone: "Asia/Tokyo",
                    parameters: [Variable("region", "east")]
                ),
                ScheduleSpec(
                    name: "weekly",
                    text: "CRON_TZ=UTC @weekly",
                    expression: try CronExpression("CRON_TZ=UTC @weekly", hashID: "nightly-sales")
                ),
            ],
            overlap: .allow,
            concurrency: 4,
            priority: -5,
            parameters: [
                Variable("region", "all"), Variable("flag", "no"), Variable("number", "01"),
                Variable("time", "1:30"), Variable("none", "~"), Variable("empty", ""),
                Variable("quoted", "x y"),
            ],
            environment: [
                Variable("LANG", "C.UTF-8"), Variable("REGION", "${region}"),
                Variable("LITERAL", "$${x}"),
            ],
            workingDirectory: "/srv/sales",
            shell: ["bash", "-eu", "-o", "pipefail"],
            tasks: [
                TaskSpec(
                    name: "extract",
                    action: .run(#"./collect.sh "$region""#),
                    timeout: .seconds(600),
                    retries: RetryPolicy(
                        limit: 3,
                        delay: .seconds(10),
                        backoff: 1.5,
                        maxDelay: .seconds(5400)
                    )
                ),
                TaskSpec(
                    name: "clean",
                    needs: ["extract"],
                    action: .exec(["python3", "clean.py", "${region}", "${due.date}", "${run.id}"]),
                    environment: [Variable("REGION", "${due.at}")],
                    priority: 19
                ),
                TaskSpec(
                    name: "post",
                    needs: ["extract", "clean"],
                    action: .component(
                        name: "http-post",
                        with: .object([
                            "url": .string("https://example.org/hook"),
                            "json": .object([
                                "day": .string("${due.date}"), "no": .string("no"),
                                "one": .integer(1), "half": .number(0.5), "yes": .bool(true),
                                "null": .null, "s": .string("1"),
                            ]),
                        ])
                    )
                ),
            ]
        )
    }

    @Test func `every known key arrives in the model`() throws {
        let (flows, faults) = load(Self.everyKey)
        #expect(faults.map(\.rendered) == [])
        let flow = try #require(flows.first)
        #expect(try flow == Self.everyKeyFlow())
    }

    @Test func `what is left out has the defaults of the model`() throws {
        let folder = Folder()
        folder.write("a.yaml", "flow: a\ntasks: {t: {run: x}}\n")
        let (files, faults) = folder.load()
        #expect(faults.isEmpty)
        let flow = Flow(
            name: "a",
            workingDirectory: folder.path,
            tasks: [TaskSpec(name: "t", action: .run("x"))]
        )
        #expect(files.map(\.flows) == [[flow]])
        #expect(files.map(\.path) == ["\(folder.path)/a.yaml"])
    }

    @Test(arguments: [
        ("/srv//x/./y", "/srv/x/y"), ("data", "FOLDER/data"), ("./data/", "FOLDER/data"),
        ("../data", "PARENT/data"), (".", "FOLDER"), ("~", "/home/ada"), ("~/x", "/home/ada/x"),
        ("/../..", "/"),
    ])
    func `a working directory is made absolute`(written: String, expected: String) {
        let folder = Folder()
        folder.write("a.yaml", "flow: a\nworking_directory: \(written)\ntasks: {t: {run: x}}\n")
        let (files, _) = folder.load("a.yaml")
        let shown = files.first?.flows.first?.workingDirectory
        let parent = Path.folder(of: folder.path)
        let wanted =
            expected.hasPrefix("FOLDER")
            ? folder.path + expected.dropFirst(6)
            : expected.hasPrefix("PARENT") ? parent + expected.dropFirst(6) : expected
        #expect(shown == wanted)
    }

    @Test(arguments: [
        ("1", JSONValue.integer(1)), ("-0", .integer(0)), ("01", .string("01")),
        ("+1", .string("+1")), ("1.", .string("1.")), (".5", .string(".5")),
        ("1.50", .number(1.5)), ("1e3", .number(1000)), ("1E-2", .number(0.01)),
        ("0x10", .string("0x10")), ("1_000", .string("1_000")), (".inf", .string(".inf")),
        ("9223372036854775807", .integer(.max)), ("true", .bool(true)), ("True", .string("True")),
        ("yes", .string("yes")), ("null", .null), ("~", .null), ("", .null), ("''", .string("")),
        ("\"1\"", .string("1")), ("2026-07-01", .string("2026-07-01")),
        ("[1, a]", .array([.integer(1), .string("a")])), ("{}", .object([:])),
    ])
    func `a value of with is what JSON reads, else text`(written: String, value: JSONValue) {
        let (flows, faults) = load(
            "flow: a\ntasks:\n  t:\n    component: noop\n    with:\n      v: \(written)\n"
        )
        #expect(faults.map(\.rendered) == [])
        #expect(
            flows.first?.tasks.first?.action
                == .component(name: "noop", with: .object(["v": value]))
        )
    }

    @Test func `an alias stands for a whole value`() {
        let (flows, faults) = load(
            """
            flow: a
            tasks:
              x: {run: x, retries: &patient {limit: 9, delay: 1m}}
              y: {run: y, retries: *patient}
            """
        )
        #expect(faults.isEmpty)
        #expect(flows.first?.tasks.map(\.retries.limit) == [9, 9])
    }

    @Test(arguments: [
        "\u{FEFF}flow: a\ntasks: {t: {run: x}}\n", "flow: a\r\ntasks: {t: {run: x}}\r\n",
        "flow: a\rtasks: {t: {run: x}}", "# c\n---\nflow: a\ntasks: {t: {run: x}}\n...\n",
        #"{"flow": "a", "tasks": {"t": {"run": "x"}}}"#,
    ])
    func `byte order marks, line ends, document marks and JSON are fine`(text: String) {
        let (flows, faults) = load(text)
        #expect(faults.map(\.rendered) == [])
        #expect(flows.first?.tasks.first?.action == .run("x"))
    }

    @Test func `a component's check is skipped where a place is not filled yet`() {
        func flow(_ with: String) -> String {
            "flow: a\nparameters: {p: 1}\ntasks: {t: {component: echo, with: \(with)}}\n"
        }
        #expect(load(flow("{text: x}")).faults.isEmpty)
        #expect(load(flow("{other: \"${p}\"}")).faults.isEmpty)
        #expect(load(flow("{other: p}")).faults.count == 1)
    }

    @Test(arguments: [
        ("Backup Jobs", "backup-jobs"), ("_x", "x"), ("99", "99"), ("a.b_c", "a.b_c"), ("Ä", nil),
        ("", nil), (String(repeating: "x", count: 80), String(repeating: "x", count: 64)),
    ])
    func `a flow's name is offered from a file's`(stem: String, name: String?) {
        #expect(FlowReader.flowName(from: stem) == name)
    }
}
