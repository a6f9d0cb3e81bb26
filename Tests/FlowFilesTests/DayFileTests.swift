import Flows
import Testing

@testable import FlowFiles

/// `except: [{file: holidays.txt}]`
@Suite struct DayFileTests {
    static func flow(_ except: String) -> String {
        """
        flow: a
        tasks: {t: {run: x}}
        schedules:
          - cron: "0 6 * * *"
            except: \(except)
        """
    }

    func load(_ except: String, days: String? = nil) -> (sources: [FlowSource], faults: [String]) {
        let folder = Folder()
        folder.write("a.yaml", Self.flow(except))
        if let days { folder.write("days.txt", days) }
        let (sources, diagnostics) = folder.load("a.yaml")
        let place = FlowFileLoader.resolved(folder.path)
        return (
            sources,
            diagnostics.map { folder.relative($0.rendered).replacing(place, with: "FOLDER") }
        )
    }

    @Test func `a file's days are exceptions among the others`() {
        let text = "# holidays\n2026-12-25  # Christmas\r\n\n\t2026-12-26\n2027-01-01"
        let (sources, faults) = load("[\"* * 1 1 *\", {file: days.txt}, 2027-05-01]", days: text)
        #expect(faults.isEmpty)
        #expect(
            sources.first?.flows.first?.schedules.first?.timing.exceptions == [
                .expression("* * 1 1 *"), .date("2026-12-25"), .date("2026-12-26"),
                .date("2027-01-01"), .date("2027-05-01"),
            ]
        )
    }

    @Test(arguments: ["", "\n", "# none this year"]) func `an empty file excepts nothing`(
        text: String
    ) {
        let (sources, faults) = load("[{file: days.txt}]", days: text)
        #expect(faults.isEmpty)
        #expect(sources.first?.flows.first?.schedules.first?.timing.exceptions.isEmpty == true)
    }

    @Test(arguments: [
        (
            "[{file: days.txt}]", "2026-12-24\n 24.12.2026 # Eve\n2026-02-30\n",
            [
                """
                a.yaml:5:21: 'days.txt' has faults of its own
                    except: [{file: days.txt}]
                                    ^~~~~~~~
                """,
                """
                days.txt:2:2: '24.12.2026' is no day
                    24.12.2026 # Eve
                    ^~~~~~~~~~
                    hint: write one day a line, as 2026-12-24
                """,
                """
                days.txt:3:1: '2026-02-30' is no day
                    2026-02-30
                    ^~~~~~~~~~
                    hint: write one day a line, as 2026-12-24
                """,
            ]
        ),
        (
            "[{file: days.txt}]", nil,
            [
                """
                a.yaml:5:21: 'days.txt': there is no such file or folder
                    except: [{file: days.txt}]
                                    ^~~~~~~~
                    hint: look at what is there: ls FOLDER
                """
            ]
        ),
        (
            "[{file: days.txt}]", "2026-12-24\u{0}",
            [
                """
                a.yaml:5:21: 'days.txt' has faults of its own
                    except: [{file: days.txt}]
                                    ^~~~~~~~
                """,
                "days.txt:1:11: holds a NUL byte, so it is no text",
            ]
        ),
        (
            "[{path: days.txt}]", nil,
            [
                """
                a.yaml:5:14: an exception needs 'file'
                    except: [{path: days.txt}]
                             ^
                    hint: {file: holidays.txt}
                """,
                """
                a.yaml:5:15: an exception has no key 'path'
                    except: [{path: days.txt}]
                              ^~~~
                    hint: its keys are file
                """,
            ]
        ),
        (
            "[days.txt]", nil,
            [
                """
                a.yaml:5:14: 'days.txt' is neither a day nor a cron expression
                    except: [days.txt]
                             ^~~~~~~~
                    hint: a file of days is written {file: days.txt}
                """
            ]
        ),
    ])
    func `a fault names the file it is in`(except: String, days: String?, expected: [String]) {
        let (sources, faults) = load(except, days: days)
        #expect(sources.isEmpty)
        #expect(faults == expected)
    }

    @Test func `a file of too many days is refused`() {
        let many = Array(repeating: "2026-12-24", count: 10_001).joined(separator: "\n")
        let faults = load("[{file: days.txt}]", days: many).faults
        #expect(faults.count == 1)
        let message = "'except' has 10001 entries with those of its files; it may have 10000"
        #expect(faults.first?.contains(message) == true)
    }

    @Test func `a changed file of days is a changed flow file`() throws {
        let folder = Folder()
        folder.makeFolder("real")
        folder.write("real/2026.txt", "2026-12-24\n")
        folder.link("days.txt", to: "real/2026.txt")
        folder.write("a.yaml", Self.flow("[{file: ./days.txt}, {file: days.txt}]"))
        folder.write("b.yaml", "flow: b\ntasks: {t: {run: x}}\n")
        let before = try #require(folder.load("a.yaml").files.first)
        #expect(
            before.dependencies == ["\(folder.path)/days.txt", "\(folder.path)/real/2026.txt"]
        )
        #expect(folder.load("a.yaml").files.first == before)
        folder.write("real/2026.txt", "2026-12-25\n")
        let after = try #require(folder.load("a.yaml").files.first)
        #expect(after.digest != before.digest)
        #expect(folder.load("b.yaml").files.first?.dependencies == [])
    }
}
